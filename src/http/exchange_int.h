#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/connections.h"
#include "http/origin.h"
#include "http/server.h"
#include "http/stream.h"
#include "model/form.h"
#include <microhttpd.h>
#include <stdbool.h>
/* What the server knows of an exchange, for server.c (connections, the loop, requests in), dispatch.c and exchange.c itself. */

/* Why a body is not read: the request is answered without its handler. */
enum refusal { REFUSED_NOT, REFUSED_STRANGER, REFUSED_TOO_LARGE, REFUSED_NO_ROOM, REFUSED_AMBIGUOUS };

/* The life of an exchange. */
enum state {
    X_HEADERS,  /* waits for the headers */
    X_BODY,     /* waits for the rest of the body */
    X_SINKING,  /* its body goes to the sink, piece by piece */
    X_HANDLING, /* in its handler */
    X_DEFERRED, /* waits for http_answer(), or the client leaves */
    X_READY,    /* answered after it was deferred; waits for libmicrohttpd to ask */
    X_GONE,     /* the client left; waits for libmicrohttpd to ask */
    X_ANSWERED, /* handed over; waits for the last byte to be sent */
};

/* Tells when the client of a deferred exchange leaves: libmicrohttpd does not look at suspended connections. */
struct watch {
    uv_poll_t poll;
    struct exchange *x;
};

struct exchange {
    struct http *http;
    struct connection *place;     /* its connection's, among the server's */
    struct exchange *prev, *next; /* among the live ones; 'next' also among the spare ones */
    struct MHD_Connection *connection;
    enum state state;
    const char *method, *query;
    struct buf target; /* the path, NUL, the query */
    struct buf body;
    size_t received; /* bytes of the body, those thrown away too */
    size_t reserved; /* for the body, of the server's BODIES_MAX */
    size_t answer;   /* bytes of the answer, of the server's ANSWERS_MAX */
    bool has_length; /* 'received' are all bytes of the body */
    enum refusal refusal;
    enum origin origin;
    struct arena arena;
    struct form params; /* of the query, once they were asked for */
    bool params_read;
    const struct http_sink *sink; /* X_SINKING: who takes its body, */
    void *taken;                  /* and what that one calls it */
    http_fn *gone;
    void *gone_arg;
    struct watch *watch;
    struct MHD_Response *ready; /* X_READY */
    unsigned ready_status;
};

/* libuv polls libmicrohttpd's epoll descriptor; the timer is for what libmicrohttpd has to do without an event. */
struct http {
    struct MHD_Daemon *daemon;
    uv_loop_t *loop;
    uv_poll_t poll;
    uv_timer_t timer, deadline, sweep;
    uv_timer_cb on_timer; /* of 'timer' */
    struct connections connections;
    size_t bodies;  /* bytes that exchanges have reserved for theirs */
    size_t answers; /* bytes of answers that are not read to the end yet */
    struct http_sink *sinks;
    size_t n_sinks;
    struct http_route *routes;
    size_t n_routes;
    struct exchange *live, *spare;
    size_t n_spare;
    http_explain_fn *explain;
    struct kept *kept; /* of overlong.c */
    size_t n_kept;
    uint16_t port;
    bool local;
    bool own_users; /* a unix socket, for processes of this user */
    bool resumed;   /* a connection, since the last run */
    bool closing;
    int open_handles;
    void (*handle_closed)(struct http *h); /* one of them is no more; after the last one the server is no more */
    void (*closed)(void *arg);
    void *closed_arg;
};

/* A new one among the live ones, maybe a spare one with its buffers. */
struct exchange *exchange_new(struct http *h, struct MHD_Connection *c);
/* It is over: it goes to the spare ones, or is freed. */
void exchange_done(struct exchange *x);
/* Frees a spare one. */
void exchange_destroy(struct exchange *x);
void exchange_unwatch(struct exchange *x);
/* It is handed over to libmicrohttpd. */
void exchange_answered(struct exchange *x);
/* Its handler has deferred the answer: libmicrohttpd lets the connection be, and whether the client leaves is watched. */
void exchange_suspend(struct exchange *x);
/* It was suspended, and has something to do again. */
void exchange_go_on(struct exchange *x);
/* Answers with that, which goes over to it. */
void exchange_answer_with(struct exchange *x, unsigned status, struct MHD_Response *r, const struct http_header *extra);
/* The server closes before there is an answer. */
void exchange_give_up(struct exchange *x);

/* The sink takes the body; false: it does not. */
bool sink_begin(struct exchange *x, uint64_t size);
/* A piece came, or the end: then the exchange is in its handler. */
void sink_data(struct exchange *x, const char *data, size_t n);
void sink_end(struct exchange *x);

static inline int64_t http_now_ms(const struct http *h)
{
    return (int64_t)uv_now(h->loop);
}
