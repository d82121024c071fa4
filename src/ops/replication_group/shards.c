#include "ops/replication_group/shards.h"
#include "catalog/limits.gen.h"
#include "model/operation.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/replication_group/creation.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/shard_slots.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
#include <assert.h>
#include <string.h>

const char *rg_default_parameters(struct op *op, const struct row_replication_group *rg, const struct engine_version *v)
{
    return default_group_name(op->arena, v->family, rg_is_clustered(rg));
}

/* ---- cluster mode ---- */

static bool asks_for_cluster(const struct api_create_replication_group_in *in)
{
    bool shards = (in->num_node_groups.set && in->num_node_groups.v > 1) || in->node_group_configuration.n > 1;
    return shards || (in->cluster_mode && strcmp(in->cluster_mode, "disabled") != 0);
}

/* Both spellings are the service's: a replication group's parameters and its shape must tell the same. */
static int check_mode(struct op *op, const struct api_create_replication_group_in *in, const struct parameter_group *g)
{
    bool disabled = in->cluster_mode && strcmp(in->cluster_mode, "disabled") == 0;
    if (asks_for_cluster(in) && disabled)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cluster mode must be enabled for a replication group with more than one node group.");
    return asks_for_cluster(in) || disabled ? parameter_group_check_mode(op, g, !disabled) : 0;
}

int rg_mode_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg)
{
    struct parameter_group g;
    const char *name = in->cache_parameter_group_name;
    if ((name == NULL || name[0] == '\0') && asks_for_cluster(in)) name = default_group_name(op->arena, v->family, true);
    int r = parameter_group_resolve(op, name, v, &g);
    if (r == 0) r = check_mode(op, in, &g);
    if (r) return r;
    rg->parameter_group = g.name;
    rg->cluster_mode = g.cluster_enabled ? MODE_ENABLED : MODE_DISABLED;
    if (in->cluster_mode) rg->cluster_mode = word_of(&words_cluster_mode, in->cluster_mode);
    return 0;
}

/* ---- how many ---- */

static int count_shards(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    size_t configured = in->node_group_configuration.n;
    bool large = op->config->large_groups;
    p->n_shards = in->num_node_groups.set ? (size_t)in->num_node_groups.v : configured ? configured : 1;
    if (configured && p->n_shards != configured)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of node group configurations must match the number of node groups.");
    if (p->n_shards > 1 && !rg_is_clustered(&p->rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cluster mode must be enabled for a replication group with more than one node group.");
    if (p->n_shards > (size_t)(large ? LIMIT_SHARDS_PER_LARGE_GROUP : LIMIT_SHARDS_PER_GROUP))
        return rg_check_quotas(op, p->n_shards, 0, 0);
    p->shards = arena_array(op->arena, struct new_shard, p->n_shards);
    return 0;
}

/* NumCacheClusters counts the primary, and means nothing where there are several shards (as a snapshot may bring them); the others don't count it. */
static int count_members(struct op *op, const struct api_create_replication_group_in *in,
    const struct api_node_group_configuration *ng, bool alone, struct new_shard *s)
{
    int64_t n = 1;
    if (in->num_cache_clusters.set && alone) n = in->num_cache_clusters.v;
    else if (ng && ng->replica_count.set) n = ng->replica_count.v + 1;
    else if (in->replicas_per_node_group.set) n = in->replicas_per_node_group.v + 1;
    else if (in->preferred_cache_cluster_azs.n) n = (int64_t)in->preferred_cache_cluster_azs.n;
    if (in->num_cache_clusters.set && alone && (n < 1 || n > SHARD_MEMBERS_MAX))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The number of cache clusters must be within 1 and %d.", SHARD_MEMBERS_MAX);
    if (n < 1 || n > SHARD_MEMBERS_MAX)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of replicas per node group must be within 0 and %d.",
            SHARD_MEMBERS_MAX - 1);
    s->members = (int)n;
    return 0;
}

int rg_check_quotas(struct op *op, size_t shards, int64_t nodes, int64_t more)
{
    bool large = op->config->large_groups;
    int most_shards = large ? LIMIT_SHARDS_PER_LARGE_GROUP : LIMIT_SHARDS_PER_GROUP;
    int most_nodes = large ? LIMIT_NODES_PER_LARGE_CLUSTER : LIMIT_NODES_PER_CLUSTER;
    if (shards > (size_t)most_shards)
        return op_fault(op, FAULT_NODE_GROUPS_PER_REPLICATION_GROUP_QUOTA_EXCEEDED,
            "The replication group can't have more than %d node groups.", most_shards);
    /* Only the operations that create know the fault of a cache cluster's own quota. */
    bool own = operation_declares(op->operation, FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED);
    if (nodes > most_nodes)
        return op_fault(op, own ? FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED : FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED,
            "Cluster node quota exceeded. Each cluster can have at most %d nodes in this region.", most_nodes);
    return check_node_quota(op, more);
}

/* ---- ids ---- */

static bool has_id(const struct rg_creation *p, const char *id)
{
    for (size_t i = 0; i < p->n_shards; i++)
        if (p->shards[i].id && strcmp(p->shards[i].id, id) == 0) return true;
    return false;
}

/* Ids of the caller's choice first; the others get the lowest numbers that are left. */
static int read_ids(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    int number = 1;
    for (size_t i = 0; i < in->node_group_configuration.n; i++) {
        const char *id = in->node_group_configuration.items[i].node_group_id;
        if (id == NULL) continue;
        if (!rg_is_clustered(&p->rg) && strcmp(id, "0001") != 0)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "With cluster mode disabled the node group's id is 0001.");
        if (has_id(p, id)) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The node group id %s is given twice.", id);
        p->shards[i].id = id;
    }
    for (size_t i = 0; i < p->n_shards; i++) {
        while (p->shards[i].id == NULL) {
            const char *id = arena_printf(op->arena, "%04d", number++);
            if (!has_id(p, id)) p->shards[i].id = id;
        }
    }
    return 0;
}

/* ---- zones ---- */

const char *shard_zone(const struct string_list *zones, size_t shard, int member)
{
    assert(zones->n);
    return zones->items[(shard + (size_t)member) % zones->n];
}

static int use_zone(struct op *op, const struct rg_creation *p, struct new_shard *s, int member, const char *zone)
{
    s->zones[member] = zone;
    return subnet_group_check_zone(op, p->rg.subnet_group, zone);
}

static int read_preferred_zones(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    const struct string_list *azs = &in->preferred_cache_cluster_azs;
    int r = 0;
    if (azs->n && rg_is_clustered(&p->rg))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "PreferredCacheClusterAZs can only be specified for one node group.");
    if (azs->n && (int)azs->n != p->shards->members)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of preferred availability zones must match the number of cache clusters.");
    for (size_t i = 0; r == 0 && i < azs->n; i++) r = use_zone(op, p, p->shards, (int)i, azs->items[i]);
    return r;
}

static int read_configured_zones(
    struct op *op, const struct rg_creation *p, const struct api_node_group_configuration *ng, struct new_shard *s)
{
    const struct string_list *zones = &ng->replica_availability_zones;
    if (zones->n && (int)zones->n != s->members - 1)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of replica availability zones must match the number of replicas.");
    int r = ng->primary_availability_zone ? use_zone(op, p, s, 0, ng->primary_availability_zone) : 0;
    for (size_t i = 0; r == 0 && i < zones->n; i++) r = use_zone(op, p, s, (int)i + 1, zones->items[i]);
    return r;
}

static int read_zones(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    struct string_list zones;
    int r = read_preferred_zones(op, in, p);
    for (size_t i = 0; r == 0 && i < in->node_group_configuration.n; i++)
        r = read_configured_zones(op, p, &in->node_group_configuration.items[i], &p->shards[i]);
    if (r == 0) r = subnet_group_zones(op, p->rg.subnet_group, &zones);
    for (size_t i = 0; r == 0 && i < p->n_shards; i++)
        for (int m = 0; m < p->shards[i].members; m++)
            if (p->shards[i].zones[m] == NULL) p->shards[i].zones[m] = shard_zone(&zones, i, m);
    return r;
}

/* ---- failover ---- */

/* In cluster mode it is always on, where there are replicas or not: the Redis Cluster itself brings it. */
static int check_cluster_failover(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    bool compatible = p->rg.cluster_mode == MODE_COMPATIBLE;
    if (in->automatic_failover_enabled.set && !in->automatic_failover_enabled.v)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Redis with cluster mode enabled cannot be created with auto failover turned off.");
    p->rg.automatic_failover = FAILOVER_ENABLED;
    for (size_t i = 0; i < p->n_shards; i++)
        if ((p->rg.multi_az || compatible) && p->shards[i].members < 2)
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "%s requires at least one replica in each node group.",
                compatible ? "Cluster mode compatible" : "Multi-AZ");
    if (compatible && p->n_shards > 1)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cluster mode compatible requires exactly one node group.");
    return 0;
}

static int check_shards_failover(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    if (rg_is_clustered(&p->rg)) return check_cluster_failover(op, in, p);
    if (p->rg.automatic_failover != FAILOVER_DISABLED && p->shards->members < 2)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "When using automatic failover, there must be at least 2 cache clusters in the replication group.");
    if (p->rg.multi_az && p->rg.automatic_failover == FAILOVER_DISABLED)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Automatic failover must be enabled to use Multi-AZ.");
    return 0;
}

int rg_shards_read(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    const struct api_node_group_configuration_list *list = &in->node_group_configuration;
    int64_t nodes = 0;
    int r = count_shards(op, in, p);
    for (size_t i = 0; r == 0 && i < p->n_shards; i++) {
        r = count_members(op, in, i < list->n ? &list->items[i] : NULL, p->n_shards == 1, &p->shards[i]);
        nodes += p->shards[i].members;
    }
    if (r == 0) r = read_ids(op, in, p);
    if (r == 0) r = shard_slots_read(op, in, p);
    if (r == 0) r = read_zones(op, in, p);
    if (r == 0) r = check_shards_failover(op, in, p);
    bool is_new = !p->adopted && !serverless_owns(p->rg.id);
    if (r == 0) r = rg_check_quotas(op, p->n_shards, nodes, is_new ? nodes : 0);
    return r || !is_new ? r : check_cluster_quota(op);
}
