#include "ops/replication_group/adoption.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/tags.h"
#include "ops/core/view.h"
#include <string.h>

static int check_adoptable(struct op *op, const struct row_cache_cluster *c)
{
    if (strcmp(c->engine, "memcached") == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Cache cluster %s can't be a replication group's primary: its engine is memcached.", c->id);
    if (c->rg_id)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is already a member of replication group %s.",
            c->id, c->rg_id);
    if (c->status != CLUSTER_AVAILABLE)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in available state.", c->id);
    return 0;
}

/* What the cache cluster brings with it may be named, but not be another than it is. */
static int inherit_setting(struct op *op, const char *what, const char **given, const char *own)
{
    if (*given && (*given)[0] && strcmp(id_fold(op, *given), own) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "%s is %s, as the primary cluster has it: it can't be %s.", what,
            own, *given);
    *given = own;
    return 0;
}

static int inherit_settings(struct op *op, struct api_create_replication_group_in *in, const struct row_cache_cluster *c)
{
    const struct engine_version *v = engine_version_find(engine_find(c->engine), c->engine_version);
    if (in->port.set && in->port.v != c->port)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Port is %lld, as the primary cluster has it.", (long long)c->port);
    in->port = OPT_INT(c->port);
    int r = inherit_setting(op, "Engine", &in->engine, c->engine);
    if (r == 0) r = inherit_setting(op, "EngineVersion", &in->engine_version, v->version);
    if (r == 0) r = inherit_setting(op, "CacheNodeType", &in->cache_node_type, c->node_type);
    if (r == 0) r = inherit_setting(op, "CacheParameterGroupName", &in->cache_parameter_group_name, c->parameter_group);
    return r ? r : inherit_setting(op, "CacheSubnetGroupName", &in->cache_subnet_group_name, c->subnet_group);
}

/* The rest is the cache cluster's unless the request says otherwise. */
static void fill_settings(struct op *op, struct api_create_replication_group_in *in, const struct row_cache_cluster *c)
{
    if (in->preferred_maintenance_window == NULL) in->preferred_maintenance_window = c->maintenance_window;
    if (in->snapshot_window == NULL) in->snapshot_window = c->snapshot_window;
    if (!in->snapshot_retention_limit.set) in->snapshot_retention_limit = OPT_INT(c->snapshot_retention_limit);
    if (!in->auto_minor_version_upgrade.set) in->auto_minor_version_upgrade = OPT_BOOL(c->auto_minor_version_upgrade);
    if (in->notification_topic_arn == NULL) in->notification_topic_arn = c->notification_topic_arn;
    if (!in->security_group_ids.set) in->security_group_ids = view_words(op, c->security_group_ids);
    in->preferred_cache_cluster_azs = (struct string_list){true, 1, arena_array(op->arena, const char *, 1)};
    in->preferred_cache_cluster_azs.items[0] = c->availability_zone;
}

int rg_adopt_read(struct op *op, const struct api_create_replication_group_in *in, struct api_create_replication_group_in *filled,
    struct row_cache_cluster **out)
{
    bool counts = in->num_cache_clusters.set || in->num_node_groups.set || in->replicas_per_node_group.set ||
                  in->preferred_cache_cluster_azs.n || in->node_group_configuration.n;
    *filled = *in;
    if (counts)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "PrimaryClusterId can't be used together with NumCacheClusters, NumNodeGroups, ReplicasPerNodeGroup or the placing "
            "of members.");
    int r = find_cluster(op, in->primary_cluster_id, out);
    if (r == 0) r = check_adoptable(op, *out);
    if (r == 0) r = inherit_settings(op, filled, *out);
    if (r == 0) fill_settings(op, filled, *out);
    return r;
}

int rg_adopt_write(struct op *op, const struct row_replication_group *rg, const char *node_group_id, struct row_cache_cluster *c,
    const char **node_id)
{
    struct row_node *nodes;
    size_t n;
    int r = q_node_list_by_cluster(op->store, op->arena, c->region, c->id, &nodes, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        nodes[i].rg_id = rg->id;
        nodes[i].node_group_id = node_group_id;
        *node_id = nodes[i].id;
        r = q_node_put(op->store, &nodes[i], op->err);
    }
    c->rg_id = rg->id;
    c->node_group_id = node_group_id;
    if (r == 0) r = q_cache_cluster_put(op->store, c, op->err);
    return r ? r : tags_copy(op, arn_of(op, c->account, "cluster", c->id), arn_of(op, rg->account, "replicationgroup", rg->id));
}
