#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <string.h>

/*
 * Whether who reads 'available' and connects is served. A status in a row tells how far
 * a change has come that somebody asked for; what dies, hangs or stands still meanwhile
 * changes nothing of that. The rows keep both apart: the API shows what is available and
 * not served as 'modifying', as the service does while it replaces a node, and what may
 * be done is decided by the status alone.
 */

static void set_since(struct world *w, int64_t *since_ms, bool serves)
{
    if (serves) world_set_int(w, since_ms, 0);
    else if (*since_ms == 0) world_set_int(w, since_ms, w->steady_ms);
}

/* What is still being made is not missing yet. */
static bool is_promised(const struct world_node *n)
{
    bool creating = n->row.status == NODE_CREATING || (n->cluster && n->cluster->row.status == CLUSTER_CREATING);
    return node_shall_run(n) && !creating;
}

static bool node_serves(struct world *w, struct world_node *n)
{
    bool has_splitter = n->row.seen_encryption == ENCRYPTION_PREFERRED; /* its agent stands between it and its clients */
    if (!node_answers(n) || n->row.seen_blocked || n->vanished || (n->unattended && has_splitter)) return false;
    if (n->shard_node && n->shard_node->row.seen_state != REDIS_CLUSTER_OK) return false;
    if (n->rg == NULL || n->node_group == NULL) return true;
    if (!want_holds_endpoints(w, n)) return false;
    if (rg_primary(n->node_group) != n) return want_in_step(w, n);
    if (want_passive(n->rg)) return n->row.seen_role == ROLE_REPLICA && !want_holds_nothing(n);
    return node_takes_writes(n) && !n->row.seen_fenced;
}

static bool endpoint_serves(struct world *w, struct world_endpoint *e)
{
    if (e->drop || e->row.kind == ENDPOINT_GATEWAY) return true;
    if (e->row.rg_id) {
        struct world_rg *rg = world_rg(w, e->row.region, e->row.rg_id);
        if (rg && want_floats(w, rg, e)) return true; /* told of by the node that binds it */
    }
    return !e->unattended && seen_endpoint_state(&e->row) == ENDPOINT_LISTENING;
}

static void plan_cluster_serves(struct world *w, struct world_cluster *c)
{
    bool serves = c->endpoint == NULL || endpoint_serves(w, c->endpoint);
    for (size_t i = 0; i < c->n_nodes; i++) serves = serves && c->nodes[i].row.unserved_since_ms == 0;
    set_since(w, &c->row.unserved_since_ms, serves);
}

static bool node_group_serves(struct world *w, struct world_rg *rg, const struct world_node_group *ng)
{
    for (size_t i = 0; i < ng->n_nodes; i++)
        if (ng_has(ng, &ng->nodes[i]) && ng->nodes[i].row.unserved_since_ms) return false;
    for (size_t i = 0; i < rg->n_endpoints; i++) {
        const char *of = rg->endpoints[i].row.node_group_id;
        if (of && strcmp(of, ng->row.id) == 0 && !endpoint_serves(w, &rg->endpoints[i])) return false;
    }
    return true;
}

static void plan_rg_serves(struct world *w, struct world_rg *rg)
{
    bool serves = true;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        set_since(w, &ng->row.unserved_since_ms, node_group_serves(w, rg, ng));
        serves = serves && ng->row.unserved_since_ms == 0;
    }
    for (size_t i = 0; i < rg->n_endpoints; i++) serves = serves && endpoint_serves(w, &rg->endpoints[i]);
    set_since(w, &rg->row.unserved_since_ms, serves);
}

void plan_serving(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        set_since(w, &n->row.unserved_since_ms, !is_promised(n) || node_serves(w, n));
    }
    for (size_t i = 0; i < w->n_clusters; i++) plan_cluster_serves(w, &w->clusters[i]);
    for (size_t i = 0; i < w->n_rgs; i++) plan_rg_serves(w, &w->rgs[i]);
}
