#include "base/arena.h"
#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * A primary that was out of reach while another region took its place may be alive and take writes. Where the new primary parted from its
 * history is written down at its node group; as soon as the region is heard of again, it holds all writes, its writes since are counted and
 * told of, and only then does it follow the new primary, which discards them. The same becomes of a region that was to become primary, and
 * was out of reach when that was given up. In cluster mode each shard has a history of its own.
 */
enum {
    PARTED_SOMEWHERE = -1, /* the new primary tells where with one of its next sightings */
    PARTED_PERHAPS = -2,   /* it may have become primary by itself, and tells then */
};

void plan_fork_open(struct world *w, struct world_node_group *old)
{
    world_set_int(w, &old->row.fork_offset, PARTED_SOMEWHERE);
}

void plan_fork_doubt(struct world *w, struct world_node_group *target)
{
    world_set_int(w, &target->row.fork_offset, PARTED_PERHAPS);
}

static void tell_discarded(struct world *w, const struct world_member *m, const struct world_node *n, const char *writes)
{
    world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_FORK_DISCARDED, writes, n->row.cluster_id);
}

/* The stream's bytes are known always, and its commands unless the engine kept too little of it. */
static const char *discarded_text(struct world *w, const struct world_node *n, int64_t parted)
{
    int64_t bytes = n->row.seen_offset - (parted - 1);
    const char *stream = arena_printf(w->arena, "(%lld bytes of its stream)", (long long)(bytes > 0 ? bytes : 0));
    if (n->row.seen_counted < 0) return arena_printf(w->arena, "an unknown number of writes %s", stream);
    return arena_printf(w->arena, "%lld write%s %s", (long long)n->row.seen_counted, n->row.seen_counted == 1 ? "" : "s", stream);
}

static void close_fork(struct world *w, struct world_node_group *ng)
{
    world_set_int(w, &ng->row.fork_offset, 0);
}

static void learn_parting(struct world *w, struct world_node_group *ng, const struct world_node *parted)
{
    if (parted && node_takes_writes(parted) && parted->row.seen_branch_offset > 0)
        world_set_int(w, &ng->row.fork_offset, parted->row.seen_branch_offset);
}

/* It follows already, or still. Where an order to become primary was under way, that has been taken back before it said so. */
static bool has_stayed(struct world *w, const struct world_node_group *ng, const struct world_node *n)
{
    const struct world_region *r = world_region(w, ng->row.region);
    bool ordered = ng->stored && ng->stored->fork_offset == PARTED_PERHAPS && r && r->obeys && !n->row.seen_rising;
    return node_answers(n) && !node_takes_writes(n) && (ng->row.fork_offset != PARTED_PERHAPS || ordered);
}

/* It holds all writes, and has counted those that nobody else has, or knows that it can't. */
static bool has_counted(const struct world_node_group *ng, const struct world_node *n)
{
    bool counted = ng->row.fork_offset > 0 && n->row.seen_counted_from == ng->row.fork_offset;
    return node_answers(n) && n->row.seen_fenced && counted;
}

/* Whoever has the node group's data: only its first node takes writes. 'new' is that of the primary region. */
static void plan_fork(struct world *w, struct world_member *m, struct world_node_group *ng, const struct world_node *new)
{
    struct world_node *n = rg_primary(ng);
    if (ng->row.fork_offset == PARTED_SOMEWHERE) learn_parting(w, ng, new);
    if (!world_in_touch(w, m->row.region)) return;
    if (ng->row.fork_offset == PARTED_PERHAPS) learn_parting(w, ng, n);
    if (n == NULL || m->row.leaving || m->row.role == MEMBER_PRIMARY) close_fork(w, ng); /* it keeps what it has */
    else if (node_is_dead(n)) {
        tell_discarded(w, m, n, "an unknown number of writes");
        close_fork(w, ng);
    } else if (has_stayed(w, ng, n)) close_fork(w, ng);
    else if (has_counted(ng, n)) {
        tell_discarded(w, m, n, discarded_text(w, n, ng->row.fork_offset));
        close_fork(w, ng);
    }
}

void plan_forks(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g);
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_member *m = &g->members[i];
        for (size_t k = 0; !m->drop && m->rg && k < m->rg->n_node_groups; k++) {
            struct world_node_group *ng = &m->rg->node_groups[k];
            const struct world_node_group *new = active && active->rg ? rg_node_group(active->rg, ng->row.id) : NULL;
            if (ng->row.fork_offset != 0) plan_fork(w, m, ng, new ? rg_primary(new) : NULL);
        }
    }
}
