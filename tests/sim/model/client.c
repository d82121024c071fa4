#include "memcached.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Connections of clients, and what came over them that can't be carried out yet. */

/* ---- words that are kept ---- */

static struct pending *pending_new(int argc, const char *const argv[], const size_t lens[])
{
    size_t size = sizeof(struct pending) + (size_t)argc * (sizeof(char *) + sizeof(size_t)), bytes = 0;
    for (int i = 0; i < argc; i++) bytes += (lens ? lens[i] : strlen(argv[i])) + 1;
    struct pending *p = malloc(size + bytes);
    if (p == NULL) abort();
    *p = (struct pending){.words = {.argc = argc, .argv = (const char **)(p + 1)}};
    p->words.lens = (size_t *)(p->words.argv + argc);
    char *at = (char *)(p->words.lens + argc);
    for (int i = 0; i < argc; i++) {
        size_t len = lens ? lens[i] : strlen(argv[i]);
        memcpy(at, argv[i], len);
        at[len] = '\0';
        p->words.argv[i] = at;
        p->words.lens[i] = len;
        at += len + 1;
    }
    return p;
}

static void pending_add(struct model_conn *c, struct pending *p)
{
    p->arrived = c->e->w->seq++;
    *c->last = p;
    c->last = &p->next;
}

static void pending_drop_first(struct model_conn *c)
{
    struct pending *p = c->first;
    c->first = p->next;
    if (c->first == NULL) c->last = &c->first;
    free(p);
}

static void pending_clear(struct model_conn *c)
{
    while (c->first) pending_drop_first(c);
}

void multi_add(struct model_conn *c, int argc, const char *const argv[], const size_t lens[])
{
    struct pending *p = pending_new(argc, argv, lens);
    *c->multi_last = p;
    c->multi_last = &p->next;
}

void multi_clear(struct model_conn *c)
{
    while (c->multi) {
        struct pending *p = c->multi;
        c->multi = p->next;
        free(p);
    }
    c->multi_last = &c->multi;
    c->in_multi = c->multi_spoilt = false;
}

/* ---- connections ---- */

struct model_conn *model_connect(struct model_engine *e, const char *host, const struct model_events *events, void *arg)
{
    bool listens = e->life == LIFE_LOADING || e->life == LIFE_RUNNING;
    if (!listens) return NULL;
    struct model_conn *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->e = e;
    c->id = ++e->next_conn;
    c->events = events;
    c->arg = arg;
    c->last = &c->first;
    c->multi_last = &c->multi;
    if (host) snprintf(c->host, sizeof c->host, "%s", host);
    c->next = e->conns;
    if (e->conns) e->conns->prev = c;
    e->conns = c;
    struct user *u = acl_find(e, "default");
    if (u && u->on && u->nopass) c->user = u;
    return c;
}

static void conn_unlink(struct model_conn *c)
{
    if (c->prev) c->prev->next = c->next;
    else if (c->e->conns == c) c->e->conns = c->next;
    if (c->next) c->next->prev = c->prev;
    c->next = c->prev = NULL;
}

void conn_forget(struct model_conn *c)
{
    timer_stop(c->e->w, &c->timer);
    if (!c->gone) conn_unlink(c);
    if (c->e->script.conn == c) c->e->script.conn = NULL;
    if (c->e->save.ender == c) c->e->save.ender = NULL;
    pending_clear(c);
    multi_clear(c);
    buf_fini(&c->text);
    free(c);
}

static void told_down(void *obj, int64_t now)
{
    struct model_conn *c = obj;
    const struct model_events *events = c->events;
    void *arg = c->arg;
    char why[sizeof c->why];
    (void)now;
    memcpy(why, c->why, sizeof why);
    conn_forget(c);
    if (events) events->down(arg, why);
}

void conn_end(struct model_conn *c, const char *why)
{
    if (c->gone) return;
    conn_unlink(c);
    c->gone = true;
    c->waits = WAITS_NOT;
    c->user = NULL;
    if (c->e->script.conn == c) c->e->script.conn = NULL;
    if (c->e->save.ender == c) c->e->save.ender = NULL;
    snprintf(c->why, sizeof c->why, "%s", why);
    timer_set(c->e->w, &c->timer, c->e->w->now, told_down, c);
}

void model_close(struct model_conn *c, int64_t now)
{
    (void)now;
    if (c) conn_forget(c);
}

/* ---- carrying out ---- */

bool engine_turns(const struct model_engine *e, int64_t now)
{
    bool lives = e->life == LIFE_LOADING || e->life == LIFE_RUNNING;
    if (!lives || e->stopped || now < e->frozen_until) return false;
    return !e->script.runs || e->script.told;
}

static void pool_turn(struct model_world *w)
{
    w->reply_at = (w->reply_at + 1) % REPLY_RING;
    pool_reset(&w->replies[w->reply_at]);
}

static struct redisReply *carry_out(struct model_conn *conn, const struct words *words, int64_t now, enum outcome *outcome)
{
    struct call c = {
        .w = conn->e->w, .e = conn->e, .conn = conn, .argc = words->argc, .argv = words->argv, .lens = words->lens, .now = now};
    pool_turn(c.w);
    struct redisReply *r = c.e->memcached ? memcached_process(&c) : redis_process(&c);
    *outcome = c.outcome;
    return c.outcome == ANSWERS ? r : NULL;
}

const struct redisReply *model_command(struct model_conn *c, int argc, const char *const argv[], const size_t lens[], int64_t now)
{
    size_t few[16], *own = NULL;
    enum outcome outcome = POSTPONED;
    struct redisReply *r = NULL;
    if (now > c->e->w->now) c->e->w->now = now;
    if (c->gone || c->e->life == LIFE_ENDED) return NULL;
    if (lens == NULL) {
        own = argc <= 16 ? few : malloc((size_t)argc * sizeof *own);
        if (own == NULL) abort();
        for (int i = 0; i < argc; i++) own[i] = strlen(argv[i]);
    }
    struct words words = {argc, (const char **)(uintptr_t)argv, own ? own : (size_t *)(uintptr_t)lens};
    bool at_once = c->first == NULL && c->waits == WAITS_NOT && engine_turns(c->e, now);
    if (at_once) r = carry_out(c, &words, now, &outcome);
    if (outcome == POSTPONED && !c->gone) {
        pending_add(c, pending_new(argc, argv, words.lens));
        c->postponed = at_once;
        if (!at_once) conn_drain_soon(c->e, now);
    }
    if (own && own != few) free(own);
    return r;
}

void model_garbage(struct model_conn *c, int64_t now)
{
    struct pending *p = pending_new(0, NULL, NULL);
    p->garbage = true;
    pending_add(c, p);
    if (c->waits == WAITS_NOT || c->waits == WAITS_REPLICAS) conn_drain_soon(c->e, now);
}

void conn_reply(struct model_conn *c, const struct redisReply *r)
{
    if (c->events && !c->gone) c->events->reply(c->arg, r);
}

/* Of all that can be carried out, what came first. Garbage is seen while the loop reads, though what came before it waits. */
static struct model_conn *find_next(struct model_engine *e)
{
    struct model_conn *found = NULL;
    for (struct model_conn *c = e->conns; c; c = c->next) {
        if (c->first == NULL || c->waits != WAITS_NOT || (c->postponed && !c->first->garbage)) continue;
        if (found == NULL || c->first->arrived < found->first->arrived) found = c;
    }
    return found;
}

#define GARBAGE "ERR Protocol error: invalid multibulk length"

static void drain_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct model_conn *c;
    while (engine_turns(e, now) && (c = find_next(e)) != NULL) {
        enum outcome outcome;
        if (c->first->garbage) {
            conn_end(c, GARBAGE);
            continue;
        }
        struct pending *p = c->first;
        struct redisReply *r = carry_out(c, &p->words, now, &outcome);
        if (c->gone || e->life == LIFE_ENDED) return conn_drain_soon(e, now);
        if (outcome == POSTPONED) {
            c->postponed = true;
            continue;
        }
        pending_drop_first(c);
        if (r) conn_reply(c, r);
    }
}

void conn_drain_soon(struct model_engine *e, int64_t at)
{
    if (at < e->frozen_until) at = e->frozen_until;
    if (at < e->w->now) at = e->w->now;
    if (e->drain_timer.place && e->drain_timer.at <= at) return;
    timer_set(e->w, &e->drain_timer, at, drain_run, e);
}

/* ---- WAIT ---- */

static void wait_over(struct model_conn *c, const struct redisReply *r, int64_t now)
{
    c->waits = WAITS_NOT;
    timer_stop(c->e->w, &c->timer);
    conn_drain_soon(c->e, now);
    conn_reply(c, r);
}

static void wait_run(void *obj, int64_t now)
{
    struct model_conn *c = obj;
    if (!engine_is_free(c->e, now)) return timer_set(c->e->w, &c->timer, now + 10 * MS, wait_run, c);
    pool_turn(c->e->w);
    wait_over(c, reply_int(c->e->w, repl_count_acked(c->e, c->wait_offset)), now);
}

struct redisReply *redis_wait(struct call *c)
{
    int64_t replicas, ms;
    if (c->e->repl.host)
        return reply_error(c->w,
            "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is "
            "configured to be writable (which is not the default) writes to replicas are just local and are not propagated.");
    if (!number_of(c->argv[1], c->lens[1], &replicas)) return reply_error(c->w, "ERR value is not an integer or out of range");
    if (!number_of(c->argv[2], c->lens[2], &ms)) return reply_error(c->w, "ERR timeout is not an integer or out of range");
    if (ms < 0) return reply_error(c->w, "ERR timeout is negative");
    struct model_conn *conn = c->conn;
    int64_t acked = repl_count_acked(c->e, conn->written_to);
    if (acked >= replicas || c->in_exec) return reply_int(c->w, acked);
    conn->waits = WAITS_REPLICAS;
    conn->has_waited = true;
    conn->wait_offset = conn->written_to;
    conn->wait_replicas = (size_t)replicas;
    if (ms > 0) timer_set(c->w, &conn->timer, c->now + ms * MS, wait_run, conn);
    repl_ask_acks(c->e, c->now);
    c->outcome = WAITS;
    return NULL;
}

void repl_acked(struct model_engine *e, int64_t now)
{
    for (struct model_conn *c = e->conns, *next; c; c = next) {
        next = c->next;
        int64_t acked = c->waits == WAITS_REPLICAS ? repl_count_acked(e, c->wait_offset) : 0;
        if (c->waits != WAITS_REPLICAS || acked < (int64_t)c->wait_replicas) continue;
        pool_turn(e->w);
        wait_over(c, reply_int(e->w, acked), now);
        next = e->conns; /* whoever was told may have closed others */
    }
    save_check_end(e, now);
}

void conns_unblock(struct model_engine *e, int64_t now)
{
    for (struct model_conn *c = e->conns, *next; c; c = next) {
        next = c->next;
        if (c->waits != WAITS_REPLICAS) continue;
        c->waits = WAITS_NOT;
        conn_reply(
            c, reply_error(e->w, "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"));
        conn_drain_soon(e, now);
    }
}

int64_t conns_blocked(const struct model_engine *e)
{
    int64_t n = 0;
    for (const struct model_conn *c = e->conns; c; c = c->next)
        n += c->postponed || c->waits == WAITS_REPLICAS || c->waits == WAITS_END;
    return n;
}

/* ---- CLIENT PAUSE: the longer end and the stricter kind of two count ---- */

static void pause_over(struct model_engine *e, int64_t now)
{
    for (struct model_conn *c = e->conns; c; c = c->next) c->postponed = false;
    conn_drain_soon(e, now);
    repl_resumed(e, now);
}

static void pause_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    int64_t left = e->pause.until_ms - wall_ms(e->w, now);
    if (left > 0) return timer_set(e->w, &e->pause.timer, now + left * MS, pause_run, e);
    e->pause.kind = PAUSE_NONE;
    pause_over(e, now);
}

bool pause_holds(struct model_engine *e, bool writes, int64_t now)
{
    if (e->pause.kind != PAUSE_NONE && e->pause.until_ms <= wall_ms(e->w, now)) e->pause.kind = PAUSE_NONE;
    if (writes && e->pause.ending) return true;
    return e->pause.kind == PAUSE_ALL || (writes && e->pause.kind == PAUSE_WRITE);
}

struct redisReply *client_pause(struct call *c)
{
    struct pause *p = &c->e->pause;
    int64_t ms;
    bool writes = c->argc == 4 && word_is(c->argv[3], c->lens[3], "write");
    if (c->argc == 4 && !writes && !word_is(c->argv[3], c->lens[3], "all"))
        return reply_error(c->w, "ERR CLIENT PAUSE mode must be WRITE or ALL");
    if (!number_of(c->argv[2], c->lens[2], &ms)) return reply_error(c->w, "ERR timeout is not an integer or out of range");
    if (ms < 0) return reply_error(c->w, "ERR timeout is negative");
    pause_holds(c->e, true, c->now);
    int64_t until = wall_ms(c->w, c->now) + ms;
    if (p->kind == PAUSE_NONE || until > p->until_ms) p->until_ms = until;
    if (p->kind == PAUSE_NONE || !writes) p->kind = writes ? PAUSE_WRITE : PAUSE_ALL;
    pause_run(c->e, c->now);
    return reply_status(c->w, "OK");
}

struct redisReply *client_unpause(struct call *c)
{
    c->e->pause.kind = PAUSE_NONE;
    timer_stop(c->w, &c->e->pause.timer);
    pause_over(c->e, c->now);
    return reply_status(c->w, "OK");
}

void pause_for_end(struct model_engine *e, bool on, int64_t now)
{
    e->pause.ending = on;
    if (!on) pause_over(e, now);
}

/* ---- CLIENT KILL and others ---- */

static int64_t kill_laddr(struct call *c, const char *address)
{
    char own[96];
    int64_t n = 0;
    for (struct model_conn *conn = c->e->conns, *next; conn; conn = next) {
        next = conn->next;
        snprintf(own, sizeof own, "%s:%d", conn->host, (int)conf_number(&c->e->conf, S_PORT));
        if (strcmp(own, address) != 0 || conn == c->conn) continue;
        conn_end(conn, "");
        n++;
    }
    return n;
}

static int64_t kill_type(struct call *c, const char *type, size_t len)
{
    int64_t n = 0;
    if (word_is(type, len, "master")) {
        n = repl_link_is_up(c->e);
        if (n) repl_drop_upstream(c->e, c->now);
    } else if (word_is(type, len, "replica") || word_is(type, len, "slave")) {
        for (; c->e->repl.replicas; n++) link_let_go_upstream(c->e->repl.replicas, c->now);
    } else if (word_is(type, len, "normal")) {
        for (struct model_conn *conn = c->e->conns, *next; conn; conn = next) {
            next = conn->next;
            if (conn != c->conn) conn_end(conn, ""), n++;
        }
    } else model_unknown(c->e, "CLIENT KILL TYPE %s", type);
    return n;
}

static int64_t kill_id(struct call *c, int64_t id)
{
    for (struct model_conn *conn = c->e->conns; conn; conn = conn->next)
        if (conn->id == id && conn != c->conn) return conn_end(conn, ""), 1;
    return 0;
}

struct redisReply *client_kill(struct call *c)
{
    int64_t id;
    if (c->argc != 4) model_unknown(c->e, "CLIENT KILL with these words");
    if (word_is(c->argv[2], c->lens[2], "laddr")) return reply_int(c->w, kill_laddr(c, c->argv[3]));
    if (word_is(c->argv[2], c->lens[2], "type")) return reply_int(c->w, kill_type(c, c->argv[3], c->lens[3]));
    if (word_is(c->argv[2], c->lens[2], "id") && number_of(c->argv[3], c->lens[3], &id)) return reply_int(c->w, kill_id(c, id));
    model_unknown(c->e, "CLIENT KILL %s", c->argv[2]);
}

struct redisReply *client_id(struct call *c)
{
    return reply_int(c->w, c->conn->id);
}
