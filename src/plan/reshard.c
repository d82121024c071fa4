#include "base/arena.h"
#include "plan/plan.h"
#include "plan/shard.h"
#include <string.h>

/*
 * A change of the number of shards. New ones join first, then slots move until every
 * shard holds what it shall (agents do that: see shard_moves()), then the nodes of
 * emptied shards go, and at last their rows. Where it stands can always be told from
 * the rows and sightings, so that it goes on after any crash.
 */

static void remove_members(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (strcmp(rg->nodes[i].row.node_group_id, ng->row.id) == 0) world_set(w, &rg->nodes[i].row.want, "gone");
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (strcmp(rg->clusters[i].row.node_group_id, ng->row.id) == 0) world_set(w, &rg->clusters[i].row.status, "deleting");
    world_set(w, &ng->row.status, "deleting");
}

static bool has_members(const struct world_rg *rg, const struct world_node_group *ng)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (!rg->nodes[i].drop && strcmp(rg->nodes[i].row.node_group_id, ng->row.id) == 0) return true;
    return false;
}

/* True while a shard that is to go is not gone yet. */
static bool plan_leaving(struct world *w, struct world_rg *rg)
{
    bool any = false;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        if (ng->drop || ng->shard == NULL || !ng->shard->row.leaving) continue;
        any = true;
        if (has_members(rg, ng)) remove_members(w, rg, ng);
        else world_drop(w, &ng->drop);
    }
    return any;
}

static void finish(struct world *w, struct world_rg *rg)
{
    const struct row_resharding *row = &rg->resharding->row;
    const char *from = arena_printf(w->arena, "%lld", (long long)row->shards_before),
               *to = arena_printf(w->arena, "%lld", (long long)row->shards_after);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (rg->node_groups[i].shard) world_set(w, &rg->node_groups[i].shard->row.slots_wanted, NULL);
    world_drop(w, &rg->resharding->drop);
    if (row->shards_before == row->shards_after) world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_REBALANCED, rg->row.id);
    else world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_CHANGED, from, to, rg->row.id);
}

void plan_resharding(struct world *w, struct world_rg *rg)
{
    if (rg->drop || rg->resharding == NULL || rg->resharding->drop || strcmp(rg->row.status, "deleting") == 0) return;
    if (shard_count_moves(rg) > 0 || !shard_views_agree(rg)) return;
    if (!plan_leaving(w, rg)) finish(w, rg);
}
