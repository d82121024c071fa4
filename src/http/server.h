#pragma once
#include "http/route.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
struct arena;
struct buf;
struct err;
/*
 * An HTTP server on a libuv loop: libmicrohttpd without a thread of its own. It reads
 * whole requests (an "exchange"), finds the route and sends the answer; what requests
 * mean is the routes' business.
 *
 * The server owns exchanges. One is valid from the call of its handler until it is
 * answered; a handler answers before it returns, or defers the answer.
 */
struct http;
struct exchange;

enum { HTTP_BODY_MAX = 1 << 20 };

/* An extra header of an answer; a list of them ends with a NULL name. */
struct http_header {
    const char *name, *value;
};

/* Listens on 'address' (see listen_on(), whose errors it passes on) and serves once 'loop' runs. */
int http_open(struct http **out, uv_loop_t *loop, const char *address, struct err *e);
/*
 * The same on a unix socket that listens already, which goes over to the server: for processes of this user alone, whose
 * requests take nothing from the budgets of clients. Others get a 403.
 */
int http_open_local(struct http **out, uv_loop_t *loop, int fd, struct err *e);
/* The port it listens on, also where 'address' asked for port 0. */
uint16_t http_port(const struct http *h);
/* True while nobody reaches it from another machine. */
bool http_is_local(const struct http *h);
/* Copies the routes behind those already there. A path known with other methods only is a 405. */
void http_add_routes(struct http *h, const struct http_route *routes, size_t n);
/*
 * Stops listening, gives up deferred exchanges (their 'gone' is called, the client gets a 503), lets answers under way finish,
 * for 2 s at most, and frees everything. 'closed' (may be NULL) is called last, from the loop. Not to be called by a handler.
 */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);

/* The request. Strings and bytes belong to the exchange. */
const char *http_method(const struct exchange *x);
const char *http_path(const struct exchange *x);
/* What stands behind '?', not decoded; "" where there is none. */
const char *http_query(const struct exchange *x);
/* A decoded parameter of the query, or NULL. */
const char *http_param(const struct exchange *x, const char *name);
/* A header's value, or NULL. Names are compared without regard to case. */
const char *http_header(const struct exchange *x, const char *name);
/* The body with a NUL behind it, never NULL. */
const char *http_body(const struct exchange *x, size_t *len);
/* False for a request of a web page that must not change anything; see origin.h. */
bool http_may_change(const struct exchange *x);
/* Memory that lives as long as the exchange. */
struct arena *http_arena(struct exchange *x);

/*
 * Answers, once. The bytes of 'body' (may be NULL) go over to the server, which leaves it empty. 'type', 'extra' and
 * its strings are copied; both may be NULL. The exchange is not to be used afterwards.
 */
void http_answer(struct exchange *x, unsigned status, const char *type, struct buf *body, const struct http_header *extra);
/*
 * Lets the handler return without an answer: http_answer() comes later, from anywhere in the loop. If the client leaves or
 * the server closes first, 'gone' is called instead, and the exchange is no more.
 */
void http_defer(struct exchange *x, http_fn *gone, void *arg);
