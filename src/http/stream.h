#pragma once
#include "http/exchange.h"
#include <stdint.h>
/*
 * Answers and bodies of requests in pieces, for what is too long to be held as a whole. Both sides are told when to wait: nothing grows
 * beyond HTTP_STREAM_HIGH and one piece.
 */
struct http;
struct http_stream;

enum { HTTP_STREAM_HIGH = 256 << 10, HTTP_STREAM_LOW = 64 << 10 };
#define HTTP_STREAM_UNKNOWN UINT64_MAX

/* ---- answers ---- */

struct http_stream_user {
    void (*wanted)(void *arg); /* less than HTTP_STREAM_LOW waits to be sent */
    void (*gone)(void *arg);   /* the client has left before http_stream_end(): the stream is no more */
    void *arg;
};

/* Answers a deferred exchange, which is not to be used afterwards, with a body of 'size' bytes that come one after the other. */
struct http_stream *http_stream_open(
    struct exchange *x, unsigned status, uint64_t size, const struct http_header *extra, const struct http_stream_user *user);
/* Bytes that wait to be sent. */
size_t http_stream_waiting(const struct http_stream *s);
void http_stream_add(struct http_stream *s, const void *data, size_t n);
/* No more comes. Not 'whole': the client shall notice that something is missing. The stream is not to be used afterwards. */
void http_stream_end(struct http_stream *s, bool whole);

/* ---- bodies of requests ---- */

/* Who takes the bodies of requests that are longer than HTTP_BODY_MAX, or of unknown length. */
struct http_sink {
    /* True: it takes this one, and data() and end() follow, or gone(). '*taken' is what they are given. The exchange can be answered, or deferred, in end(). */
    bool (*begin)(void *arg, struct exchange *x, uint64_t size, void **taken);
    /* Returns how many bytes wait then: beyond HTTP_STREAM_HIGH no more come before http_sink_go_on(). */
    size_t (*data)(void *taken, const void *data, size_t n);
    void (*end)(void *taken);
    void (*gone)(void *taken); /* the client has left, or the server closes */
    void *arg;
};

/* One more sink, to be asked after the others; before the first request comes. 'sink' is copied. */
void http_add_sink(struct http *h, const struct http_sink *sink);
/* There is room for more of the body; it may have been all the time. */
void http_sink_go_on(struct exchange *x);
/* The sink gives it up: the connection ends, and gone() is not called. */
void http_sink_drop(struct exchange *x);
