#include "base/arena.h"
#include "catalog/engine.h"
#include "catalog/parameter.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/shard.h"
#include "plan/window.h"
#include <string.h>

/*
 * Changes of a replication group that were not asked for at once wait in its
 * member clusters' pending columns, and are made when the replication group's maintenance
 * window opens. A node type goes on waiting there until its room is known: scaling.c.
 */

static struct world_cluster *first_pending(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.pending_node_type || rg->clusters[i].row.pending_engine_version) return &rg->clusters[i];
    return NULL;
}

static const char *default_group(struct world *w, const struct world_rg *rg, const struct engine_version *v)
{
    return default_group_name(w->arena, v->family, shard_is_clustered(rg));
}

static void apply_pending(struct world *w, struct world_rg *rg, struct row_cache_cluster pending)
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
    for (size_t i = 0; i < rg->n_node_groups; i++)
        move_node_group_status(w, &rg->node_groups[i].row.status, NODE_GROUP_CHANGE_ASKED);
    move_rg_status(w, &rg->row.status, RG_CHANGE_ASKED);
}

void plan_pending(struct world *w, struct world_rg *rg)
{
    int64_t opens_ms;
    struct world_cluster *c = rg->drop || rg->row.status != RG_AVAILABLE ? NULL : first_pending(rg);
    if (c == NULL) return;
    if (window_is_open(rg->row.maintenance_window, w->now_ms, &opens_ms)) apply_pending(w, rg, c->row);
    else world_wake_date(w, opens_ms);
}
