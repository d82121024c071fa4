#include "base/arena.h"
#include "catalog/engine.h"
#include "catalog/parameter.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/shard.h"
#include "plan/window.h"
#include <string.h>

/*
 * Changes of a replication group that were not asked for at once wait in its own pending
 * columns and in those of its member clusters. They are made when the replication group's
 * maintenance window opens, or as soon as a request says so. A node type goes on waiting
 * there until its room is known: scaling.c.
 */

static struct world_cluster *first_pending(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.pending_node_type || rg->clusters[i].row.pending_engine_version) return &rg->clusters[i];
    return NULL;
}

bool plan_has_pending(struct world_rg *rg)
{
    return rg->row.pending_failover != FAILOVER_CHANGE_NONE || first_pending(rg);
}

static const char *default_group(struct world *w, const struct world_rg *rg, const struct engine_version *v)
{
    return default_group_name(w->arena, v->family, shard_is_clustered(rg));
}

/* What has become impossible since it was asked for is not made: the last replica may have gone, or Multi-AZ be on. */
static bool failover_is_possible(const struct world_rg *rg, enum failover_change to)
{
    size_t members = 0;
    if (rg->member) return false; /* only its datastore may change it */
    if (to == FAILOVER_CHANGE_DISABLED) return !rg->row.multi_az && !shard_is_clustered(rg);
    for (size_t i = 0; i < rg->n_nodes; i++) members += !rg->nodes[i].drop && rg->nodes[i].row.want == WISH_RUN;
    return members >= 2;
}

static void apply_failover(struct world *w, struct world_rg *rg)
{
    enum failover_change to = rg->row.pending_failover;
    if (to != FAILOVER_CHANGE_NONE && failover_is_possible(rg, to))
        world_set_word(w, &rg->row.automatic_failover, to == FAILOVER_CHANGE_ENABLED ? FAILOVER_ENABLING : FAILOVER_DISABLING);
    world_set_word(w, &rg->row.pending_failover, FAILOVER_CHANGE_NONE);
}

/* What waits is the same in every member cluster. */
static void apply_members_pending(struct world *w, struct world_rg *rg, struct row_cache_cluster pending)
{
    if (pending.pending_engine_version) {
        /* A replication group on the default parameters of its family goes over to the new family's. */
        const struct engine_version *from = engine_version_find(engine_find(rg->row.engine), rg->row.engine_version);
        const struct engine_version *to =
            engine_version_find(engine_find(pending.pending_engine), pending.pending_engine_version);
        const char *standard = from ? default_group(w, rg, from) : "";
        if (to && strcmp(rg->row.parameter_group, standard) == 0)
            world_set(w, &rg->row.parameter_group, default_group(w, rg, to));
        world_set(w, &rg->row.engine, pending.pending_engine);
        world_set(w, &rg->row.engine_version, pending.pending_engine_version);
    }
    if (pending.pending_parameter_group) world_set(w, &rg->row.parameter_group, pending.pending_parameter_group);
    if (pending.pending_node_type) world_set_int(w, &rg->row.weighing_ms, w->steady_ms);
    for (size_t i = 0; i < rg->n_clusters; i++) {
        struct row_cache_cluster *c = &rg->clusters[i].row;
        world_set(w, &c->parameter_group, rg->row.parameter_group);
        world_set(w, &c->pending_engine, NULL);
        world_set(w, &c->pending_engine_version, NULL);
        world_set(w, &c->pending_parameter_group, NULL);
    }
}

static void apply_pending(struct world *w, struct world_rg *rg)
{
    struct world_cluster *first = first_pending(rg);
    if (first) apply_members_pending(w, rg, first->row);
    apply_failover(w, rg);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        move_node_group_status(w, &rg->node_groups[i].row.status, NODE_GROUP_CHANGE_ASKED);
    move_rg_status(w, &rg->row.status, RG_CHANGE_ASKED);
}

void plan_pending(struct world *w, struct world_rg *rg)
{
    int64_t opens_ms;
    bool due = rg->row.pending_due;
    if (rg->drop || rg->row.status != RG_AVAILABLE) return;
    world_set_int(w, &rg->row.pending_due, 0);
    if (!plan_has_pending(rg)) return;
    if (due || window_is_open(rg->row.maintenance_window, w->now_ms, &opens_ms)) apply_pending(w, rg);
    else world_wake_date(w, opens_ms);
}
