#include "agent/redis_cluster/slots.h"
#include "agent/redis/state.h"
#include "agent/redis/steps.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/slot_mover.h"
#include "agent/redis_cluster/source.h"
#include "agent/redis_cluster/strays.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

enum { OUTVOTED_MS = 2000 }; /* word of a later epoch gets around sooner */

/* ---- a replica takes over ---- */

/* A slot in flight that leaves the node's shard, or comes into it. */
static void restore_slot(struct node *n, int slot, bool leaves, const char *other)
{
    char number[12];
    snprintf(number, sizeof number, "%d", slot);
    redis_send_unread(n, WORDS("CLUSTER", "SETSLOT", number, leaves ? "MIGRATING" : "IMPORTING", other));
}

static void restore_from_mover(void *arg, int slot, const struct proto_cluster_node *from, const struct proto_cluster_node *to)
{
    struct node *n = arg;
    const struct proto_cluster_node *me = cluster_entry_of(n);
    if (me != NULL && strcmp(me->shard, from->shard) == 0) restore_slot(n, slot, true, to->name);
    if (me != NULL && strcmp(me->shard, to->shard) == 0) restore_slot(n, slot, false, from->name);
}

static const struct slot_mover *mover_of(const struct node *n, const struct cluster_map *map)
{
    struct cluster_host *h = cluster_host_of(n);
    return h->mover(h, map->m->group);
}

static void restore_slots(struct node *n, const struct cluster_map *map)
{
    const struct slot_mover *mover = mover_of(n, map);
    const struct proto_cluster_node *me = cluster_entry_of(n);
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *c = &map->m->nodes.items[i];
        const struct node *other = cluster_find(n->host, c->order);
        const struct cluster_view *v = other != NULL && other != n ? &cluster_of(other)->view : NULL;
        for (size_t k = 0; me != NULL && v != NULL && k < v->n_open; k++) { /* as the node at the slot's other end has it */
            const struct proto_cluster_node *peer = cluster_node_named(map, v->open[k].name);
            if (peer != NULL && strcmp(peer->shard, me->shard) == 0)
                restore_slot(n, v->open[k].slot, !v->open[k].leaves, c->name);
        }
    }
    if (mover != NULL) slot_mover_each(mover, restore_from_mover, n);
}

/* It takes its shard over, and does not take writes yet: another region has more than it has. */
static bool shall_follow(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    if (o->role == ROLE_REPLICA) return true;
    return o->promote_offset.set && redis_of(n)->info.offset < o->promote_offset.v;
}

/*
 * A replica knows nothing of slots in flight: in the instant in which it takes over it
 * learns of them from those who do, so that no client gets nothing for a key that is
 * already, or still, somewhere else. In a secondary region it begins to follow its source in the same instant: what changes the setting
 * has the module look, and one that followed nobody as a replica is not told otherwise that it is primary.
 */
void slots_promote(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    bool follows = shall_follow(n), leaves = !follows && cluster_is_attached(n);
    cluster_of(n)->rise = RISE_LOOKS;
    if (!follows && strays_wait(n, map)) return;
    cluster_of(n)->rise = follows ? RISE_ATTACHED : leaves ? RISE_LEAVING : RISE_ALONE;
    redis_send_unread(n, WORDS("MULTI"));
    if (follows) redis_send_unread(n, WORDS("CONFIG", "SET", SOURCE_SETTING, ""));
    if (leaves) source_leave(n);
    else redis_send_unread(n, WORDS("CLUSTER", "FAILOVER", "TAKEOVER"));
    if (follows) redis_send_unread(n, WORDS("CONFIG", "SET", SOURCE_SETTING, cluster_of(n)->source));
    if (map != NULL && !leaves) restore_slots(n, map);
    if (!follows) strays_mark(n, map);
    redis_ask(n, ASK_STEP, WORDS("EXEC"));
}

void slots_promoted(struct node *n, const struct redisReply *r)
{
    struct cluster_state *c = cluster_of(n);
    if (c->rise == RISE_LOOKS) return strays_know(n, r);
    bool follows = c->rise == RISE_ATTACHED;
    size_t first = follows ? 1 : 0;
    for (size_t i = first + 1; i < r->elements; i++)
        if (r->element[i]->type == REDIS_REPLY_ERROR) log_warn("node %s: a slot in flight: %s", n->id, r->element[i]->str);
    c->stale = true;
    cluster_host_of(n)->pulse++; /* those with slots in flight look at once */
    bool done = r->type == REDIS_REPLY_ARRAY && r->elements > first && r->element[first]->type != REDIS_REPLY_ERROR;
    c->orphan = c->orphan && !done;
    if (done && follows) {
        redis_of(n)->info_old = true;
        return;
    }
    if (done && c->rise == RISE_LEAVING) source_done(n, r);
    if (done) return redis_promoted(n, r);
    log_info("node %s: does not take over: %s", n->id, r->elements > first ? r->element[first]->str : "no answer");
    cluster_try_again(n);
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
    const struct slot_mover *mover = mover_of(n, map);
    if (mover != NULL && slot_mover_has(mover, open->slot)) return false;
    *now = NULL;
    if (slots_has(&cluster_of(n)->view.slots, open->slot) != open->leaves) return true;
    *now = was != NULL ? cluster_primary_of(map, was) : NULL;
    const struct node *peer = *now != NULL && *now != was ? cluster_find_ready(n->host, (*now)->order) : NULL;
    return peer != NULL && peer != n && cluster_is_primary(peer);
}

bool slots_are_to_mend(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_view *v = &cluster_of(n)->view;
    const struct proto_cluster_node *now;
    if (cluster_of(n)->mended || v->role != ROLE_PRIMARY) return false;
    for (size_t i = 0; i < v->n_open; i++)
        if (needs_mending(n, map, &v->open[i], &now)) return true;
    return false;
}

/* A node that imports a slot leaves it alone when its owner is replaced: to it, the slot is nobody's then. */
static void mend_slot(struct node *n, const struct cluster_open *open, const struct proto_cluster_node *now)
{
    char number[12];
    snprintf(number, sizeof number, "%d", open->slot);
    if (now == NULL) return redis_send_unread(n, WORDS("CLUSTER", "SETSLOT", number, "STABLE"));
    if (!open->leaves) redis_send_unread(n, WORDS("CLUSTER", "SETSLOT", number, "NODE", now->name));
    redis_send_unread(n, WORDS("CLUSTER", "SETSLOT", number, open->leaves ? "MIGRATING" : "IMPORTING", now->name));
}

/* All of them at once; the next view tells whether they took it. */
void slots_mend(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct cluster_view *v = &cluster_of(n)->view;
    const struct proto_cluster_node *now;
    redis_send_unread(n, WORDS("MULTI"));
    for (size_t i = 0; map != NULL && i < v->n_open; i++)
        if (needs_mending(n, map, &v->open[i], &now)) mend_slot(n, &v->open[i], now);
    redis_ask(n, ASK_STEP, WORDS("EXEC"));
}

void slots_mended(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->mended = cluster_of(n)->stale = true;
}

/* ---- slots that nobody has ---- */

/* Slots that are the node's by the map, and nobody's by its own view and that of all that live: two deaths at once, or one at the
 * wrong moment, may leave them so. */
static bool find_unclaimed(const struct node *n, const struct cluster_map *map, struct slots *out)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    const struct cluster_view *v = &cluster_of(n)->view;
    if (me == NULL || !me->primary.v || v->role != ROLE_PRIMARY || !v->read) return false;
    *out = *cluster_slots_of(map, me);
    slots_subtract(out, &v->assigned);
    for (size_t i = 0; i < map->m->nodes.n && slots_count(out) > 0; i++) {
        const struct node *other = cluster_find_ready(n->host, map->m->nodes.items[i].order);
        if (other != NULL) slots_subtract(out, &cluster_of(other)->view.slots);
    }
    return slots_count(out) > 0;
}

/*
 * Two primaries may take their shards over just as slots move between them: the one that gave them has the later epoch then. All primaries
 * see who has the slots, and a replica believes nobody but whoever has a later epoch still. Source: clusterUpdateSlotsConfigWith().
 */
static bool is_outvoted(const struct node *n, const struct cluster_map *map)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    const struct cluster_view *v = &cluster_of(n)->view;
    bool outvoted = false;
    if (me == NULL || !me->primary.v || v->role != ROLE_PRIMARY || !v->agrees || slots_count(&v->slots) == 0) return false;
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct node *other = cluster_find_ready(n->host, map->m->nodes.items[i].order);
        const struct cluster_view *theirs = other != NULL && other != n ? &cluster_of(other)->view : NULL;
        if (theirs == NULL || theirs->agrees) continue;
        if (!theirs->read || theirs->role == ROLE_PRIMARY) return false;
        outvoted = outvoted || theirs->latest > v->epoch;
    }
    return outvoted;
}

/* Only what is nobody's twice in a row: word of an owner may be on its way. */
void slots_note_unclaimed(struct node *n, const struct cluster_map *map)
{
    struct cluster_state *c = cluster_of(n);
    struct slots s;
    bool now = find_unclaimed(n, map, &s);
    if (!is_outvoted(n, map)) c->outvoted_since = 0;
    else if (c->outvoted_since == 0) c->outvoted_since = node_now(n);
    bool outvoted = c->outvoted_since && node_now(n) - c->outvoted_since >= OUTVOTED_MS;
    c->claim = (now && c->unclaimed) || outvoted;
    c->unclaimed = now;
}

static void take_unclaimed(struct node *n, const struct slots *s)
{
    for (int first = slots_next(s, 0), last; first < SLOTS; first = slots_next(s, last + 1)) {
        char from[12], to[12];
        for (last = first; last + 1 < SLOTS && slots_has(s, last + 1);) last++;
        snprintf(from, sizeof from, "%d", first);
        snprintf(to, sizeof to, "%d", last);
        redis_send_unread(n, WORDS("CLUSTER", "ADDSLOTSRANGE", from, to));
    }
    log_warn("node %s: takes %d slots that nobody has", n->id, slots_count(s));
}

void slots_claim(struct node *n)
{
    struct slots s;
    struct cluster_state *c = cluster_of(n);
    const struct cluster_map *map = cluster_map_of(n);
    bool unclaimed = map != NULL && find_unclaimed(n, map, &s), outvoted = c->outvoted_since != 0;
    c->claim = c->unclaimed = false;
    c->outvoted_since = 0;
    if (unclaimed) take_unclaimed(n, &s);
    else if (outvoted) log_warn("node %s: takes a later epoch, as others know an older holder of its slots", n->id);
    else return;
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "BUMPEPOCH"));
}

void slots_claimed(struct node *n, const struct redisReply *r)
{
    (void)r;
    cluster_of(n)->stale = true;
}
