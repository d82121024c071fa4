#include "model/timestamp.h"
#include "plan/access.h"
#include "plan/encryption.h"
#include "plan/logs.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/service_update.h"
#include "plan/shard.h"
#include "plan/want.h"
#include <string.h>

enum lack node_lack(struct world *w, struct world_rg *rg, struct world_node *n)
{
    enum lack lack = want_lack(w, n);
    if (lack) return lack;
    if (!access_in_force(w, n)) return LACK_USERS;
    if (!encryption_in_force(rg, n)) return LACK_ENCRYPTION;
    return n->cluster && n->row.seen_logs_generation != logs_generation(&n->cluster->row) ? LACK_LOGS : LACK_NOTHING;
}

/* A member cluster is available once its node is as it shall be. */
static void plan_member_cluster(struct world *w, struct world_rg *rg, struct world_cluster *c)
{
    struct world_node *n = rg_cluster_node(c);
    if (n == NULL || node_lack(w, rg, n)) return;
    if (c->row.status == CLUSTER_CREATING) {
        world_event(w, rg->row.region, c->row.id, EVENT_CLUSTER_CREATED);
        world_event(w, rg->row.region, c->row.id, EVENT_NODE_ADDED, n->row.node_id, n->row.availability_zone);
    }
    bool busy = c->row.status == CLUSTER_CREATING || c->row.status == CLUSTER_MODIFYING ||
                c->row.status == CLUSTER_REBOOTING_CLUSTER_NODES;
    if (busy && c->row.parameter_apply_status != APPLY_APPLYING) move_cluster_status(w, &c->row.status, CLUSTER_SETTLED);
}

static bool endpoint_in_force(struct world *w, struct world_rg *rg, const struct world_endpoint *e)
{
    if (want_floats(w, rg, e)) return true; /* seen at the node that binds it */
    return seen_endpoint_state(&e->row) == ENDPOINT_LISTENING;
}

/* What the datastore still has to do with this replication group keeps it in 'modifying'. */
static bool held_by_global(const struct world_rg *rg)
{
    return rg->member && !rg->member->drop && (rg->member->row.leaving || rg->member->row.status != MEMBER_ASSOCIATED);
}

/* A replication group that is new is available before it has joined its datastore: it has to be in step first. */
void rg_find_lacks(struct world *w, struct world_rg *rg, struct lacks *l)
{
    if (rg->row.weighing_ms) lacks_add(l, LACK_ROOM, NULL, NULL);
    if (update_is_under_way(rg->row.update_stage)) lacks_add(l, LACK_UPDATE, NULL, NULL);
    for (size_t i = 0; i < rg->n_nodes && lacks_want_more(l); i++)
        if (!rg->nodes[i].drop) lacks_add(l, node_lack(w, rg, &rg->nodes[i]), &rg->nodes[i], NULL);
    for (size_t i = 0; i < rg->n_endpoints && lacks_want_more(l); i++)
        if (!rg->endpoints[i].drop && !endpoint_in_force(w, rg, &rg->endpoints[i]))
            lacks_add(l, LACK_ENDPOINT, NULL, &rg->endpoints[i]);
    for (size_t i = 0; i < rg->n_clusters && lacks_want_more(l); i++)
        if (!rg->clusters[i].drop && rg->clusters[i].row.parameter_apply_status == APPLY_APPLYING)
            lacks_add(l, LACK_SETTINGS, rg_cluster_node(&rg->clusters[i]), NULL);
    if (lacks_want_more(l) && !shard_is_settled(rg)) lacks_add(l, LACK_SLOTS, NULL, NULL);
    if (lacks_want_more(l) && rg->row.status != RG_CREATING && held_by_global(rg)) lacks_add(l, LACK_DATASTORE, NULL, NULL);
}

static void tell_replicas_changed(struct world *w, struct world_rg *rg)
{
    char now[TIMESTAMP_SIZE];
    timestamp_format(w->now_ms, now);
    if (rg->row.replicas_change == REPLICAS_INCREASE)
        world_event(w, rg->row.region, rg->row.id, EVENT_REPLICAS_INCREASED, rg->row.id, now);
    if (rg->row.replicas_change == REPLICAS_DECREASE)
        world_event(w, rg->row.region, rg->row.id, EVENT_REPLICAS_DECREASED, rg->row.id, now);
    world_set_word(w, &rg->row.replicas_change, REPLICAS_NONE);
}

static void tell_serverless_cache(struct world *w, const struct world_rg *rg, bool created)
{
    const char *name = rg->serverless ? rg->serverless->row.name : NULL;
    if (name && created) world_event(w, rg->row.region, name, EVENT_SERVERLESS_CACHE_CREATED, name);
    else if (name) world_event(w, rg->row.region, name, EVENT_SERVERLESS_CACHE_MODIFIED, name);
}

static void settle_logs(struct world *w, struct world_rg *rg)
{
    struct log_columns shown[] = LOG_COLUMNS_OF(&rg->row);
    logs_settle(w, shown);
    for (size_t i = 0; i < rg->n_clusters; i++) {
        struct log_columns columns[] = LOG_COLUMNS_OF(&rg->clusters[i].row);
        if (!rg->clusters[i].drop) logs_settle(w, columns);
    }
}

static void settle_rg(struct world *w, struct world_rg *rg)
{
    bool created = rg->row.status == RG_CREATING;
    struct lacks lacks = {0};
    rg_find_lacks(w, rg, &lacks);
    if (lacks.n) return;
    move_rg_status(w, &rg->row.status, RG_SETTLED);
    /* The engines have what was changed in the user groups of the replication group. */
    for (size_t i = 0; i < w->n_user_links; i++) {
        struct world_user_link *l = &w->user_links[i];
        if (l->rg != rg || l->drop) continue;
        if (l->row.change == LINK_REMOVE) world_drop(w, &l->drop);
        else world_set_word(w, &l->row.change, LINK_NONE);
    }
    encryption_settle(w, rg);
    settle_logs(w, rg);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (!rg->node_groups[i].drop) move_node_group_status(w, &rg->node_groups[i].row.status, NODE_GROUP_SETTLED);
    if (created) world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_CREATED, rg->row.id);
    tell_serverless_cache(w, rg, created);
    tell_replicas_changed(w, rg);
    world_set_word(w, &rg->row.mode_before, MODE_BEFORE_NONE);
    if (rg->row.automatic_failover == FAILOVER_DISABLING)
        world_event(w, rg->row.region, rg->row.id, EVENT_FAILOVER_TURNED_OFF, rg->row.id);
    if (rg->row.automatic_failover == FAILOVER_ENABLING || (created && rg->row.automatic_failover == FAILOVER_ENABLED))
        world_event(w, rg->row.region, rg->row.id, EVENT_FAILOVER_TURNED_ON, rg->row.id);
    world_set_word(w, &rg->row.automatic_failover, want_failover(rg) ? FAILOVER_ENABLED : FAILOVER_DISABLED);
}

/* The rows go once every process is gone and its data deleted. */
static void plan_deleting(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (!node_has_left(&rg->nodes[i])) return;
    for (size_t i = 0; i < rg->n_nodes; i++) world_drop(w, &rg->nodes[i].drop);
    for (size_t i = 0; i < rg->n_endpoints; i++) world_drop(w, &rg->endpoints[i].drop);
    for (size_t i = 0; i < rg->n_node_groups; i++) world_drop(w, &rg->node_groups[i].drop);
    for (size_t i = 0; i < rg->n_clusters; i++) {
        world_drop(w, &rg->clusters[i].drop);
        world_event(w, rg->row.region, rg->clusters[i].row.id, EVENT_CLUSTER_DELETED);
    }
    if (rg->encryption) world_drop(w, &rg->encryption->drop);
    world_drop(w, &rg->drop);
    world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_DELETED, rg->row.id);
    if (rg->serverless == NULL) return;
    world_drop(w, &rg->serverless->drop);
    world_event(w, rg->row.region, rg->serverless->row.name, EVENT_SERVERLESS_CACHE_DELETED, rg->serverless->row.name);
}

/* A member that was taken out: its rows go once its process is gone. */
static void plan_removed(struct world *w, struct world_rg *rg, struct world_node *n)
{
    if (n->drop || n->row.want != WISH_GONE || !node_has_left(n)) return;
    world_drop(w, &n->drop);
    for (size_t i = 0; i < rg->n_clusters; i++) {
        struct world_cluster *c = &rg->clusters[i];
        if (strcmp(c->row.id, n->row.cluster_id) != 0 || c->drop) continue;
        world_drop(w, &c->drop);
        world_event(w, rg->row.region, c->row.id, EVENT_CLUSTER_DELETED);
    }
}

void plan_rg(struct world *w, struct world_rg *rg)
{
    if (rg->drop) return;
    if (rg->row.status == RG_DELETING) {
        plan_deleting(w, rg);
        return;
    }
    for (size_t i = 0; i < rg->n_clusters; i++) plan_member_cluster(w, rg, &rg->clusters[i]);
    for (size_t i = 0; i < rg->n_nodes; i++) plan_removed(w, rg, &rg->nodes[i]);
    if (rg->row.status == RG_CREATING || rg->row.status == RG_MODIFYING) settle_rg(w, rg);
}
