#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * The tables of operations and faults, all of them constant. They are generated from
 * api/: the faults (api_faults, by enum fault) and shapes into api.gen.[ch], the
 * operations into operations.gen.[ch], which links only beside the handlers.
 */
struct op;
struct shape;

/* An error the API promises. */
struct fault_info {
    const char *code; /* as it stands in <Code> */
    int http_status;
    bool receiver; /* <Type> is Receiver: our failing, not the caller's */
    bool common;   /* any operation may answer it */
};

/* Whose failing it is, as <Type> tells: "Sender" or "Receiver". */
const char *fault_side(const struct fault_info *fault);

/* How an operation hands out its list: page by page. */
struct operation_pages {
    const char *token, *limit; /* the input's members for the page to begin with and for its size */
    int size, min, max;        /* the page size where none is asked for, and the allowed ones */
};

/* Returns as base/err.h says. 'in' and 'out' point to the C types of the operation's shapes. */
typedef int operation_fn(struct op *op, const void *in, void *out);

struct operation {
    const char *name;
    const struct shape *in;
    const struct shape *out; /* NULL where the answer has no result element */
    const char *result;      /* the name of the result element, or NULL */
    bool writes;
    const struct operation_pages *pages; /* NULL where there are no pages */
    const int *faults;                   /* the declared ones, ended by FAULT_NONE */
    operation_fn *run;                   /* NULL where the operation is not served yet */
};

/* Sorted by name. */
extern const struct operation api_operations[];
extern const size_t api_n_operations;

/* The operation of that name among 'n' sorted ones, or NULL. */
const struct operation *operation_find(const struct operation *table, size_t n, const char *name);
/* True if the operation may answer 'fault': because it declares it, or because it is a common one. */
bool operation_declares(const struct operation *o, int fault);
