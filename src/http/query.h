#pragma once
#include "http/gate.h"
#include "http/scope.h"
#include "http/server.h"
#include <stdbool.h>
struct arena;
struct err;
struct operation;
/*
 * The front end of the AWS Query protocol. The parameters of a form body or behind '?'
 * become the input of an operation, by the tables of shapes, and its output becomes XML, or JSON for who accepts nothing else.
 * No operation is known here by name. Values of parameters are never logged.
 */
struct query_caller {
    const char *region, *account, *request_id;
    bool wants_json;  /* else XML */
    const char *host; /* by which it reached the server, without the port; NULL: it has sent no proper one */
};

/* Runs one operation. 0: 'out' is filled. > 0: a fault. < 0: broken. Both have a message in 'e'. */
typedef int query_run_fn(void *arg, const struct operation *o, const struct query_caller *who, struct arena *a, const void *in,
    void *out, struct err *e);

/* Takes a request, at any path, that is signed for another service: it is answered or deferred. False: it is not. */
typedef bool query_other_fn(void *arg, struct exchange *x, const struct scope *scope);

struct query_api {
    const struct operation *operations; /* sorted by name */
    size_t n_operations;
    query_run_fn *run;
    void *arg;
    query_other_fn *other; /* NULL: nobody takes them */
    void *other_arg;
    const char *default_region; /* of requests without a credential scope */
    const struct gate *gate;    /* NULL: signatures are not looked at */
};

/* Whether the headers, or the URL, say that it is signed for another service. */
bool query_is_for_another(struct exchange *x);
/* Adds the routes that serve 'api' at "/" and explain all other unknown paths. 'api' must outlive the server. */
void query_add_routes(struct http *h, const struct query_api *api);
