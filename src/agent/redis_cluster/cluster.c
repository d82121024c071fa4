#include "agent/redis_cluster/cluster.h"
#include "agent/os/names.h"
#include "agent/redis/state.h"
#include "agent/redis/steps.h"
#include "agent/redis_cluster/cluster_see.h"
#include "agent/redis_cluster/cluster_start.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/slots.h"
#include "agent/redis_cluster/source.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the module that engines in cluster mode load. */
#define HAIL_SETTING "meridian.hail"
enum {
    AGAIN_MS = 5,
    STIR_MS = 10,
    GATHERS_MS = 3000,
    SETTLED_MS = 1000,
    UNSETTLED_MS = 200,
    MOVING_MS = 100,
    LONG_VIEW = 100,
    LEFTOVER_MS = 2000
};

/* ---- what it needs ---- */

/* How often the view is read at most: in a large Redis Cluster it is long, and everybody has one. */
static int64_t view_pace_ms(const struct cluster_map *map)
{
    int64_t n = (int64_t)map->m->nodes.n;
    return AGAIN_MS + (cluster_is_large(map) ? n * n / LONG_VIEW : n);
}

/* A new large Redis Cluster of which nodes have yet to start: whatever they see of it so far is not what it shall be. */
static bool still_gathers(const struct node *n, const struct cluster_map *map)
{
    struct cluster_state *c = cluster_of(n);
    size_t size = map->m->nodes.n;
    if (!cluster_is_large(map) || c->patience != 0 || n->began_as == ROLE_UNKNOWN) return false;
    for (size_t i = 0; i < size; i++, c->awaited++)
        if (cluster_find_ready(n->host, map->m->nodes.items[c->awaited % size].order) == NULL) return true;
    return false;
}

static int64_t next_view_at(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_state *c = cluster_of(n);
    int64_t size = (int64_t)map->m->nodes.n;
    bool eager = cluster_is_eager(n);
    if (c->read_at == 0) return 0;
    if (c->stale || c->serial != map->serial || c->role != redis_of(n)->info.role) return c->read_at + view_pace_ms(map);
    if (still_gathers(n, map)) return c->read_at + GATHERS_MS;
    if (c->pulse != cluster_host_of(n)->pulse) return c->read_at + view_pace_ms(map);
    if (!cluster_is_settled(n, map)) return c->read_at + (eager ? view_pace_ms(map) : UNSETTLED_MS + size);
    return c->read_at + (map->m->moves.n ? MOVING_MS + size : SETTLED_MS + 4 * size);
}

static bool has_linked_follower(const struct node *n, const struct cluster_map *map, const struct proto_cluster_node *me)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *other = &map->m->nodes.items[i];
        if (other == me || strcmp(other->shard, me->shard) != 0) continue;
        const struct node *follower = cluster_find_ready(n->host, other->order);
        if (follower != NULL && redis_of(follower)->info.link_up) return true;
    }
    return false;
}

/* A primary that has said nothing yet is not named to clients with its replicas. */
static bool shall_stir(const struct node *n, const struct cluster_map *map)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    const struct replication_info *i = &redis_of(n)->info;
    if (me == NULL || i->role != ROLE_PRIMARY || i->offset != 0 || node_now(n) < cluster_of(n)->stir_at) return false;
    return cluster_is_eager(n) ? cluster_followers(map, me) > 0 : has_linked_follower(n, map, me);
}

/* Nodes of a large Redis Cluster hear of each other from others, who do not tell how much data somebody has. Every message that it sends
 * them itself does. */
static bool shall_hail(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_state *c = cluster_of(n);
    const struct replication_info *i = &redis_of(n)->info;
    bool forms = cluster_is_large(map) && c->patience == 0 && !c->hailed;
    return forms && c->view.role == ROLE_REPLICA && i->role == ROLE_REPLICA && i->link_up && i->offset > 0;
}

/* Patient nodes tell each other less often, which the last to settle would have to wait for. */
static bool all_settled(const struct node *n, const struct cluster_map *map)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct node *other = cluster_find_ready(n->host, map->m->nodes.items[i].order);
        if (other != NULL && !cluster_is_settled(other, map)) return false;
    }
    return true;
}

static enum step cluster_next(struct node *n)
{
    const struct cluster_state *c = cluster_of(n);
    const struct cluster_map *map = cluster_map_of(n);
    if (map == NULL || !n->life.ready) return STEP_NONE;
    /* A serve with other flags has other names. What a process that was adopted announces is not known. */
    if (!cluster_announces(n)) return STEP_ANNOUNCE;
    if (node_now(n) >= next_view_at(n, map)) return STEP_CLUSTER_INFO;
    if (!c->view.read || c->serial != map->serial) return STEP_NONE;
    if (c->claim && !c->mended) return STEP_CLAIM;
    if (slots_are_to_mend(n, map)) return STEP_MEND;
    if (c->view.missing.n) return STEP_MEET;
    if (c->view.forget.n) return STEP_FORGET;
    if (c->asks == VIEW_SLOTS) return STEP_CLUSTER_SLOTS;
    if (shall_hail(n, map)) return STEP_HAIL;
    if (c->patience != cluster_timeout_ms(map, true) && all_settled(n, map)) return STEP_PATIENCE;
    return shall_stir(n, map) ? STEP_STIR : STEP_NONE;
}

static int64_t cluster_next_at(const struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    int64_t now = node_now(n);
    if (map == NULL || !n->life.ready) return 0;
    int64_t at = next_view_at(n, map);
    if (at - now >= BEAT_MS) at = 0; /* the beat is soon enough */
    int64_t hold_until = redis_of(n)->hold_until;
    if (hold_until > now && (at == 0 || hold_until < at)) at = hold_until;
    return at > now ? at : now + 1;
}

/* ---- steps ---- */

/*
 * A master without slots that has keys may not follow: no client can reach these keys. It was the shard's primary, and another one has taken
 * its slots over without its becoming a replica. Where that one serves the whole shard, and one of the two has followed somebody, so that
 * neither began empty, the keys go as they do when any replica begins to follow.
 */
static bool has_leftovers(const struct node *n, const struct cluster_map *map, const struct proto_cluster_node *up)
{
    const struct cluster_state *c = cluster_of(n);
    const struct node *other = cluster_find_ready(n->host, up->order);
    if (c->barred_since == 0 || node_now(n) - c->barred_since < LEFTOVER_MS || other == NULL) return false;
    struct slots lacking = *cluster_slots_of(map, up);
    bool has_any = slots_count(&lacking) > 0;
    slots_subtract(&lacking, &cluster_of(other)->view.slots);
    bool parted = redis_of(other)->info.branch_offset > 0 || redis_of(n)->info.branch_offset > 0 || cluster_is_attached(other);
    bool serves = parted && cluster_is_primary(other) && cluster_of(other)->view.role == ROLE_PRIMARY && has_any &&
                  slots_count(&lacking) == 0;
    return serves && c->view.read && c->view.role == ROLE_PRIMARY && slots_count(&c->view.slots) == 0 && c->view.n_open == 0;
}

static void ask_to_meet(struct node *n, const struct proto_cluster_node *other)
{
    char port[12], bus[12];
    snprintf(port, sizeof port, "%d", (int)other->port.v);
    snprintf(bus, sizeof bus, "%d", cluster_bus_port(other));
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "MEET", other->host, port, bus));
}

/* It follows it already, where all had another address: nodes of one host are known by their ports. */
static bool follows_former_address(const struct node *n, const struct proto_cluster_node *up)
{
    const struct replication_info *i = &redis_of(n)->info;
    bool shared = strcmp(cluster_meeting_address(n), up->host) == 0;
    return shared && i->role == ROLE_REPLICA && i->upstream_port == up->port.v && strcmp(i->upstream_host, up->host) != 0;
}

static void cluster_do_follow(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *up = map != NULL ? cluster_node_ordered(map, n->order->upstream_node) : NULL;
    if (up == NULL) return cluster_try_again(n);
    if (follows_former_address(n, up)) return ask_to_meet(n, up);
    if (!has_leftovers(n, map, up)) return redis_ask(n, ASK_STEP, WORDS("CLUSTER", "REPLICATE", up->name));
    log_warn("node %s: drops the keys that it has without slots, and follows %s", n->id, up->order);
    cluster_of(n)->barred_since = 0;
    redis_send_unread(n, WORDS("MULTI"));
    redis_send_unread(n, WORDS("FLUSHALL"));
    redis_send_unread(n, WORDS("CLUSTER", "REPLICATE", up->name));
    redis_ask(n, ASK_STEP, WORDS("EXEC"));
}

static void cluster_followed(struct node *n, const struct redisReply *r)
{
    cluster_of(n)->barred_since = 0;
    redis_followed(n, r);
}

/* It does not know its upstream yet, or not yet as a master, or still believes to own slots: word of that is on its way. */
static void cluster_follow_refused(struct node *n, const struct redisReply *r)
{
    struct cluster_state *c = cluster_of(n);
    if (strstr(r->str, "must be empty") == NULL) c->barred_since = 0;
    else if (c->barred_since == 0) c->barred_since = node_now(n);
    if (!cluster_is_eager(n)) node_reason(n, "redis-server refuses to follow: %.100s", r->str);
    cluster_try_again(n);
}

static void cluster_do_meet(struct node *n)
{
    const struct string_list *l = &cluster_of(n)->view.missing;
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *other = cluster_node_named(map, l->items[l->n - 1]);
    if (other == NULL) return cluster_try_again(n);
    ask_to_meet(n, other);
}

static void cluster_met(struct node *n, const struct redisReply *r)
{
    (void)r;
    free(names_pop(&cluster_of(n)->view.missing));
    cluster_of(n)->stale = true;
}

static void cluster_do_forget(struct node *n)
{
    const struct string_list *l = &cluster_of(n)->view.forget;
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "FORGET", l->items[l->n - 1]));
}

/* Refused or not: the next view tells what is left to do. */
static void cluster_forgot(struct node *n, const struct redisReply *r)
{
    (void)r;
    free(names_pop(&cluster_of(n)->view.forget));
    cluster_of(n)->stale = true;
}

static void cluster_do_announce(struct node *n)
{
    const char *host = n->order->announced_host;
    cluster_announce(n);
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", "cluster-announce-ip", cluster_meeting_address(n), "cluster-announce-hostname", host ? host : "",
            "cluster-preferred-endpoint-type", host ? "hostname" : "ip"));
}

static void cluster_announced(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->announces = true;
}

static void cluster_do_patience(struct node *n)
{
    char ms[24];
    snprintf(ms, sizeof ms, "%lld", (long long)cluster_timeout_ms(cluster_map_of(n), true));
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "cluster-node-timeout", ms));
}

static void cluster_patient(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->patience = cluster_timeout_ms(cluster_map_of(n), true);
}

static void cluster_stirred(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->stir_at = node_now(n) + (cluster_is_eager(n) ? STIR_MS : UNSETTLED_MS);
    redis_of(n)->info_old = true;
}

static void cluster_hailed(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->hailed = true;
}

/* ---- the part ---- */

static void came_or_went(struct node *n)
{
    cluster_host_of(n)->pulse++;
}

static bool doubts_view(const struct node *n)
{
    return cluster_of(n)->doubted;
}

static bool has_waited(const struct node *n)
{
    return cluster_of(n)->stir_at != 0;
}

static bool is_shard_primary(const struct node *n)
{
    const struct cluster_state *c = cluster_of(n);
    return c->view.read && c->view.role == ROLE_PRIMARY;
}

static bool has_source(const struct node *n)
{
    return cluster_of(n)->source[0] != '\0';
}

#define COMMAND(...) \
    .words = (const char *const[]){__VA_ARGS__}, .n_words = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static const struct redis_step steps[STEP__COUNT] = {
    [STEP_FOLLOW] = {.ask = cluster_do_follow, .done = cluster_followed, .refused = cluster_follow_refused},
    [STEP_PROMOTE] = {.ask = slots_promote, .done = slots_promoted},
    [STEP_SOURCE] = {.ask = source_do, .done = source_done},
    [STEP_CLUSTER_INFO] = {.ask = cluster_do_view, .done = cluster_know_info},
    [STEP_CLUSTER_NODES] = {.done = cluster_know_nodes}, /* asked for with the step before */
    [STEP_CLUSTER_SLOTS] = {COMMAND("CLUSTER", "SLOTS"), .done = cluster_know_slots},
    [STEP_MEET] = {.ask = cluster_do_meet, .done = cluster_met},
    [STEP_FORGET] = {.ask = cluster_do_forget, .done = cluster_forgot, .refused = cluster_forgot},
    [STEP_MEND] = {.ask = slots_mend, .done = slots_mended, .refused = slots_mended},
    [STEP_CLAIM] = {.ask = slots_claim, .done = slots_claimed, .refused = slots_claimed},
    [STEP_ANNOUNCE] = {.ask = cluster_do_announce, .done = cluster_announced},
    [STEP_PATIENCE] = {.ask = cluster_do_patience, .done = cluster_patient},
    /* WAIT has the primary ask its replicas for an ACK in the stream. */
    [STEP_STIR] = {COMMAND("WAIT", "9", "1"), .done = cluster_stirred},
    [STEP_HAIL] = {COMMAND("CONFIG", "SET", HAIL_SETTING, "all"), .done = cluster_hailed, .refused = cluster_hailed},
};

const struct redis_cluster_part cluster_part = {
    .open = cluster_state_new,
    .close = cluster_state_free,
    .forget = cluster_state_forget,
    .prepare = cluster_prepare,
    .conf = cluster_conf,
    .begin = cluster_begin,
    .bus_port = cluster_second_port,
    .starts_at_once = cluster_starts_at_once,
    .keep_room = cluster_keep_room,
    .greet = cluster_greet,
    .greeted = cluster_greeted,
    .view_refused = cluster_view_refused,
    .correct = cluster_correct,
    .is_shard_primary = is_shard_primary,
    .is_attached = cluster_is_attached,
    .has_source = has_source,
    .source_is_stale = source_is_stale,
    .why_unable = source_why_unable,
    .came_or_went = came_or_went,
    .next = cluster_next,
    .next_at = cluster_next_at,
    .doubts = doubts_view,
    .has_waited = has_waited,
    .seen = cluster_seen,
    .steps = steps,
};
