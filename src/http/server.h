#pragma once
#include "http/exchange.h"
#include "http/route.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
struct buf;
struct err;
/*
 * An HTTP server on a libuv loop: libmicrohttpd without a thread of its own. It reads
 * whole requests (exchange.h), finds the route and sends the answer. What a request means
 * is the business of its route.
 */
struct http;

/* Listens on 'address' (see listen_on(), whose errors it passes on) and serves once 'loop' runs. */
int http_open(struct http **out, uv_loop_t *loop, const char *address, struct err *e);
/*
 * The same on a unix socket that listens already, and belongs to the server from now on. It serves processes of this user
 * alone, without the budgets of clients. Other processes get a 403.
 */
int http_open_local(struct http **out, uv_loop_t *loop, int fd, struct err *e);
/* The port it listens on, also where 'address' asked for port 0. */
uint16_t http_port(const struct http *h);
/* True while nobody reaches it from another machine. */
bool http_is_local(const struct http *h);
/* Copies the routes behind those already there. A path known with other methods only is a 405. */
void http_add_routes(struct http *h, const struct http_route *routes, size_t n);

/* The answer to a request whose target (414) or headers (431) are too long: header lines with their ends, and the body. */
typedef void http_explain_fn(unsigned status, struct buf *headers, struct buf *body);
/* Such requests, which no route ever sees, are answered so. Without it their answer is a page of HTML. */
void http_explain_overlong(struct http *h, http_explain_fn *explain);

/*
 * Stops listening, gives up deferred exchanges (their 'gone' is called, the client gets a 503), lets answers under way finish,
 * for 2 s at most, and frees everything. 'closed' (may be NULL) is called last, from the loop. Not to be called by a handler.
 */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);
