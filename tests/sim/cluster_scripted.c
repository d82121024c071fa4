#include "base/slots.h"
#include "machine.h"
#include "record.h"
#include "scripted_int.h"
#include <stdlib.h>
#include <string.h>
/* Cluster mode as the scripted agents have it: whoever is a shard's master has its slots, as the map says, and moves them as it says. */

enum { SLOTS_AT_ONCE = 64 };

const struct proto_cluster_map *scripted_map(const struct scripted *s, const char *group)
{
    for (size_t i = 0; i < s->a.clusters.n; i++)
        if (strcmp(s->a.clusters.items[i].group, group) == 0) return &s->a.clusters.items[i];
    return NULL;
}

static struct slots *slots_of(struct engine *e)
{
    if (e->slots == NULL && (e->slots = calloc(1, sizeof(struct slots))) == NULL) abort();
    return e->slots;
}

static const struct proto_cluster_node *map_node(const struct proto_cluster_map *m, const char *order)
{
    for (size_t i = 0; i < m->nodes.n; i++)
        if (strcmp(m->nodes.items[i].order, order) == 0) return &m->nodes.items[i];
    return NULL;
}

static const struct proto_cluster_node *shard_primary(const struct proto_cluster_map *m, const char *shard)
{
    for (size_t i = 0; i < m->nodes.n; i++)
        if (m->nodes.items[i].primary.v && strcmp(m->nodes.items[i].shard, shard) == 0) return &m->nodes.items[i];
    return NULL;
}

static struct engine *engine_of(struct scripted *s, const struct proto_cluster_node *c)
{
    const struct scripted_node *n = c ? scripted_find(s, c->order) : NULL;
    return n && n->ready && engine_answers(n->engine) ? n->engine : NULL;
}

/* Slots that others of the cluster have, who live. */
static void add_others(struct scripted *s, const struct proto_cluster_map *m, const struct engine *but, struct slots *out)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct engine *e = engine_of(s, &m->nodes.items[i]);
        if (e && e != but && e->master) slots_join(out, slots_of(e));
    }
}

/* What the map gives a node, read once for each assignment. */
static const struct slots *slots_by_map(
    const struct scripted *s, const struct proto_cluster_map *m, const struct proto_cluster_node *c)
{
    size_t at = 0;
    for (size_t i = 0; &s->a.clusters.items[i] != m; i++) at += s->a.clusters.items[i].nodes.n;
    return &s->mapped[at + (size_t)(c - m->nodes.items)];
}

void scripted_read_maps(struct scripted *s, struct arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < s->a.clusters.n; i++) n += s->a.clusters.items[i].nodes.n;
    struct slots *out = s->mapped = arena_array(a, struct slots, n);
    for (size_t i = 0; i < s->a.clusters.n; i++)
        for (size_t k = 0; k < s->a.clusters.items[i].nodes.n; k++, out++) {
            const char *text = s->a.clusters.items[i].nodes.items[k].slots;
            if (text && slots_read(out, text) != SLOTS_OK) record_failure("slots that can't be read: %s", text);
        }
}

/* The shard's primary has what the map gives it and nobody else has. */
static bool claim(struct scripted *s, const struct proto_cluster_map *m, const struct proto_cluster_node *c)
{
    struct engine *e = engine_of(s, c);
    struct slots others = {0};
    if (e == NULL || !e->master || !c->primary.v || c->slots == NULL) return false;
    if (slots_has_all(slots_of(e), slots_by_map(s, m, c))) return false;
    struct slots wanted = *slots_by_map(s, m, c);
    slots_subtract(&wanted, slots_of(e));
    add_others(s, m, e, &others);
    slots_subtract(&wanted, &others);
    if (slots_next(&wanted, 0) == SLOTS) return false;
    slots_join(slots_of(e), &wanted);
    return true;
}

static bool drop_of_replica(struct scripted *s, const struct proto_cluster_node *c)
{
    struct engine *e = engine_of(s, c);
    if (e == NULL || e->master || e->slots == NULL) return false;
    bool any = slots_next(e->slots, 0) < SLOTS;
    free(e->slots);
    e->slots = NULL;
    return any;
}

static bool move(struct scripted *s, const struct proto_cluster_map *m, const struct proto_slot_move *v)
{
    struct engine *from = engine_of(s, shard_primary(m, v->from)), *to = engine_of(s, shard_primary(m, v->to));
    struct slots moving = {0};
    if (from == NULL || to == NULL || !from->master || !to->master || machine_chance(50)) return false;
    if (slots_read(&moving, v->slots) != SLOTS_OK) record_failure("a move that can't be read: %s", v->slots);
    slots_meet(&moving, slots_of(from));
    int n = 0, limit = SLOTS_AT_ONCE * (1 + (int)machine_below(64));
    for (int slot = slots_next(&moving, 0); slot < SLOTS && n < limit; slot = slots_next(&moving, slot + 1), n++) {
        slots_remove(slots_of(from), slot);
        slots_add(slots_of(to), slot);
    }
    return n > 0;
}

bool scripted_move_slots(struct scripted *s)
{
    bool changed = false;
    for (size_t i = 0; i < s->a.clusters.n; i++) {
        const struct proto_cluster_map *m = &s->a.clusters.items[i];
        for (size_t k = 0; k < m->nodes.n; k++) changed |= drop_of_replica(s, &m->nodes.items[k]);
        for (size_t k = 0; k < m->nodes.n; k++) changed |= claim(s, m, &m->nodes.items[k]);
        for (size_t k = 0; k < m->moves.n; k++) changed |= move(s, m, &m->moves.items[k]);
    }
    return changed;
}

static bool has_slots(const struct proto_cluster_map *m, const char *shard)
{
    const struct proto_cluster_node *first = shard_primary(m, shard);
    return first && first->slots && *first->slots;
}

static bool is_as_mapped(struct scripted *s, const struct proto_cluster_map *m, const struct proto_cluster_node *c)
{
    struct engine *e = engine_of(s, c);
    if (e == NULL) return false;
    if (!c->primary.v)
        return !e->master && (e->link_up || !has_slots(m, c->shard)); /* CLUSTER SLOTS names shards with slots alone */
    return e->master && memcmp(slots_by_map(s, m, c), slots_of(e), sizeof(struct slots)) == 0;
}

struct proto_cluster_seen *scripted_cluster(struct scripted *s, const struct scripted_node *n, struct arena *a)
{
    const struct proto_cluster_map *m = n->order && n->order->cluster ? scripted_map(s, n->order->cluster) : NULL;
    const struct proto_cluster_node *c = m ? map_node(m, n->id) : NULL;
    if (c == NULL) return NULL;
    struct slots all = {0};
    struct proto_cluster_seen *out = arena_new(a, struct proto_cluster_seen);
    bool agrees = true;
    int64_t known = 0;
    for (size_t i = 0; i < m->nodes.n; i++) {
        agrees &= is_as_mapped(s, m, &m->nodes.items[i]);
        known += &m->nodes.items[i] == c || engine_of(s, &m->nodes.items[i]) != NULL;
    }
    add_others(s, m, NULL, &all);
    *out = (struct proto_cluster_seen){
        .state = slots_count(&all) == SLOTS ? REDIS_CLUSTER_OK : REDIS_CLUSTER_FAIL,
        .name = c->name,
        .slots = n->engine->master ? slots_text(a, slots_of(n->engine), ' ') : "",
        .known = OPT_INT(known),
        .strangers = OPT_INT(0),
        .epoch = OPT_INT(1),
        .agrees = OPT_BOOL(agrees),
    };
    return out;
}
