#include "agent/redis_cluster/cluster.h"
#include "agent/redis/redis.h"
#include "agent/redis/conf.h"
#include "agent/os/names.h"
#include "agent/redis/access.h"
#include "agent/redis/secret.h"
#include "agent/redis/encryption.h"
#include "agent/node/reservations.h"
#include "base/log.h"
#include "base/trip.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The steps that any redis-server can take: how each is asked for, and what follows from the answer. */

enum { TAKE_MS = 1, TAKE_SLOW_MS = 250, TAKE_SLOW_AFTER_MS = 2000, TAKE_NEVER_MS = 1000, WEIGH_AGAIN_MS = 200 };

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
    if (cluster_ordered(n)) cluster_correct(n, &now);
    if (cluster_ordered(n) && (!n->life.ready || !info_same_replication(&was, &now))) n->host->pulse++;
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

static void bind_to_binding(struct node *n)
{
    _buf_ struct buf addresses = {0};
    buf_puts(&addresses, n->order->address);
    for (size_t i = 0; i < n->life.binding.n; i++) buf_printf(&addresses, " %s", n->life.binding.items[i]);
    node_lend_bind(n);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "bind", addresses.data));
}

static void do_release(struct node *n)
{
    const struct string_list *want = &n->order->endpoints;
    if (tls_has_splitter(n)) return tls_release(n);
    names_clear(&n->life.binding);
    for (size_t i = 0; i < want->n; i++)
        if (names_has(&n->life.held, want->items[i])) names_add(&n->life.binding, want->items[i]);
    bind_to_binding(n);
}

static void do_drop(struct node *n)
{
    char address[80];
    const struct string_list *l = &n->life.drop;
    snprintf(address, sizeof address, "%s:%d", l->items[l->n - 1], (int)n->order->port.v);
    redis_ask(n, ASK_STEP, WORDS("CLIENT", "KILL", "LADDR", address));
}

static void do_follow(struct node *n)
{
    char port[12];
    if (cluster_ordered(n)) return cluster_do_follow(n);
    const struct proto_node_order o = redis_safe_order(n);
    snprintf(port, sizeof port, "%d", (int)o.upstream_port.v);
    log_info("node %s: follows %s:%s", n->id, o.upstream_host, port);
    redis_ask(n, ASK_STEP, WORDS("REPLICAOF", o.upstream_host, port));
}

static void do_promote(struct node *n)
{
    if (cluster_ordered(n)) cluster_do_promote(n);
    else redis_ask(n, ASK_STEP, WORDS("REPLICAOF", "NO", "ONE"));
}

static void do_set(struct node *n)
{
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", s->name, s->value));
}

/* A hundred years, as the engine counts by the wall clock: where that is set, a pause must not end and let writes in that will be lost. */
#define PAUSE_MS "3155760000000"

static void do_pause(struct node *n)
{
    redis_ask(n, ASK_STEP, WORDS("CLIENT", "PAUSE", PAUSE_MS, "WRITE"));
}

static void settings_done(struct node *n)
{
    n->life.generation = n->order->generation.v;
    node_changed(n);
    node_step(n);
}

static void taken(struct node *n)
{
    names_clear(&n->life.missed);
    n->life.take_since = n->life.take_at = 0;
    node_changed(n);
}

/* The node listens on 'binding' now; the order may be another already. */
static void bound(struct node *n, const struct redisReply *r)
{
    (void)r;
    for (size_t i = 0; i < n->life.held.n; i++)
        if (!names_has(&n->life.binding, n->life.held.items[i])) names_add(&n->life.drop, n->life.held.items[i]);
    names_copy(&n->life.held, &n->life.binding);
    taken(n);
}

static void paused(struct node *n, const struct redisReply *r)
{
    (void)r;
    if (n->life.fence != FENCE_ON) n->life.fence = FENCE_PAUSED;
}

static void unpaused(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.fence = FENCE_QUIET;
    node_changed(n);
}

/* It is told once the endpoint is taken, too: a report that is under way would hold up the next. */
static void promoted(struct node *n, const struct redisReply *r)
{
    if (cluster_ordered(n) && !cluster_took_over(n, r)) return;
    log_info("node %s: is a primary now", n->id);
    n->life.info = (struct replication_info){.role = ROLE_PRIMARY, .offset = n->life.info.offset};
    n->life.nudge_at = 0;
    if (names_within(&n->order->endpoints, &n->life.held)) node_changed(n);
}

/* Somebody else holds an address: usually the node that is to give it up at this very moment. */
static void take_later(struct node *n, const struct string_list *missed)
{
    int64_t now = node_now(n);
    if (n->life.take_since == 0) n->life.take_since = now;
    if (!names_within(missed, &n->life.missed)) {
        names_copy(&n->life.missed, missed);
        node_changed(n);
    }
    bool slow = now - n->life.take_since >= TAKE_SLOW_AFTER_MS;
    n->life.take_at = now + (slow ? TAKE_SLOW_MS : TAKE_MS);
    if (slow) node_reason(n, "an endpoint is still held by somebody else");
}

/* An engine that can't do it at all is asked now and then: another version may take its place. */
static void cannot_take(struct node *n, const struct redisReply *r)
{
    n->life.take_since = node_now(n);
    n->life.take_at = node_now(n) + TAKE_NEVER_MS;
    node_reason(n, "the engine takes no further address: %.120s", r->str);
}

static void take_refused(struct node *n, const struct redisReply *r)
{
    if (redis_says(r, "ERR CONFIG SET failed") && strstr(r->str, "bind to")) take_later(n, &n->life.binding);
    else cannot_take(n, r);
}

/* Those that are free are taken, and Redis is not asked for the others: it would close its sockets for nothing. */
static void take_by_splitter(struct node *n)
{
    struct string_list missed = {0};
    if (n->order->tls == NULL) { /* there is to be no splitter, which was refused just now: first things first */
        n->life.take_at = n->life.encrypt_at;
        return node_step(n);
    }
    tls_take(n, &missed);
    if (missed.n > 0) take_later(n, &missed);
    else taken(n);
    names_clear(&missed);
    node_step(n);
}

static void do_take(struct node *n)
{
    const struct string_list *want = &n->order->endpoints;
    struct string_list missed = {0};
    bool news = false;
    if (tls_has_splitter(n)) return take_by_splitter(n);
    names_clear(&n->life.binding);
    for (size_t i = 0; i < want->n; i++) {
        bool held = names_has(&n->life.held, want->items[i]);
        bool is_free = held || reservations_probe(n->host->reservations, want->items[i], n->order->port.v) == 0;
        names_add(is_free ? &n->life.binding : &missed, want->items[i]);
        news |= is_free && !held;
    }
    if (news) {
        bind_to_binding(n);
    } else {
        take_later(n, &missed);
        node_step(n);
    }
    names_clear(&missed);
}

static void set_refused(struct node *n, const struct redisReply *r)
{
    if (n->life.setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    if (strstr(r->str, "immutable") != NULL) return redis_ask(n, ASK_COMPARE, WORDS("CONFIG", "GET", s->name));
    n->life.setting++;
    if (strstr(r->str, "operating system") != NULL) return; /* maxclients: it has as many as it was allowed at its start */
    snprintf(n->life.refused, sizeof n->life.refused, "setting %.40s is refused: %.90s", s->name, r->str);
    log_warn("node %s: %s", n->id, n->life.refused);
    names_add(&n->left_out, s->name);
    n->conf_stale = redis_conf_differs(n);
}

/* A setting that only a start can change is pending unless the node started with it. */
void redis_compared(struct node *n, const struct redisReply *r)
{
    if (n->life.setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[n->life.setting];
    bool same = r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL &&
                strcmp(r->element[1]->str, s->value) == 0;
    if (!same) names_add(&n->life.pending, s->name);
    n->life.setting++;
}

static void do_next_setting(struct node *n)
{
    if (n->life.setting < n->order->settings.n) do_set(n);
    else settings_done(n);
}

static void dropped(struct node *n, const struct redisReply *r)
{
    (void)r;
    free(names_pop(&n->life.drop));
    if (n->life.drop.n > 0 || !n->life.dropping_all) return;
    n->life.dropping_all = false;
    node_changed(n);
}

static void followed(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.info_old = true;
}

static void follow_refused(struct node *n, const struct redisReply *r)
{
    if (cluster_ordered(n)) cluster_follow_refused(n, r);
    else redis_refused(n, r);
}

static void quiet(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.fence = FENCE_QUIET;
}

static void loud(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.fence = FENCE_OFF;
}

static void setting_taken(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.setting++;
}

static void do_weigh(struct node *n)
{
    n->life.weighing = n->order->weigh.v;
    redis_ask(n, ASK_STEP, WORDS("INFO", "memory"));
}

static void weighed(struct node *n, const struct redisReply *r)
{
    if (r->str == NULL || !info_memory(r->str, r->len, &n->life.memory)) {
        n->hold_until = node_now(n) + WEIGH_AGAIN_MS;
        return;
    }
    n->life.weighed = n->life.weighing;
    node_changed(n);
}

#define COMMAND(...) \
    .words = (const char *const[]){__VA_ARGS__}, .n_words = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

const struct redis_step redis_steps[STEP__COUNT] = {
    [STEP_READ] = {COMMAND("INFO", "replication"), .done = know_replication},
    [STEP_RELEASE] = {.ask = do_release, .done = bound},
    [STEP_SECRET] = {.ask = secret_do, .done = secret_done},
    [STEP_CERTIFY] = {.ask = tls_do_certify, .done = tls_certified, .refused = tls_refused},
    [STEP_LISTEN] = {.ask = tls_do_listen, .done = tls_listening, .refused = tls_listen_refused},
    [STEP_ENCRYPT] = {.ask = tls_do_encrypt, .done = tls_encrypted, .refused = tls_refused},
    [STEP_RELINK] = {COMMAND("CLIENT", "KILL", "TYPE", "master"), .done = tls_relinked},
    [STEP_DROP] = {.ask = do_drop, .done = dropped, .refused = dropped},
    [STEP_FOLLOW] = {.ask = do_follow, .done = followed, .refused = follow_refused},
    [STEP_PROMOTE] = {.ask = do_promote, .done = promoted},
    /* Seconds, so this is never. CLIENT PAUSE does not keep a primary from sending PINGs to its replicas. */
    [STEP_QUIET] = {COMMAND("CONFIG", "SET", "repl-ping-replica-period", "2147483647"), .done = quiet},
    [STEP_PAUSE] = {.ask = do_pause, .done = paused},
    [STEP_UNPAUSE] = {COMMAND("CLIENT", "UNPAUSE"), .done = unpaused},
    [STEP_LOUD] = {COMMAND("CONFIG", "SET", "repl-ping-replica-period", "1"), .done = loud},
    [STEP_TAKE] = {.ask = do_take, .done = bound, .refused = take_refused},
    [STEP_ACCESS] = {.ask = access_ask, .done = access_done, .refused = access_refused},
    [STEP_SAVE] = {.ask = redis_ask_save, .done = redis_saving, .refused = redis_save_refused},
    [STEP_SAVE_LOOK] = {COMMAND("INFO", "persistence"), .done = redis_save_seen},
    [STEP_SET] = {.ask = do_next_setting, .done = setting_taken, .refused = set_refused},
    [STEP_WEIGH] = {.ask = do_weigh, .done = weighed},
    [STEP_CLIENTS] = {COMMAND("INFO", "clients"), .done = held_know_clients},
    [STEP_CLUSTER_INFO] = {.ask = cluster_do_view, .done = cluster_know_info},
    [STEP_CLUSTER_NODES] = {.done = cluster_know_nodes}, /* asked for with the step before */
    [STEP_CLUSTER_SLOTS] = {COMMAND("CLUSTER", "SLOTS"), .done = cluster_know_slots},
    [STEP_MEET] = {.ask = cluster_do_meet, .done = cluster_met},
    [STEP_FORGET] = {.ask = cluster_do_forget, .done = cluster_forgot, .refused = cluster_forgot},
    [STEP_MEND] = {.ask = cluster_do_mend, .done = cluster_mended, .refused = cluster_mended},
    [STEP_CLAIM] = {.ask = cluster_do_claim, .done = cluster_claimed, .refused = cluster_claimed},
    [STEP_PATIENCE] = {.ask = cluster_do_patience, .done = cluster_patient},
    /* WAIT has the primary ask its replicas for an ACK in the stream. */
    [STEP_STIR] = {COMMAND("WAIT", "9", "1"), .done = cluster_stirred},
};
