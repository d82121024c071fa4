#include "base/arena.h"
#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * A primary that was out of reach while another region took its place may be alive and take writes. Where the new primary parted from its
 * history is written down at its member; as soon as the region is heard of again, it holds all writes, its writes since are counted and told
 * of, and only then does it follow the new primary, which discards them.
 */
enum { PARTED_SOMEWHERE = -1 }; /* the new primary tells where with one of its next sightings */

void plan_fork_open(struct world *w, struct world_member *old)
{
    world_set_int(w, &old->row.fork_offset, PARTED_SOMEWHERE);
}

static void tell(struct world *w, const struct world_member *m, const struct world_node *n, const char *bytes)
{
    world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_FORK_DISCARDED, bytes, n->row.cluster_id);
}

static const char *count(struct world *w, int64_t bytes)
{
    return arena_printf(w->arena, "%lld", (long long)(bytes > 0 ? bytes : 0));
}

static void close(struct world *w, struct world_member *m)
{
    world_set_int(w, &m->row.fork_offset, 0);
}

/* Whoever has the region's data: only its first node takes writes. */
static void plan_member_fork(struct world *w, struct world_member *m, const struct world_node *new)
{
    struct world_node *n = m->rg && m->rg->n_node_groups ? rg_primary(&m->rg->node_groups[0]) : NULL;
    if (m->row.fork_offset == PARTED_SOMEWHERE && new &&node_takes_writes(new) && new->row.seen_branch_offset > 0)
        world_set_int(w, &m->row.fork_offset, new->row.seen_branch_offset);
    if (!world_in_touch(w, m->row.region)) return;
    if (n == NULL || m->row.leaving || m->row.role == MEMBER_PRIMARY) close(w, m); /* it keeps what it has */
    else if (node_is_dead(n)) {
        tell(w, m, n, "an unknown number of");
        close(w, m);
    } else if (node_answers(n) && !node_takes_writes(n)) close(w, m); /* it follows already: somebody else has seen to that */
    else if (node_answers(n) && n->row.seen_fenced && m->row.fork_offset > 0) {
        tell(w, m, n, count(w, n->row.seen_offset - (m->row.fork_offset - 1)));
        close(w, m);
    }
}

void plan_forks(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g);
    const struct world_node *new =
        active && active->rg && active->rg->n_node_groups ? rg_primary(&active->rg->node_groups[0]) : NULL;
    for (size_t i = 0; i < g->n_members; i++)
        if (!g->members[i].drop && g->members[i].row.fork_offset != 0) plan_member_fork(w, &g->members[i], new);
}
