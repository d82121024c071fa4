#include "agent/node_redis.h"
#include "agent/conf.h"
#include "agent/names.h"
#include "base/log.h"
#include "base/trip.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Questions to a node's Redis, one at a time, and what follows from the answers. */

enum {
    LOADING_MS = 5,
    LOGIN_AGAIN_MS = 1000,
    REFUSED_MS = 200,
    BUSY_MS = 50,
    TAKE_MS = 1,
    TAKE_SLOW_MS = 250,
    TAKE_SLOW_AFTER_MS = 2000
};

#define WORDS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define WORDS_MAX 6

static void ask(struct node *n, enum node_ask what, const char *const words[], size_t count)
{
    n->ask = what;
    n->asked_at = node_now(n);
    rconn_send(n->conn, (int)count, words);
}

static bool failed(const struct redisReply *r)
{
    return r->type == REDIS_REPLY_ERROR;
}

static bool starts_with(const struct redisReply *r, const char *s)
{
    return r->str != NULL && strncmp(r->str, s, strlen(s)) == 0;
}

/* ---- greeting: log in, wait until it has loaded, make sure that it is the process we mean, see what it listens on ---- */

void redis_greet(struct node *n)
{
    const char *password = n->order->admin_password;
    if (n->greeting == ASK_AUTH && password == NULL) n->greeting = ASK_PING;
    switch (n->greeting) {
    case ASK_AUTH: return ask(n, ASK_AUTH, WORDS("AUTH", CONF_ADMIN, password));
    case ASK_PING: return ask(n, ASK_PING, WORDS("PING"));
    case ASK_SERVER: return ask(n, ASK_SERVER, WORDS("INFO", "server"));
    default: return ask(n, ASK_BIND, WORDS("CONFIG", "GET", "bind"));
    }
}

static void greet_again(struct node *n, enum node_ask from, int64_t ms)
{
    n->greeting = from;
    n->greet_at = node_now(n) + ms;
}

static void greeting_failed(struct node *n, const struct redisReply *r)
{
    node_reason(n, "redis-server refuses its agent: %.100s", r->str);
    greet_again(n, ASK_AUTH, LOGIN_AGAIN_MS);
}

static void know_server(struct node *n, const struct redisReply *r)
{
    struct server_info s;
    if (r->str == NULL || !info_server(r->str, r->len, &s)) return greet_again(n, ASK_PING, REFUSED_MS);
    if (s.pid != proc_id(n->proc)->pid) {
        node_reason(n, "process %ld answers at its address", s.pid);
        return greet_again(n, ASK_AUTH, REFUSED_MS);
    }
    n->life.server = s;
    n->greeting = ASK_BIND;
}

/* Whatever it was thought to listen on and does not is an address it gave up, perhaps with connections left. */
static void know_bind(struct node *n, const struct redisReply *r)
{
    struct string_list was = n->life.held;
    n->life.held = (struct string_list){0};
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL) {
        char *rest = NULL, *word = strtok_r(r->element[1]->str, " ", &rest);
        for (; word != NULL; word = strtok_r(NULL, " ", &rest))
            if (strcmp(word, n->order->address) != 0) names_add(&n->life.held, word);
    }
    for (size_t i = 0; i < was.n; i++)
        if (!names_has(&n->life.held, was.items[i])) names_add(&n->life.drop, was.items[i]);
    names_clear(&was);
    n->life.info_old = true;
    node_move(n, NODE_UP);
}

static void greeted(struct node *n, enum node_ask what, const struct redisReply *r)
{
    if (failed(r) && starts_with(r, "LOADING")) return greet_again(n, ASK_PING, LOADING_MS);
    if (failed(r) && starts_with(r, "BUSY")) return greet_again(n, n->greeting, BUSY_MS);
    if (failed(r)) return greeting_failed(n, r);
    if (what == ASK_AUTH) n->greeting = ASK_PING;
    else if (what == ASK_PING) n->greeting = ASK_SERVER;
    else if (what == ASK_SERVER) know_server(n, r);
    else know_bind(n, r);
}

/* ---- looking ---- */

static void link_changed(struct node *n, bool up)
{
    n->life.nudges = 0;
    n->life.nudge_at = up ? node_now(n) : 0;
    if (!up) n->life.eager_until = node_now(n) + EAGER_MS;
}

static void know_replication(struct node *n, const struct redisReply *r)
{
    struct replication_info was = n->life.info, now = {0};
    n->read_at = node_now(n);
    if (trip_hit(TRIP_PROBE) || r->str == NULL || !info_replication(r->str, r->len, &now)) {
        if (n->life.ready) node_set_hung(n, true);
        return;
    }
    n->life.info = now;
    n->life.info_old = false;
    node_looked(n);
    if (n->life.fence == FENCE_PAUSED) {
        n->life.fence = FENCE_ON;
        node_changed(n);
    }
    bool offset_told = n->life.fence == FENCE_ON || n->order->promote_offset.set;
    if (now.link_up != was.link_up) link_changed(n, now.link_up);
    if (!info_same_replication(&was, &now) || (offset_told && was.offset != now.offset)) node_changed(n);
    if (n->life.ready) return;
    log_info("node %s: %s is ready", n->id, role_name(now.role));
    node_became_ready(n);
}

/* ---- steps ---- */

static const struct {
    const char *words[WORDS_MAX];
    size_t n;
} commands[STEP__COUNT] = {
    [STEP_READ] = {{"INFO", "replication"}, 2},
    [STEP_PROMOTE] = {{"REPLICAOF", "NO", "ONE"}, 3},
    /* Seconds, so this is never. CLIENT PAUSE does not keep a primary from sending PINGs to its replicas. */
    [STEP_QUIET] = {{"CONFIG", "SET", "repl-ping-replica-period", "2147483647"}, 4},
    [STEP_LOUD] = {{"CONFIG", "SET", "repl-ping-replica-period", "1"}, 4},
    [STEP_UNPAUSE] = {{"CLIENT", "UNPAUSE"}, 2},
};

static void do_bind(struct node *n, enum step s)
{
    _buf_ struct buf addresses = {0};
    const struct string_list *want = &n->order->endpoints;
    buf_puts(&addresses, n->order->address);
    names_clear(&n->life.binding);
    for (size_t i = 0; i < want->n; i++) {
        if (s == STEP_RELEASE && !names_has(&n->life.held, want->items[i])) continue;
        buf_printf(&addresses, " %s", want->items[i]);
        names_add(&n->life.binding, want->items[i]);
    }
    ask(n, ASK_STEP, WORDS("CONFIG", "SET", "bind", addresses.data));
}

static void do_drop(struct node *n)
{
    char address[80];
    const struct string_list *l = &n->life.drop;
    snprintf(address, sizeof address, "%s:%d", l->items[l->n - 1], (int)n->order->port.v);
    ask(n, ASK_STEP, WORDS("CLIENT", "KILL", "LADDR", address));
}

static void do_follow(struct node *n)
{
    char port[12];
    snprintf(port, sizeof port, "%d", (int)n->order->upstream_port.v);
    log_info("node %s: follows %s:%s", n->id, n->order->upstream_host, port);
    ask(n, ASK_STEP, WORDS("REPLICAOF", n->order->upstream_host, port));
}

static void do_set(struct node *n)
{
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    ask(n, ASK_STEP, WORDS("CONFIG", "SET", s->name, s->value));
}

static void do_pause(struct node *n)
{
    char ms[12];
    snprintf(ms, sizeof ms, "%d", PAUSE_MS);
    ask(n, ASK_STEP, WORDS("CLIENT", "PAUSE", ms, "WRITE"));
}

static void settings_done(struct node *n)
{
    n->life.generation = n->order->generation.v;
    node_changed(n);
    node_step(n);
}

void redis_do(struct node *n, enum step s)
{
    n->step = s;
    switch (s) {
    case STEP_RELEASE:
    case STEP_TAKE: return do_bind(n, s);
    case STEP_DROP: return do_drop(n);
    case STEP_FOLLOW: return do_follow(n);
    case STEP_PAUSE: return do_pause(n);
    case STEP_SET: return n->life.setting < n->order->settings.n ? do_set(n) : settings_done(n);
    default: return ask(n, ASK_STEP, commands[s].words, commands[s].n);
    }
}

/* The node listens on 'binding' now; the order may be another already. */
static void bound(struct node *n)
{
    for (size_t i = 0; i < n->life.held.n; i++)
        if (!names_has(&n->life.binding, n->life.held.items[i])) names_add(&n->life.drop, n->life.held.items[i]);
    names_copy(&n->life.held, &n->life.binding);
    names_clear(&n->life.missed);
    n->life.take_since = n->life.take_at = 0;
    node_changed(n);
}

static void paused(struct node *n)
{
    n->life.fenced_at = node_now(n);
    if (n->life.fence != FENCE_ON) n->life.fence = FENCE_PAUSED;
}

static void unpaused(struct node *n)
{
    n->life.fence = FENCE_QUIET;
    node_changed(n);
}

/* It is told once the endpoint is taken, too: a report that is under way would hold up the next. */
static void promoted(struct node *n)
{
    log_info("node %s: is a primary now", n->id);
    n->life.info = (struct replication_info){.role = ROLE_PRIMARY, .offset = n->life.info.offset};
    n->life.nudge_at = 0;
    if (names_within(&n->order->endpoints, &n->life.held)) node_changed(n);
}

static void step_done(struct node *n, const struct redisReply *r)
{
    switch (n->step) {
    case STEP_READ: return know_replication(n, r);
    case STEP_RELEASE:
    case STEP_TAKE: return bound(n);
    case STEP_DROP: return free(names_pop(&n->life.drop));
    case STEP_PROMOTE: return promoted(n);
    case STEP_FOLLOW: n->life.info_old = true; return;
    case STEP_QUIET: n->life.fence = FENCE_QUIET; return;
    case STEP_PAUSE: return paused(n);
    case STEP_UNPAUSE: return unpaused(n);
    case STEP_LOUD: n->life.fence = FENCE_OFF; return;
    case STEP_SET: n->life.setting++; return;
    default: return;
    }
}

/* Somebody else holds the address: usually the node that is to give it up at this very moment. */
static void take_refused(struct node *n)
{
    int64_t now = node_now(n);
    if (n->life.take_since == 0) n->life.take_since = now;
    if (!names_within(&n->life.binding, &n->life.missed)) {
        names_copy(&n->life.missed, &n->life.binding);
        node_changed(n);
    }
    bool slow = now - n->life.take_since >= TAKE_SLOW_AFTER_MS;
    n->life.take_at = now + (slow ? TAKE_SLOW_MS : TAKE_MS);
    if (slow) node_reason(n, "an endpoint is still held by somebody else");
}

static void set_refused(struct node *n, const struct redisReply *r)
{
    if (n->life.setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    if (strstr(r->str, "immutable") != NULL) return ask(n, ASK_COMPARE, WORDS("CONFIG", "GET", s->name));
    n->life.setting++;
    if (strstr(r->str, "operating system") != NULL) return; /* maxclients: it has as many as it was allowed at its start */
    snprintf(n->life.refused, sizeof n->life.refused, "setting %.40s is refused: %.90s", s->name, r->str);
    log_warn("node %s: %s", n->id, n->life.refused);
    names_add(&n->left_out, s->name);
    n->conf_stale = redis_conf_differs(n);
}

/* A setting that only a start can change is pending unless the node started with it. */
static void compared(struct node *n, const struct redisReply *r)
{
    if (n->life.setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    bool same = r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL &&
                strcmp(r->element[1]->str, s->value) == 0;
    if (!same) names_add(&n->life.pending, s->name);
    n->life.setting++;
}

static void step_refused(struct node *n, const struct redisReply *r)
{
    if (starts_with(r, "LOADING")) {
        n->life.ready = false;
        greet_again(n, ASK_PING, LOADING_MS);
        node_move(n, NODE_GREET);
        return node_changed(n);
    }
    if (n->step == STEP_NONE) return;
    if (starts_with(r, "BUSY")) n->hold_until = n->read_at = node_now(n) + BUSY_MS;
    else if (n->step == STEP_TAKE) take_refused(n);
    else if (n->step == STEP_SET) set_refused(n, r);
    else if (n->step == STEP_DROP) free(names_pop(&n->life.drop));
    else {
        node_reason(n, "redis-server refuses to %s: %.100s", step_name(n->step), r->str);
        n->hold_until = node_now(n) + REFUSED_MS;
        n->read_at = node_now(n);
    }
}

void redis_answer(struct node *n, const struct redisReply *r)
{
    enum node_ask what = n->ask;
    n->ask = ASK_NONE;
    if (what == ASK_COMPARE) compared(n, r);
    else if (what != ASK_STEP) greeted(n, what, r);
    else if (failed(r)) step_refused(n, r);
    else step_done(n, r);
    if (n->ask == ASK_NONE) node_step(n);
}

void redis_shutdown(struct node *n)
{
    if (n->stop_saves) rconn_send(n->conn, 3, (const char *const[]){"SHUTDOWN", "SAVE", "FORCE"});
    else rconn_send(n->conn, 3, (const char *const[]){"SHUTDOWN", "NOSAVE", "NOW"});
}
