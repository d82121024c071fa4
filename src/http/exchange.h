#pragma once
#include "base/host.h"
#include "http/route.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * A request and its answer. The server owns the exchange, which is valid from the call of its handler until
 * it is answered. A handler answers before it returns, or defers the answer.
 */
struct arena;
struct buf;
struct exchange;

enum { HTTP_BODY_MAX = 1 << 20 };

/* An extra header of an answer; a list of them ends with a NULL name. */
struct http_header {
    const char *name, *value;
};

/* The request. Strings and bytes belong to the exchange. */
const char *http_method(const struct exchange *x);
const char *http_path(const struct exchange *x);
/* What stands behind '?', not decoded; "" where there is none. */
const char *http_query(const struct exchange *x);
/* A decoded parameter of the query, or NULL. */
const char *http_param(struct exchange *x, const char *name);
/* The name of a parameter that is none of 'names', words with one space between them; NULL: there is none. */
const char *http_param_beyond(struct exchange *x, const char *names);
/* A header's value, or NULL. Names are compared without regard to case. */
const char *http_header(const struct exchange *x, const char *name);
/* Calls 'each' with every header, in their order. */
void http_each_header(const struct exchange *x, void (*each)(void *arg, const char *name, const char *value), void *arg);
/* The host by which the client reached the server, as its Host header has it without the port; NULL where that is no proper one. */
const char *http_host(const struct exchange *x, char out[HOST_TEXT_SIZE]);
/* The body with a NUL behind it, never NULL. */
const char *http_body(const struct exchange *x, size_t *len);
/* All routes of its server. */
const struct http_route *http_routes(const struct exchange *x, size_t *n);
/* False for a request of a web page that must not change anything; see origin.h. */
bool http_may_change(const struct exchange *x);
/* Memory that lives as long as the exchange. */
struct arena *http_arena(struct exchange *x);

/*
 * Answers, once. The bytes of 'body' (may be NULL) go over to the server, which leaves it empty. 'type', 'extra' and
 * its strings are copied; both may be NULL. The exchange is not to be used afterwards.
 */
void http_answer(struct exchange *x, unsigned status, const char *type, struct buf *body, const struct http_header *extra);
/* Answers a HEAD request for something of that size. 'extra' is copied. */
void http_answer_head(struct exchange *x, unsigned status, uint64_t size, const struct http_header *extra);
/*
 * Lets the handler return without an answer: http_answer() comes later, from anywhere in the loop. If the client leaves or
 * the server closes first, 'gone' is called instead, and the exchange is no more. A deferred one may be deferred again: another 'gone'.
 */
void http_defer(struct exchange *x, http_fn *gone, void *arg);
