#include "agent/redis/rconn.h"
#include "base/trip.h"
#include <fcntl.h>
#include <hiredis/async.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READS_MAX = 16384 };

struct rconn {
    redisAsyncContext *ac; /* NULL once hiredis gave it up */
    uv_poll_t poll;
    int wanted, watched; /* UV_READABLE | UV_WRITABLE: by hiredis, and by the loop */
    bool working;        /* hiredis is: whatever it is given meanwhile, it sends in the end */
    const struct rconn_events *events;
    void *arg;
    int reads;   /* since the last answer was whole */
    bool told;   /* the owner knows that it stands */
    bool closed; /* the owner is gone */
    char why[128];
};

static void poll_ready(uv_poll_t *h, int status, int events);

static void poll_watch(struct rconn *c)
{
    if (c->ac == NULL || c->watched == c->wanted) return;
    c->watched = c->wanted;
    if (c->watched == 0) uv_poll_stop(&c->poll);
    else uv_poll_start(&c->poll, c->watched, poll_ready);
}

/*
 * Lets hiredis work. It reads 16 KiB at most at a time, and keeps what is not whole yet, however much that is: an answer may take
 * 256 MiB. What there is to send is tried at once: nearly always the socket takes it, and the loop need not wait for that.
 */
static void hiredis_work(struct rconn *c, int events)
{
    if (c->working) return;
    c->working = true;
    if (c->ac != NULL && (events & UV_READABLE)) {
        if (++c->reads <= READS_MAX) {
            redisAsyncHandleRead(c->ac);
        } else {
            snprintf(c->why, sizeof c->why, "an answer without an end");
            redisAsyncFree(c->ac);
        }
    }
    bool sends = c->ac != NULL && (c->ac->c.flags & REDIS_CONNECTED) && (c->wanted & UV_WRITABLE);
    if (sends || (c->ac != NULL && (events & UV_WRITABLE))) redisAsyncHandleWrite(c->ac);
    c->working = false;
    poll_watch(c);
}

static void poll_ready(uv_poll_t *h, int status, int events)
{
    struct rconn *c = h->data;
    if (!c->told && !c->closed && c->ac != NULL) { /* hiredis does not say so of a socket in the file system: it stood at once */
        c->told = true;
        c->events->up(c->arg);
    }
    /* An error is something to read: hiredis finds it there. The loop watches no more after one. */
    if (status < 0) c->watched = 0;
    hiredis_work(c, status < 0 ? UV_READABLE : events);
}

static void add_read(void *p)
{
    struct rconn *c = p;
    c->wanted |= UV_READABLE;
}

static void del_read(void *p)
{
    struct rconn *c = p;
    c->wanted &= ~UV_READABLE;
}

static void add_write(void *p)
{
    struct rconn *c = p;
    c->wanted |= UV_WRITABLE;
}

static void del_write(void *p)
{
    struct rconn *c = p;
    c->wanted &= ~UV_WRITABLE;
}

static void poll_closed(uv_handle_t *h)
{
    struct rconn *c = h->data;
    if (!c->closed) c->events->down(c->arg, c->why);
    free(c);
}

/* hiredis frees the context after this, whatever the reason; the owner is told once the handle is closed. */
static void context_freed(void *p)
{
    struct rconn *c = p;
    if (c->why[0] == '\0') snprintf(c->why, sizeof c->why, "%s", c->ac->err ? c->ac->errstr : "closed");
    c->ac = NULL;
    uv_close((uv_handle_t *)&c->poll, poll_closed);
}

static void take_reply(redisAsyncContext *ac, void *reply, void *unused)
{
    struct rconn *c = ac->data;
    (void)unused;
    c->reads = 0;
    if (reply == NULL || c->closed) return; /* the connection ends: down() follows */
    if (trip_hit(TRIP_REDIS_REPLY)) {
        char text[] = "ERR injected failure";
        redisReply injected = {.type = REDIS_REPLY_ERROR, .str = text, .len = sizeof text - 1};
        c->events->reply(c->arg, &injected);
        return;
    }
    c->events->reply(c->arg, reply);
}

struct rconn *rconn_open(uv_loop_t *loop, const char *path, const struct rconn_events *events, void *arg)
{
    redisAsyncContext *ac = redisAsyncConnectUnix(path);
    if (ac == NULL) abort(); /* out of memory */
    struct rconn *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    /* Without this, nodes started later would inherit the connection and keep it open. */
    if (ac->err || fcntl(ac->c.fd, F_SETFD, FD_CLOEXEC) != 0 || uv_poll_init(loop, &c->poll, ac->c.fd) != 0) {
        redisAsyncFree(ac);
        free(c);
        return NULL;
    }
    c->ac = ac;
    c->poll.data = c;
    c->events = events;
    c->arg = arg;
    ac->data = ac->ev.data = c;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = context_freed;
    add_write(c); /* it is writable at once: then the owner is told */
    poll_watch(c);
    return c;
}

void rconn_send(struct rconn *c, int n, const char *const words[])
{
    rconn_send_bytes(c, n, words, NULL);
}

void rconn_queue(struct rconn *c, int n, const char *const words[])
{
    if (c->ac != NULL) redisAsyncCommandArgv(c->ac, take_reply, NULL, n, (const char **)(uintptr_t)words, NULL);
}

void rconn_send_bytes(struct rconn *c, int n, const char *const words[], const size_t lengths[])
{
    if (c->ac == NULL) return;
    redisAsyncCommandArgv(c->ac, take_reply, NULL, n, (const char **)(uintptr_t)words, lengths);
    hiredis_work(c, 0);
}

void rconn_tell(struct rconn *c, int n, const char *const words[])
{
    char *text = NULL;
    if (c->ac == NULL) return;
    int len = redisFormatCommandArgv(&text, n, (const char **)(uintptr_t)words, NULL);
    if (len < 0) abort();
    /* Bypasses the queue of callbacks, because none will be called. */
    redisAppendFormattedCommand(&c->ac->c, text, (size_t)len);
    redisFreeCommand(text);
    add_write(c);
    hiredis_work(c, 0);
}

void rconn_follow(struct rconn *c, int n, const char *const words[])
{
    if (c->ac == NULL) return;
    c->ac->c.flags |= REDIS_MONITORING; /* hiredis keeps the callback of the last command for what follows */
    rconn_send(c, n, words);
}

void rconn_poke(struct rconn *c)
{
    static const char nonsense[] = "*?\r\n";
    if (c->ac == NULL) return;
    redisAppendFormattedCommand(&c->ac->c, nonsense, sizeof nonsense - 1);
    add_write(c);
    hiredis_work(c, 0);
}

void rconn_close(struct rconn *c)
{
    if (c == NULL) return;
    c->closed = true;
    if (c->ac != NULL) redisAsyncFree(c->ac);
}
