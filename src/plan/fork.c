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

static void tell_discarded(struct world *w, const struct world_member *m, const struct world_node *n, const char *bytes)
{
    world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_FORK_DISCARDED, bytes, n->row.cluster_id);
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

/* Whoever has the node group's data: only its first node takes writes. 'new' is that of the primary region. */
static void plan_fork(struct world *w, struct world_member *m, struct world_node_group *ng, const struct world_node *new)
{
    struct world_node *n = rg_primary(ng);
    if (ng->row.fork_offset == PARTED_SOMEWHERE) learn_parting(w, ng, new);
    if (!world_in_touch(w, m->row.region)) return;
    if (ng->row.fork_offset == PARTED_PERHAPS) learn_parting(w, ng, n);
    if (n == NULL || m->row.leaving || m->row.role == MEMBER_PRIMARY) close_fork(w, ng); /* it keeps what it has */
    else if (node_is_dead(n)) {
        tell_discarded(w, m, n, "an unknown number of");
        close_fork(w, ng);
    } else if (has_stayed(w, ng, n)) close_fork(w, ng);
    else if (node_answers(n) && n->row.seen_fenced && ng->row.fork_offset > 0) {
        int64_t bytes = n->row.seen_offset - (ng->row.fork_offset - 1);
        tell_discarded(w, m, n, arena_printf(w->arena, "%lld", (long long)(bytes > 0 ? bytes : 0)));
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
