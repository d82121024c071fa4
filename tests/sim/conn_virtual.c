#include "agent/memcached/mconn.h"
#include "agent/redis/rconn.h"
#include "base/buf.h"
#include "base/trip.h"
#include "models.h"
#include "wire.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* agent/redis/rconn.h and agent/memcached/mconn.h: connections to models. */

/* ---- a Redis ---- */

struct rconn {
    struct wire *wire;
    const struct rconn_events *events;
    void *arg;
};

static void redis_up(void *arg)
{
    struct rconn *c = arg;
    c->events->up(c->arg);
}

static void redis_reply(void *arg, const struct redisReply *r)
{
    struct rconn *c = arg;
    char text[] = "ERR injected failure";
    struct redisReply injected = {.type = REDIS_REPLY_ERROR, .str = text, .len = sizeof text - 1};
    c->events->reply(c->arg, trip_hit(TRIP_REDIS_REPLY) ? &injected : r);
}

static void redis_down(void *arg, const char *why)
{
    struct rconn *c = arg;
    c->events->down(c->arg, why);
    free(c);
}

/* FOLDER/SOCKET, where the folder may be /proc/self/fd/N. */
static struct model_engine *engine_at_socket(const char *path)
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *end = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
    return realpath(folder, real) ? models_in(real) : NULL;
}

struct rconn *rconn_open(uv_loop_t *loop, const char *path, const struct rconn_events *events, void *arg)
{
    static const struct wire_events on_wire = {redis_up, redis_reply, redis_down};
    struct rconn *c = calloc(1, sizeof *c);
    (void)loop;
    if (c == NULL) abort();
    *c = (struct rconn){wire_open(engine_at_socket(path), NULL, &on_wire, c), events, arg};
    if (c->wire) return c;
    free(c);
    return NULL;
}

void rconn_send(struct rconn *c, int n, const char *const words[])
{
    wire_send(c->wire, n, words, NULL);
}

void rconn_queue(struct rconn *c, int n, const char *const words[])
{
    wire_queue(c->wire, n, words, NULL);
}

void rconn_send_bytes(struct rconn *c, int n, const char *const words[], const size_t lengths[])
{
    wire_send(c->wire, n, words, lengths);
}

/* A model does not answer either what an engine does not. */
void rconn_tell(struct rconn *c, int n, const char *const words[])
{
    wire_send(c->wire, n, words, NULL);
}

/* A model may answer as often as it likes. */
void rconn_follow(struct rconn *c, int n, const char *const words[])
{
    wire_send(c->wire, n, words, NULL);
}

void rconn_poke(struct rconn *c)
{
    wire_poke(c->wire);
}

void rconn_close(struct rconn *c)
{
    if (c == NULL) return;
    wire_close(c->wire);
    free(c);
}

/* ---- a memcached ---- */

struct mconn {
    struct wire *wire;
    const struct mconn_events *events;
    void *arg;
    bool handing, closed; /* it hands lines over just now; its owner is gone */
};

static void memcached_up(void *arg)
{
    struct mconn *c = arg;
    c->events->up(c->arg);
}

static void memcached_lines(void *arg, const struct redisReply *r)
{
    struct mconn *c = arg;
    c->handing = true;
    for (char *line = r->str, *end; !c->closed && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        c->events->line(c->arg, line);
    }
    c->handing = false;
    if (c->closed) free(c);
}

static void memcached_down(void *arg, const char *why)
{
    struct mconn *c = arg;
    (void)why;
    c->events->down(c->arg);
    free(c);
}

struct mconn *mconn_open(
    uv_loop_t *loop, const char *host, int port, bool encrypted, const struct mconn_events *events, void *arg)
{
    static const struct wire_events on_wire = {memcached_up, memcached_lines, memcached_down};
    struct mconn *c = calloc(1, sizeof *c);
    bool tls;
    (void)loop, (void)encrypted;
    if (c == NULL) abort();
    *c = (struct mconn){.events = events, .arg = arg};
    c->wire = wire_open(model_at(models_world(), host, port, &tls), host, &on_wire, c);
    if (c->wire == NULL) c->wire = wire_refused(&on_wire, c);
    return c;
}

void mconn_send(struct mconn *c, const char *line)
{
    wire_send(c->wire, 1, &line, NULL);
}

void mconn_close(struct mconn *c)
{
    if (c == NULL) return;
    wire_close(c->wire);
    c->closed = true;
    if (!c->handing) free(c);
}
