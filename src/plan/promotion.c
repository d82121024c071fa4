#include "plan/candidate.h"
#include "plan/plan.h"
#include "plan/want.h"

/*
 * Whoever is chosen to become primary is chosen for the data of the process that was seen.
 * Between that and the order's arrival the process may end, and another one be started that
 * has none: it must not become primary by an order that was meant for its predecessor. The
 * row therefore remembers the process until it has become primary, and the order names it.
 */

static void choose_process(struct world *w, struct row_node *n, bool any)
{
    world_set_int(w, &n->promote_pid, any ? 0 : n->seen_pid);
    world_set_int(w, &n->promote_started_ms, any ? 0 : n->seen_started_ms);
}

/* Nobody can take the place of a node that has left its replication group: it starts, whatever became of the process that was chosen there. */
void promotion_forget(struct world *w, struct row_node *n)
{
    choose_process(w, n, true);
}

/* Another region has the data, or waits for what becomes of this one: plan_global() decides. */
static bool is_for_global(const struct world_rg *rg, const struct world_node_group *ng)
{
    bool active = rg->global && global_primary(rg->global) && global_primary(rg->global)->rg == rg;
    return want_is_switch_target(rg) || (active && want_has_ready_secondary(rg, ng));
}

void plan_promotions(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        struct world_node *first = rg_primary(ng);
        if (first && !ng->drop && want_other_process(first)) {
            /* The first node is another process than the one that was chosen: who has more of the data takes its place;
             * if nobody has, it goes on. */
            bool all_told;
            struct world_node *best = want_has_stand_in(w, rg, first) ? candidate_best(rg, ng, first, &all_told) : NULL;
            if (best && best->row.seen_offset > first->row.seen_offset) candidate_make_primary(w, rg, ng, first, best);
            else if (best || !is_for_global(rg, ng)) choose_process(w, &first->row, false);
        }
    }
    for (size_t i = 0; i < rg->n_nodes; i++) {
        struct world_node *n = &rg->nodes[i];
        if (!want_node(w, n).primary || n->row.seen_pid == 0 || node_takes_writes(n)) choose_process(w, &n->row, true);
        else if (node_answers(n) && n->row.promote_pid == 0) choose_process(w, &n->row, false);
    }
}
