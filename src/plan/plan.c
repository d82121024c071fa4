#include "plan/plan.h"

/* Every rule moves towards rest, so this ends after a few rounds; the bound keeps a mistake from hanging the server: the next look goes on. */
enum { ROUNDS = 20 };

void plan_world(struct world *w)
{
    w->wake_ms = INT64_MAX;
    w->edits++;
    plan_trouble(w);
    for (int round = 0; round < ROUNDS; round++) {
        w->changed = false;
        plan_addresses(w);
        for (size_t i = 0; i < w->n_rgs; i++) {
            plan_shards(w, &w->rgs[i]);
            plan_failover(w, &w->rgs[i]);
            plan_promotions(w, &w->rgs[i]);
            plan_resharding(w, &w->rgs[i]);
            plan_pending(w, &w->rgs[i]);
            plan_scaling(w, &w->rgs[i]);
            plan_upgrade(w, &w->rgs[i]);
            plan_rg(w, &w->rgs[i]);
        }
        for (size_t i = 0; i < w->n_clusters; i++) plan_parameters(w, &w->clusters[i]);
        for (size_t i = 0; i < w->n_nodes; i++) plan_node(w, &w->nodes[i]);
        for (size_t i = 0; i < w->n_clusters; i++) plan_stand_alone(w, &w->clusters[i]);
        plan_users(w);
        for (size_t i = 0; i < w->n_globals; i++) plan_global(w, &w->globals[i]);
        plan_snapshots(w);
        plan_serving(w);
        if (!w->changed) return;
    }
    world_wake(w, w->steady_ms + 1);
}
