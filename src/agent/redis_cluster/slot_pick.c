#include "agent/redis_cluster/slot_pick.h"
#include "agent/redis_cluster/slot_node.h"
#include <string.h>

/* How many slots a target has for each that it takes in at once. */
enum { SLOTS_PER_FLIGHT = 32 };

static struct node *primary_of(struct node_host *h, const struct cluster_map *map, const char *shard)
{
    const struct proto_cluster_node *c = cluster_primary(map, shard);
    return c != NULL ? slot_node_primary(h, c->order) : NULL;
}

/* Slots that some primary has; false while that of one is not known. */
static bool all_owned(struct node_host *h, const struct cluster_map *map, struct slots *out)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *c = &map->m->nodes.items[i];
        if (!c->primary.v) continue;
        const struct node *n = primary_of(h, map, c->shard);
        if (n == NULL) return false;
        slots_join(out, &slot_node_view(n)->slots);
    }
    return true;
}

/* Some clients can't follow an ASK to a node that no MOVED has told them of: a target begins with one slot, and takes in at most
 * one for every SLOTS_PER_FLIGHT that it has, so that they nearly always meet a MOVED first. */
static int slots_at_once(const struct node *to)
{
    int n = slots_count(&slot_node_view(to)->slots) / SLOTS_PER_FLIGHT;
    return n < 1 ? 1 : n > SLOT_TRIP ? SLOT_TRIP : n;
}

/* Of the slots of a move those that the source has come first; one that nobody has, since a node died at the wrong moment, too. */
bool slot_pick_move(struct node_host *h, const struct cluster_map *map, const struct proto_slot_move *move, struct slot_trip *out)
{
    struct slots wanted = {0}, left, owned = {0};
    *out = (struct slot_trip){.from = primary_of(h, map, move->from), .to = primary_of(h, map, move->to)};
    if (out->from == NULL || out->to == NULL || out->from == out->to) return false;
    slots_read(&wanted, move->slots);
    left = wanted;
    slots_meet(&left, &slot_node_view(out->from)->slots);
    if (slots_count(&left) == 0 && all_owned(h, map, &owned)) {
        left = wanted;
        slots_subtract(&left, &owned);
    }
    for (int s = slots_next(&left, 0), most = slots_at_once(out->to); s < SLOTS && out->n < most; s = slots_next(&left, s + 1))
        out->slots[out->n++] = s;
    return out->n > 0;
}

/* ---- slots that are open still ---- */

/* Those that 'n' has open with the other, and that are the source's still. */
static void trip_add_open(struct slot_trip *t, const struct node *n, const char *other, bool leaves)
{
    const struct cluster_view *v = slot_node_view(n);
    for (size_t i = 0; i < v->n_open && t->n < SLOT_TRIP; i++) {
        int slot = v->open[i].slot;
        if (v->open[i].leaves != leaves || strcmp(v->open[i].name, other) != 0) continue;
        int k = 0;
        while (k < t->n && t->slots[k] != slot) k++;
        if (k == t->n && slots_has(&slot_node_view(t->from)->slots, slot)) t->slots[t->n++] = slot;
    }
}

static bool pick_between(struct node_host *h, const struct cluster_map *map, const struct proto_cluster_node *a,
    const struct proto_cluster_node *b, struct slot_trip *out)
{
    *out = (struct slot_trip){.from = primary_of(h, map, a->shard), .to = primary_of(h, map, b->shard)};
    if (out->from == NULL || out->to == NULL || out->from == out->to) return false;
    if (!slot_node_is_fresh(out->from) || !slot_node_is_fresh(out->to)) return false;
    trip_add_open(out, out->from, b->name, true);
    trip_add_open(out, out->to, a->name, false);
    return out->n > 0;
}

bool slot_pick_open(struct node_host *h, const struct cluster_map *map, struct slot_trip *out)
{
    for (size_t i = 0; i < map->m->nodes.n; i++)
        for (size_t k = 0; k < map->m->nodes.n; k++) {
            const struct proto_cluster_node *a = &map->m->nodes.items[i], *b = &map->m->nodes.items[k];
            if (a->primary.v && b->primary.v && pick_between(h, map, a, b, out)) return true;
        }
    return false;
}
