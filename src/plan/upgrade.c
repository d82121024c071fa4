#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * A new engine version reaches a replication group node by node: each replica is ordered to run
 * for it, is restarted by its agent where another program is meant for the new
 * version than for the old, and has to be in force again before the next one goes. The
 * primary comes last; if that means a restart, after an upgraded replica has taken
 * over in good order. A primary without replicas is restarted with its data.
 */

static bool is_current(const struct world_rg *rg, const struct world_cluster *c)
{
    return strcmp(c->row.engine, rg->row.engine) == 0 && strcmp(c->row.engine_version, rg->row.engine_version) == 0;
}

static void order_version(struct world *w, struct world_rg *rg, struct world_cluster *c, struct world_node *n)
{
    world_set(w, &c->row.engine, rg->row.engine);
    world_set(w, &c->row.engine_version, rg->row.engine_version);
    world_set_int(w, &n->row.keep_data, 1);
    world_event(w, rg->row.region, c->row.id, EVENT_ENGINE_VERSION_CHANGED, rg->row.engine_version);
}

/* Some replica of the node group that runs the new version already. */
static struct world_node *find_upgraded(struct world_rg *rg, const struct world_node *first)
{
    for (size_t i = 0; i < rg->n_clusters; i++) {
        struct world_node *n = rg_cluster_node(&rg->clusters[i]);
        if (n && n != first && is_current(rg, &rg->clusters[i]) && n->row.want == WISH_RUN &&
            strcmp(n->row.node_group_id, first->row.node_group_id) == 0)
            return n;
    }
    return NULL;
}

/* The replica was started from the program of the new version, and the primary from that of the old. */
static bool needs_restart(const struct world_node *first, const struct world_node *upgraded)
{
    const char *from = first->row.seen_binary, *to = upgraded->row.seen_binary;
    return from == NULL || to == NULL || strcmp(from, to) != 0;
}

void upgrade_hand_over(struct world *w, struct world_rg *rg, const struct world_node *first, const struct world_node *next)
{
    if (want_hands_over(rg) || want_is_switch_target(rg))
        return; /* a failover between regions comes first: it gives such changes up */
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        if (rg_primary(ng) != first || ng->row.switch_node_id) continue;
        world_set(w, &ng->row.switch_node_id, next->row.id);
        world_set_int(w, &ng->row.switch_offset, -1);
        world_set_int(w, &ng->row.switch_since_ms, w->steady_ms);
    }
}

void plan_upgrade(struct world *w, struct world_rg *rg)
{
    struct world_cluster *replica = NULL, *primary = NULL;
    if (rg->drop || rg->row.status != RG_MODIFYING) return;
    for (size_t i = 0; i < rg->n_clusters; i++) {
        struct world_node *n = rg_cluster_node(&rg->clusters[i]);
        if (n == NULL || n->row.want != WISH_RUN) continue;
        if (!want_in_force(w, n)) return;
        if (is_current(rg, &rg->clusters[i])) continue;
        if (n->node_group && rg_primary(n->node_group) == n) primary = &rg->clusters[i];
        else replica = &rg->clusters[i];
    }
    if (replica) {
        order_version(w, rg, replica, rg_cluster_node(replica));
        return;
    }
    struct world_node *first = primary ? rg_cluster_node(primary) : NULL, *next = first ? find_upgraded(rg, first) : NULL;
    if (next && needs_restart(first, next)) upgrade_hand_over(w, rg, first, next);
    else if (first) order_version(w, rg, primary, first);
}
