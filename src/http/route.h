#pragma once
#include <stddef.h>
struct buf;
struct exchange;
/*
 * Finds the handler of a request. The best pattern for the path counts, wherever it
 * stands in the table: an exact pattern before one that ends in '*', a longer one before
 * a shorter one. Among the routes of that pattern, the method decides.
 */
typedef void http_fn(struct exchange *x, void *arg);

struct http_route {
    const char *method; /* NULL: any. GET serves HEAD too */
    const char *path;   /* exactly this, or everything that begins so if it ends in '*' */
    http_fn *handle;
    void *arg;
    http_fn *too_large; /* answers when the body was longer than HTTP_BODY_MAX; NULL: the server does, in JSON */
    const char *what;   /* for a list of what there is; NULL: it does not stand there */
    const char *params; /* of the query, with a space between: a request with others is refused, in JSON; NULL: any may come */
};

/*
 * The route, or NULL; then 'allow' has the methods that the path has routes for, in the form of the header Allow, and is
 * empty where the path is unknown.
 */
const struct http_route *route_find(
    const struct http_route *routes, size_t n, const char *method, const char *path, struct buf *allow);
