#pragma once
#include <stddef.h>
/*
 * Reads the parameters of a request of the AWS Query protocol. A form body or a query
 * string becomes sorted pairs; the tables of shapes make the C struct of an operation
 * from them. All results live in the caller's arena.
 *
 * The members of structures are written A.B.C. Items of lists are written
 * Name.Element.1, Name.member.1 or Name.1, in any order and with gaps; their numbers
 * sort them. 'Name=' alone is the empty list. Parameters that the shape does not know
 * are ignored.
 */
struct arena;
struct err;
struct shape;

#define FORM_MAX_PARAMETERS 20000
#define FORM_MAX_ITEMS 1000 /* of one list */

struct form_pair {
    const char *key, *value;
};

/* Sorted by key; a zeroed struct is an empty form. */
struct form {
    struct form_pair *pairs;
    size_t n;
};

/*
 * Adds the parameters of 'text' to the form; of parameters with one name the last counts. Returns 0,
 * or FAULT_MALFORMED_QUERY_STRING for bad percent escapes, NUL bytes, text that is not UTF-8, or too many parameters.
 */
int form_parse(struct form *f, struct arena *a, const char *text, size_t len, struct err *e);
/* The parameter's value, or NULL. */
const char *form_get(const struct form *f, const char *key);
/*
 * Fills 'out', the C type of a structure's shape, whatever it had before. Returns 0, or FAULT_INVALID_PARAMETER_VALUE
 * if a required member is missing or a value breaks the model.
 */
int form_decode(const struct form *f, const struct shape *shape, struct arena *a, void *out, struct err *e);
