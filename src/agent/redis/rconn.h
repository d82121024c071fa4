#pragma once
#include <hiredis/hiredis.h>
#include <uv.h>
/*
 * A connection to one Redis through its socket in the file system: whether it speaks TLS
 * or not, and wherever it listens, its agent reaches it so, and nobody else does. hiredis
 * on libuv's loop, with handles whose life is clear. Nothing is called from inside
 * rconn_open(), rconn_send() or rconn_close().
 */
struct rconn;

struct rconn_events {
    void (*up)(void *arg);
    /* One answer, in the order of the commands. Valid during the call. */
    void (*reply)(void *arg, const struct redisReply *r);
    /* Refused, broken or closed by the peer: the last call there is; the connection frees itself. */
    void (*down)(void *arg, const char *why);
};

/* Connects; NULL where nobody listens there. A path that is too long for a socket's address is nobody's. */
struct rconn *rconn_open(uv_loop_t *loop, const char *path, const struct rconn_events *events, void *arg);
/* Sends a command of 'n' words. */
void rconn_send(struct rconn *c, int n, const char *const words[]);
/* Adds a command of 'n' words that goes out with the next one that is sent, in the same write: Redis carries both out in a row. */
void rconn_queue(struct rconn *c, int n, const char *const words[]);
/* The same as rconn_send() with words of any bytes. */
void rconn_send_bytes(struct rconn *c, int n, const char *const words[], const size_t lengths[]);
/* Sends a command that Redis does not answer. */
void rconn_tell(struct rconn *c, int n, const char *const words[]);
/* Sends a command whose answer has no end: whatever comes behind it is handed to reply(), too, an array or anything else at a time. */
void rconn_follow(struct rconn *c, int n, const char *const words[]);
/*
 * Sends what is no command: a Redis whose loop turns complains and closes, also while
 * CLIENT PAUSE keeps it from answering commands. down() then begins with "ERR".
 */
void rconn_poke(struct rconn *c);
/* Closes it: no event comes any more. NULL is fine. */
void rconn_close(struct rconn *c);
