#include "plan/candidate.h"
#include <string.h>

/* One that was primary a moment ago, or has just become it in good order, has as much to tell as any replica. */
static bool can_stand_in(const struct world_node *n, const struct world_node_group *ng, const struct world_node *first)
{
    return n != first && ng_has(ng, n) && node_shall_run(n) && node_answers(n) && n->row.seen_role;
}

/* Further is better; of equals, one in another zone than the failed node; then the first by name. */
static bool is_better(
    const struct world_rg *rg, const struct world_node *a, const struct world_node *b, const struct world_node *failed)
{
    if (a->row.seen_offset != b->row.seen_offset) return a->row.seen_offset > b->row.seen_offset;
    bool a_away = strcmp(a->row.availability_zone, failed->row.availability_zone) != 0;
    bool b_away = strcmp(b->row.availability_zone, failed->row.availability_zone) != 0;
    return rg->row.multi_az && a_away && !b_away;
}

struct world_node *candidate_best(
    struct world_rg *rg, struct world_node_group *ng, const struct world_node *first, bool *all_told)
{
    struct world_node *best = NULL;
    *all_told = true;
    for (size_t i = 0; i < ng->n_nodes; i++) {
        struct world_node *n = &ng->nodes[i];
        if (!can_stand_in(n, ng, first)) continue;
        if (n->row.seen_link_up) *all_told = false;
        if (best == NULL || is_better(rg, n, best, first)) best = n;
    }
    return best;
}

void candidate_make_primary(
    struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first, struct world_node *next)
{
    const char *region = rg->row.region, *from = first->row.cluster_id, *to = next->row.cluster_id;
    world_set(w, &ng->row.primary_node_id, next->row.id);
    world_set(w, &ng->row.switch_node_id, NULL);
    world_set_int(w, &ng->row.switch_offset, -1);
    if (ng->shard) world_set_int(w, &ng->shard->row.primary_seen, 0);
    world_event(w, region, to, EVENT_CLUSTER_FAILOVER, from, to);
    world_event(w, region, rg->row.id, EVENT_GROUP_FAILOVER, from, to);
}
