#pragma once
#include <stdbool.h>
#include <uv.h>
/*
 * A connection to one memcached that speaks its text protocol: sends lines and hands
 * over those that come back, encrypted where it asks for that: who it is, the agent knows, which has started it. Nothing is called from inside mconn_open(), mconn_send()
 * or mconn_close().
 */
struct mconn;

struct mconn_events {
    void (*up)(void *arg);
    /* A line without its end; valid during the call. */
    void (*line)(void *arg, char *line);
    /* Refused, broken or closed by the peer: the last call there is; the connection frees itself. */
    void (*down)(void *arg);
};

/* Starts to connect; 'tls': it takes nothing but TLS. NULL where not even that was possible. */
struct mconn *mconn_open(uv_loop_t *loop, const char *host, int port, bool tls, const struct mconn_events *events, void *arg);
/* Sends a line, to which the end is added. */
void mconn_send(struct mconn *c, const char *line);
/* Closes it: no event comes any more. NULL is fine. */
void mconn_close(struct mconn *c);
