#include "agent/dry_run/dry_cluster.h"
#include "agent/dry_run/dry_node.h"
#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

static struct dry_node *answering_node(struct dry_host *h, const struct proto_cluster_node *c)
{
    struct dry_node *n = c ? h->find(h, c->order) : NULL;
    return n && dry_node_answers(n) ? n : NULL;
}

/* NULL where nobody serves as one. */
static struct dry_node *answering_primary(struct dry_host *h, const struct proto_cluster_node *c)
{
    struct dry_node *n = answering_node(h, c);
    if (n == NULL || n->role != ROLE_PRIMARY) return NULL;
    if (n->slots == NULL && (n->slots = calloc(1, sizeof *n->slots)) == NULL) abort();
    return n;
}

static void claim_slots(const struct dry_cluster *c, struct dry_host *h, struct slots *served)
{
    for (size_t i = 0; i < c->map.m->nodes.n; i++) {
        const struct proto_cluster_node *node = &c->map.m->nodes.items[i];
        struct dry_node *n = node->primary.v ? answering_primary(h, node) : NULL;
        if (n == NULL) continue;
        struct slots free_ones = c->map.slots[i];
        slots_subtract(&free_ones, served);
        slots_join(n->slots, &free_ones);
        slots_join(served, &free_ones);
    }
}

static void move_slots(const struct dry_cluster *c, struct dry_host *h, const struct proto_slot_move *move)
{
    struct dry_node *from = answering_primary(h, cluster_primary(&c->map, move->from)),
                    *to = answering_primary(h, cluster_primary(&c->map, move->to));
    struct slots moving = {0};
    if (from == NULL || to == NULL || slots_read(&moving, move->slots) != SLOTS_OK) return;
    slots_meet(&moving, from->slots);
    slots_subtract(from->slots, &moving);
    slots_join(to->slots, &moving);
}

static bool is_as_mapped(const struct dry_cluster *c, struct dry_host *h, size_t i)
{
    const struct proto_cluster_node *node = &c->map.m->nodes.items[i];
    const struct dry_node *n = node->primary.v ? answering_primary(h, node) : answering_node(h, node);
    if (n == NULL) return false;
    return node->primary.v ? memcmp(n->slots, &c->map.slots[i], sizeof *n->slots) == 0 : n->role == ROLE_REPLICA;
}

void dry_cluster_turn(struct dry_cluster *c, struct dry_host *h)
{
    struct slots served = {0};
    for (size_t i = 0; i < c->map.m->nodes.n; i++) {
        struct dry_node *n = answering_node(h, &c->map.m->nodes.items[i]);
        if (n && n->slots && n->role != ROLE_PRIMARY) *n->slots = (struct slots){0};
    }
    for (size_t i = 0; i < c->map.m->nodes.n; i++) {
        const struct dry_node *n = answering_primary(h, &c->map.m->nodes.items[i]);
        if (n) slots_join(&served, n->slots);
    }
    claim_slots(c, h, &served);
    for (size_t i = 0; i < c->map.m->moves.n; i++) move_slots(c, h, &c->map.m->moves.items[i]);
    c->whole = slots_count(&served) == SLOTS;
    c->agrees = true;
    c->known = 0;
    for (size_t i = 0; i < c->map.m->nodes.n; i++) {
        c->known += answering_node(h, &c->map.m->nodes.items[i]) != NULL;
        c->agrees = c->agrees && is_as_mapped(c, h, i);
    }
}

struct proto_cluster_seen *dry_cluster_see(const struct dry_cluster *c, const struct dry_node *n, struct arena *a)
{
    const struct proto_cluster_node *node = cluster_node_ordered(&c->map, n->id);
    if (node == NULL) return NULL;
    struct proto_cluster_seen *out = arena_new(a, struct proto_cluster_seen);
    *out = (struct proto_cluster_seen){
        .state = c->whole ? REDIS_CLUSTER_OK : REDIS_CLUSTER_FAIL,
        .name = node->name,
        .slots = n->role == ROLE_PRIMARY && n->slots ? slots_text(a, n->slots, ' ') : "",
        .known = OPT_INT(c->known),
        .strangers = OPT_INT(0),
        .epoch = OPT_INT(1),
        .agrees = OPT_BOOL(c->agrees),
    };
    return out;
}
