#include "plan/plan.h"
#include "plan/service_update.h"
#include "plan/tables.h"

/* Every rule moves towards rest, so this ends after a few rounds; the bound keeps a mistake from hanging the server: the next look goes on.
 * What the last rounds changed tells which rules fight. */
enum { ROUNDS = 20, TOLD_ROUNDS = 2 };

#define RUN(plan, w, ...) ((w)->rule = #plan, plan((w), ##__VA_ARGS__))

static void run_rules(struct world *w)
{
    RUN(plan_addresses, w);
    for (size_t i = 0; i < w->n_rgs; i++) {
        RUN(plan_shards, w, &w->rgs[i]);
        RUN(plan_failover, w, &w->rgs[i]);
        RUN(plan_promotions, w, &w->rgs[i]);
        RUN(plan_resharding, w, &w->rgs[i]);
        RUN(plan_pending, w, &w->rgs[i]);
        RUN(plan_scaling, w, &w->rgs[i]);
        RUN(plan_upgrade, w, &w->rgs[i]);
        RUN(plan_rg_update, w, &w->rgs[i]);
        RUN(plan_rg, w, &w->rgs[i]);
    }
    for (size_t i = 0; i < w->n_clusters; i++) RUN(plan_parameters, w, &w->clusters[i]);
    for (size_t i = 0; i < w->n_nodes; i++) RUN(plan_node, w, &w->nodes[i]);
    for (size_t i = 0; i < w->n_clusters; i++) RUN(plan_stand_alone, w, &w->clusters[i]);
    RUN(plan_users, w);
    for (size_t i = 0; i < w->n_globals; i++) RUN(plan_global, w, &w->globals[i]);
    RUN(plan_snapshots, w);
    RUN(plan_serving, w);
}

void plan_world(struct world *w)
{
    w->wake_ms = INT64_MAX;
    w->edits++;
    RUN(plan_trouble, w);
    for (int round = 0; round < ROUNDS; round++) {
        w->changed = false;
        w->trailing = w->trailing || round == ROUNDS - TOLD_ROUNDS;
        run_rules(w);
        if (!w->changed) return;
    }
    w->restless = world_trail(w);
    world_wake(w, w->steady_ms + 1);
}
