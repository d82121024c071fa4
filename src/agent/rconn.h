#pragma once
#include <hiredis/hiredis.h>
#include <uv.h>
/*
 * A connection to one Redis: hiredis on libuv's loop, with handles whose life is
 * clear. Nothing is called from inside rconn_open(), rconn_send() or rconn_close().
 *
 * hiredis' own adapter for libuv drops the error by which libuv tells of a refused
 * connection, so here is another.
 */
struct rconn;

struct rconn_events {
    void (*up)(void *arg);
    /* One answer, in the order of the commands. Valid during the call. */
    void (*reply)(void *arg, const struct redisReply *r);
    /* Refused, broken or closed by the peer: the last call there is; the connection frees itself. */
    void (*down)(void *arg, const char *why);
};

/* Starts to connect. NULL where not even that was possible. */
struct rconn *rconn_open(uv_loop_t *loop, const char *host, int port, const struct rconn_events *events, void *arg);
/* Sends a command of 'n' words. */
void rconn_send(struct rconn *c, int n, const char *const words[]);
/* Sends a command that Redis does not answer. */
void rconn_tell(struct rconn *c, int n, const char *const words[]);
/* Closes it: no event comes any more. NULL is fine. */
void rconn_close(struct rconn *c);
