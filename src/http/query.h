#pragma once
#include "http/server.h"
struct arena;
struct err;
struct operation;
/*
 * The front end of the AWS Query protocol: parameters in a form body or behind '?'
 * go through the tables of shapes into an operation, and its output comes back as
 * XML. It knows no operation by name. Values of parameters are never logged.
 */
struct query_caller {
    const char *region, *account, *request_id;
};

/* Runs one operation: 0 with 'out' filled, > 0 a fault, < 0 broken, both with a message in 'e'. */
typedef int query_run_fn(void *arg, const struct operation *o, const struct query_caller *who, struct arena *a, const void *in,
    void *out, struct err *e);

struct query_api {
    const struct operation *operations; /* sorted by name */
    size_t n_operations;
    query_run_fn *run;
    void *arg;
    const char *default_region; /* of requests without a credential scope */
};

/* Adds the routes that serve 'api' at "/" and explain all other unknown paths. 'api' must outlive the server. */
void query_add_routes(struct http *h, const struct query_api *api);
