#include "wire.h"
#include "machine.h"
#include "models.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a message takes: mostly next to nothing, now and then as long as a busy machine makes it. */
enum { QUICK_NS = 80000, SLOW_NS = 4000000, SLOW_PERCENT = 3 };

struct message {
    struct message *next;
    int n; /* of words; 0: what is no command */
    const char **words;
    size_t *lens;
};

struct wire {
    struct wire *next;
    struct process *process; /* the agent's */
    struct model_conn *conn; /* NULL: the engine's end is gone */
    const struct wire_events *events;
    void *arg;
    bool closed;            /* the agent's end is gone */
    bool down;              /* the agent has been told the last */
    int64_t out_at, in_at;  /* when what was sent last arrives, to the engine and from it */
    int flights;            /* messages under way */
    struct message *queued; /* the newest last */
};

struct letter {
    struct wire *wire;
    struct message *messages; /* to the engine; NULL: its client is gone */
    struct redisReply *reply; /* from it; NULL: it is up */
    char *why;                /* it is down */
};

static struct wire *wires;

static int64_t arrival(int64_t *last)
{
    int64_t at = machine_ns() + machine_below(machine_chance(SLOW_PERCENT) ? SLOW_NS : QUICK_NS);
    if (at < *last) at = *last;
    return (*last = at) - machine_ns();
}

static void free_if_done(struct wire *w)
{
    if (w->conn || w->flights || !(w->closed || w->down)) return;
    struct wire **at = &wires;
    while (*at != w) at = &(*at)->next;
    *at = w->next;
    free(w);
}

static struct letter *letter_new(struct wire *w)
{
    struct letter *l = calloc(1, sizeof *l);
    if (l == NULL) abort();
    l->wire = w;
    w->flights++;
    return l;
}

static void messages_free(struct message *m)
{
    for (struct message *next; m; m = next) {
        next = m->next;
        free(m);
    }
}

static void letter_free(struct letter *l)
{
    struct wire *w = l->wire;
    messages_free(l->messages);
    if (l->reply) freeReplyObject(l->reply);
    free(l->why);
    free(l);
    w->flights--;
    free_if_done(w);
}

/* ---- from the engine ---- */

static struct redisReply *reply_copy(const struct redisReply *r)
{
    struct redisReply *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    *c = *r;
    if (r->str) {
        c->str = malloc(r->len + 1);
        if (c->str == NULL) abort();
        memcpy(c->str, r->str, r->len);
        c->str[r->len] = '\0';
    }
    if (r->element) c->element = calloc(r->elements + 1, sizeof *c->element);
    for (size_t i = 0; r->element && i < r->elements; i++) c->element[i] = reply_copy(r->element[i]);
    return c;
}

static void letter_arrives(void *arg)
{
    struct letter *l = arg;
    struct wire *w = l->wire;
    if (!w->closed && !w->down) {
        if (l->why) {
            w->down = true;
            w->events->down(w->arg, l->why);
        } else if (l->reply) w->events->reply(w->arg, l->reply);
        else w->events->up(w->arg);
    }
    letter_free(l);
}

static void send_back(struct wire *w, const struct redisReply *reply, const char *why)
{
    if (!w->process->alive) return;
    struct letter *l = letter_new(w);
    if (reply) l->reply = reply_copy(reply);
    if (why && (l->why = strdup(why)) == NULL) abort();
    machine_after(w->process, arrival(&w->in_at), letter_arrives, l);
}

static void engine_replies(void *arg, const struct redisReply *r)
{
    send_back(arg, r, NULL);
}

static void engine_hangs_up(void *arg, const char *why)
{
    struct wire *w = arg;
    w->conn = NULL;
    if (!w->closed) send_back(w, NULL, *why ? why : "closed");
    free_if_done(w);
}

/* ---- to the engine ---- */

static void engine_gets(void *arg)
{
    struct letter *l = arg;
    struct wire *w = l->wire;
    for (const struct message *m = l->messages; m && w->conn; m = m->next) {
        const struct redisReply *r = NULL;
        if (m->n == 0) model_garbage(w->conn, models_now());
        else r = model_command(w->conn, m->n, m->words, m->lens, models_now());
        if (r) send_back(w, r, NULL);
    }
    if (l->messages == NULL && w->conn) {
        model_close(w->conn, models_now());
        w->conn = NULL;
    }
    letter_free(l);
    models_wake();
}

static void send_queued(struct wire *w)
{
    struct letter *l = letter_new(w);
    l->messages = w->queued;
    w->queued = NULL;
    machine_after(NULL, arrival(&w->out_at), engine_gets, l);
}

static struct message *message_new(int n, const char *const words[], const size_t lens[])
{
    size_t bytes = 0, count = (size_t)n;
    for (size_t i = 0; i < count; i++) bytes += (lens ? lens[i] : strlen(words[i])) + 1;
    struct message *m = malloc(sizeof *m + count * (sizeof(char *) + sizeof(size_t)) + bytes);
    if (m == NULL) abort();
    *m = (struct message){.n = n, .words = (const char **)(m + 1)};
    m->lens = (size_t *)(m->words + n);
    char *at = (char *)(m->lens + n);
    for (size_t i = 0; i < count; i++) {
        m->lens[i] = lens ? lens[i] : strlen(words[i]);
        memcpy(at, words[i], m->lens[i]);
        at[m->lens[i]] = '\0';
        m->words[i] = at;
        at += m->lens[i] + 1;
    }
    return m;
}

void wire_queue(struct wire *w, int n, const char *const words[], const size_t lens[])
{
    struct message **last = &w->queued;
    while (*last) last = &(*last)->next;
    *last = message_new(n, words, lens);
}

void wire_send(struct wire *w, int n, const char *const words[], const size_t lens[])
{
    wire_queue(w, n, words, lens);
    send_queued(w);
}

void wire_poke(struct wire *w)
{
    wire_send(w, 0, NULL, NULL);
}

/* ---- its two ends ---- */

static struct wire *wire_new(const struct wire_events *events, void *arg)
{
    struct wire *w = calloc(1, sizeof *w);
    if (w == NULL) abort();
    *w = (struct wire){.next = wires, .process = machine_current(), .events = events, .arg = arg};
    return wires = w;
}

struct wire *wire_open(struct model_engine *e, const char *host, const struct wire_events *events, void *arg)
{
    static const struct model_events from_engine = {engine_replies, engine_hangs_up};
    struct wire *w = wire_new(events, arg);
    w->conn = e ? model_connect(e, host, &from_engine, w) : NULL;
    if (w->conn == NULL) {
        w->closed = true;
        free_if_done(w);
        return NULL;
    }
    send_back(w, NULL, NULL);
    return w;
}

struct wire *wire_refused(const struct wire_events *events, void *arg)
{
    struct wire *w = wire_new(events, arg);
    send_back(w, NULL, "refused");
    return w;
}

/* What waits for the next message to go with goes nowhere. */
void wire_close(struct wire *w)
{
    messages_free(w->queued);
    w->queued = NULL;
    w->closed = true;
    send_queued(w);
}

void wires_leave(const struct process *p)
{
    for (struct wire *w = wires; w; w = w->next)
        if (w->process == p && !w->closed) wire_close(w);
}
