#include "agent/redis_cluster/cluster.h"
#include "agent/redis_cluster/slot_mover.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

/* What becomes of a node's slots when nodes die: those in flight, and those that nobody has any more. */

static void send_unread(struct node *n, const char *const words[], size_t count)
{
    n->unread++;
    rconn_send(n->conn, (int)count, words);
}

/* ---- a replica takes over ---- */

/* A slot in flight that leaves the node's shard, or comes into it. */
static void restore_slot(struct node *n, int slot, bool leaves, const char *other)
{
    char number[12];
    snprintf(number, sizeof number, "%d", slot);
    send_unread(n, WORDS("CLUSTER", "SETSLOT", number, leaves ? "MIGRATING" : "IMPORTING", other));
}

static void restore_from_mover(void *arg, int slot, const struct proto_cluster_node *from, const struct proto_cluster_node *to)
{
    struct node *n = arg;
    const struct proto_cluster_node *me = cluster_node_ordered(cluster_map_of(n), n->id);
    if (me != NULL && strcmp(me->shard, from->shard) == 0) restore_slot(n, slot, true, to->name);
    if (me != NULL && strcmp(me->shard, to->shard) == 0) restore_slot(n, slot, false, from->name);
}

/* As the node at the slot's other end has it. */
static void restore_from_view(
    struct node *n, const struct cluster_map *map, const struct proto_cluster_node *other, const struct cluster_open *open)
{
    const struct proto_cluster_node *me = cluster_node_ordered(map, n->id), *peer = cluster_node_named(map, open->name);
    if (me == NULL || peer == NULL || strcmp(peer->shard, me->shard) != 0) return;
    restore_slot(n, open->slot, !open->leaves, other->name);
}

static void restore_slots(struct node *n, const struct cluster_map *map)
{
    const struct slot_mover *mover = n->host->mover(n->host, map->m->group);
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *c = &map->m->nodes.items[i];
        const struct node *other = n->host->find(n->host, c->order);
        const struct cluster_view *v = other != NULL && other != n ? &other->life.cluster.view : NULL;
        for (size_t k = 0; v != NULL && k < v->n_open; k++) restore_from_view(n, map, c, &v->open[k]);
    }
    if (mover != NULL) slot_mover_each(mover, restore_from_mover, n);
}

/*
 * A replica knows nothing of slots in flight: in the instant in which it takes over it
 * learns of them from those who do, so that no client gets nothing for a key that is
 * already, or still, somewhere else.
 */
void cluster_do_promote(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    send_unread(n, WORDS("MULTI"));
    send_unread(n, WORDS("CLUSTER", "FAILOVER", "TAKEOVER"));
    if (map != NULL) restore_slots(n, map);
    redis_ask(n, ASK_STEP, WORDS("EXEC"));
}

bool cluster_took_over(struct node *n, const struct redisReply *r)
{
    for (size_t i = 1; i < r->elements; i++)
        if (r->element[i]->type == REDIS_REPLY_ERROR) log_warn("node %s: a slot in flight: %s", n->id, r->element[i]->str);
    n->life.cluster.stale = true;
    n->host->pulse++; /* those with slots in flight look at once */
    bool done = r->type == REDIS_REPLY_ARRAY && r->elements > 0 && r->element[0]->type != REDIS_REPLY_ERROR;
    n->life.cluster.orphan = n->life.cluster.orphan && !done;
    if (done) return true;
    log_info("node %s: does not take over: %s", n->id, r->elements > 0 ? r->element[0]->str : "no answer");
    cluster_try_again(n);
    return false;
}

/* ---- a slot in flight is not what it was ---- */

/*
 * Whether something is to be mended about a slot in flight: its other end was replaced, or
 * the engine's flag has outlived the move, as it does on a source that learns from others
 * that the slot has gone. What the mover works at just now is its own affair. '*now' is the primary
 * at its other end, NULL if it has none.
 */
static bool needs_mending(
    const struct node *n, const struct cluster_map *map, const struct cluster_open *open, const struct proto_cluster_node **now)
{
    const struct proto_cluster_node *was = cluster_node_named(map, open->name);
    const struct slot_mover *mover = n->host->mover(n->host, map->m->group);
    if (mover != NULL && slot_mover_has(mover, open->slot)) return false;
    *now = NULL;
    if (slots_has(&n->life.cluster.view.slots, open->slot) != open->leaves) return true;
    *now = was != NULL ? cluster_primary_of(map, was) : NULL;
    const struct node *peer = *now != NULL && *now != was ? cluster_ready_node(n, (*now)->order) : NULL;
    return peer != NULL && peer != n && peer->life.info.role == ROLE_PRIMARY;
}

bool cluster_has_to_mend(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_view *v = &n->life.cluster.view;
    const struct proto_cluster_node *now;
    if (n->life.cluster.mended || v->role != ROLE_PRIMARY) return false;
    for (size_t i = 0; i < v->n_open; i++)
        if (needs_mending(n, map, &v->open[i], &now)) return true;
    return false;
}

/* A node that imports a slot leaves it alone when its owner is replaced: to it, the slot is nobody's then. */
static void mend(struct node *n, const struct cluster_open *open, const struct proto_cluster_node *now)
{
    char number[12];
    snprintf(number, sizeof number, "%d", open->slot);
    if (now == NULL) return send_unread(n, WORDS("CLUSTER", "SETSLOT", number, "STABLE"));
    if (!open->leaves) send_unread(n, WORDS("CLUSTER", "SETSLOT", number, "NODE", now->name));
    send_unread(n, WORDS("CLUSTER", "SETSLOT", number, open->leaves ? "MIGRATING" : "IMPORTING", now->name));
}

/* All of them at once; the next view tells whether they took it. */
void cluster_do_mend(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct cluster_view *v = &n->life.cluster.view;
    const struct proto_cluster_node *now;
    send_unread(n, WORDS("MULTI"));
    for (size_t i = 0; map != NULL && i < v->n_open; i++)
        if (needs_mending(n, map, &v->open[i], &now)) mend(n, &v->open[i], now);
    redis_ask(n, ASK_STEP, WORDS("EXEC"));
}

void cluster_mended(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.cluster.mended = n->life.cluster.stale = true;
}

/* ---- slots that nobody has ---- */

/* Slots that are the node's by the map, and nobody's by its own view and that of all that live: two deaths at once, or one at the
 * wrong moment, may leave them so. */
static bool find_unclaimed(const struct node *n, const struct cluster_map *map, struct slots *out)
{
    const struct proto_cluster_node *me = cluster_node_ordered(map, n->id);
    const struct cluster_view *v = &n->life.cluster.view;
    if (me == NULL || !me->primary.v || v->role != ROLE_PRIMARY || !v->read) return false;
    *out = *cluster_slots_of(map, me);
    slots_subtract(out, &v->assigned);
    for (size_t i = 0; i < map->m->nodes.n && slots_count(out) > 0; i++) {
        const struct node *other = cluster_ready_node(n, map->m->nodes.items[i].order);
        if (other != NULL) slots_subtract(out, &other->life.cluster.view.slots);
    }
    return slots_count(out) > 0;
}

/* Only what is nobody's twice in a row: word of an owner may be on its way. */
void cluster_note_unclaimed(struct node *n, const struct cluster_map *map)
{
    struct cluster_life *c = &n->life.cluster;
    struct slots s;
    bool now = find_unclaimed(n, map, &s);
    c->claim = now && c->unclaimed;
    c->unclaimed = now;
}

void cluster_do_claim(struct node *n)
{
    struct slots s;
    const struct cluster_map *map = cluster_map_of(n);
    n->life.cluster.claim = n->life.cluster.unclaimed = false;
    if (map == NULL || !find_unclaimed(n, map, &s)) return;
    for (int first = slots_next(&s, 0), last; first < SLOTS; first = slots_next(&s, last + 1)) {
        char from[12], to[12];
        for (last = first; last + 1 < SLOTS && slots_has(&s, last + 1);) last++;
        snprintf(from, sizeof from, "%d", first);
        snprintf(to, sizeof to, "%d", last);
        send_unread(n, WORDS("CLUSTER", "ADDSLOTSRANGE", from, to));
    }
    log_warn("node %s: takes %d slots that nobody has", n->id, slots_count(&s));
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "BUMPEPOCH"));
}

void cluster_claimed(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.cluster.stale = true;
}
