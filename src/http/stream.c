#include "http/stream.h"
#include "http/exchange_int.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http_stream {
    struct exchange *x;
    struct http_stream_user user; /* zeroed once it has ended */
    struct buf data;
    size_t sent;
    bool starved; /* waits for http_stream_add(); libmicrohttpd lets the connection be */
    bool ended, broken;
};

enum { PIECE = 32 << 10 };

/* ---- answers ---- */

/* libmicrohttpd asks for the next bytes. */
static ssize_t read_stream(void *arg, uint64_t at, char *to, size_t most)
{
    struct http_stream *s = arg;
    struct exchange *x = s->x;
    size_t n = http_stream_waiting(s);
    (void)at;
    if (n > most) n = most;
    if (n > 0) {
        memcpy(to, s->data.data + s->sent, n);
        s->sent += n;
        buf_compact(&s->data, &s->sent);
        connection_enter(&x->http->connections, x->place, PHASE_SENDING, http_now_ms(x->http));
        if (s->user.wanted && http_stream_waiting(s) < HTTP_STREAM_LOW) s->user.wanted(s->user.arg);
        return (ssize_t)n;
    }
    if (s->broken) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (s->ended) return MHD_CONTENT_READER_END_OF_STREAM;
    s->starved = true;
    connection_enter(&x->http->connections, x->place, PHASE_ANSWERING, http_now_ms(x->http));
    exchange_suspend(x);
    return 0;
}

static void wake_stream(struct http_stream *s)
{
    if (!s->starved) return;
    s->starved = false;
    exchange_go_on(s->x);
}

/* The client has left while nothing was to be sent. */
static void starved_left(struct exchange *x, void *arg)
{
    struct http_stream *s = arg;
    (void)x;
    s->starved = false;
    s->broken = true;
}

static void free_stream(void *arg)
{
    struct http_stream *s = arg;
    if (s->user.gone) s->user.gone(s->user.arg);
    buf_fini(&s->data);
    free(s);
}

struct http_stream *http_stream_open(
    struct exchange *x, unsigned status, uint64_t size, const struct http_header *extra, const struct http_stream_user *user)
{
    struct http_stream *s = calloc(1, sizeof *s);
    if (s == NULL) abort();
    s->x = x;
    s->user = *user;
    struct MHD_Response *r = MHD_create_response_from_callback(size, PIECE, read_stream, s, free_stream);
    if (r == NULL) abort();
    exchange_answer_with(x, status, r, extra);
    x->gone = starved_left;
    x->gone_arg = s;
    return s;
}

size_t http_stream_waiting(const struct http_stream *s)
{
    return s->data.len - s->sent;
}

void http_stream_add(struct http_stream *s, const void *data, size_t n)
{
    assert(!s->ended);
    buf_add(&s->data, data, n);
    wake_stream(s);
}

void http_stream_end(struct http_stream *s, bool whole)
{
    assert(!s->ended);
    s->ended = true;
    s->broken = s->broken || !whole;
    s->user = (struct http_stream_user){0};
    wake_stream(s);
}

/* ---- bodies of requests ---- */

void http_add_sink(struct http *h, const struct http_sink *sink)
{
    h->sinks = realloc(h->sinks, (h->n_sinks + 1) * sizeof *sink);
    if (h->sinks == NULL) abort();
    h->sinks[h->n_sinks++] = *sink;
}

void http_sink_go_on(struct exchange *x)
{
    if (x->state == X_SINKING && x->watch) exchange_go_on(x);
}

void http_sink_drop(struct exchange *x)
{
    bool held = x->watch != NULL;
    x->taken = NULL;
    x->state = X_GONE;
    if (held) exchange_go_on(x);
}

static void sinking_left(struct exchange *x, void *taken)
{
    x->sink->gone(taken);
    x->taken = NULL;
}

/* A web page's request is left to those who know what to tell it. */
bool sink_begin(struct exchange *x, uint64_t size)
{
    bool page = http_header(x, "Origin") || http_header(x, "Sec-Fetch-Site");
    const struct http_sink *sink = x->http->sinks, *end = page ? sink : sink + x->http->n_sinks;
    while (sink < end && !sink->begin(sink->arg, x, size, &x->taken)) sink++;
    if (sink == end) return false;
    x->sink = sink;
    x->state = X_SINKING;
    x->gone = sinking_left;
    x->gone_arg = x->taken;
    return true;
}

void sink_data(struct exchange *x, const char *data, size_t n)
{
    connection_enter(&x->http->connections, x->place, PHASE_BODY, http_now_ms(x->http));
    if (x->sink->data(x->taken, data, n) > HTTP_STREAM_HIGH) exchange_suspend(x);
}

void sink_end(struct exchange *x)
{
    void *taken = x->taken;
    x->taken = NULL;
    x->state = X_HANDLING;
    x->sink->end(taken);
}
