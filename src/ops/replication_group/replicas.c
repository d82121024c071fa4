#include "ops/replication_group/replicas.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/core/zone.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/rows.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include "plan/world.h"
#include <string.h>

/* In cluster mode every shard counts its members. */
static int next_number(struct op *op, struct row_replication_group *rg, const char *node_group_id, int64_t *number)
{
    struct row_shard *shards;
    size_t n;
    if (!rg_is_clustered(rg)) {
        *number = rg->next_member++;
        return 0;
    }
    int r = q_shard_list(op->store, op->arena, rg->region, rg->id, &shards, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (strcmp(shards[i].id, node_group_id) != 0) continue;
        *number = shards[i].next_member++;
        r = q_shard_put(op->store, &shards[i], op->err);
    }
    return r;
}

/* The next number whose cluster id nobody has taken by hand. */
static int next_cluster_id(struct op *op, struct row_replication_group *rg, const char *node_group_id, const char **out)
{
    struct row_cache_cluster *taken = NULL;
    int64_t number = 1;
    int r;
    do {
        r = next_number(op, rg, node_group_id, &number);
        *out = rg_member_id(op, rg, node_group_id, (int)number);
        if (r == 0) r = q_cluster_get(op->store, op->arena, rg->region, *out, &taken, op->err);
    } while (r == 0 && taken);
    return r;
}

int rg_share_tags(struct op *op, const struct row_replication_group *rg, const char *cluster_id)
{
    return tags_copy(op, arn_of(op, rg->account, "replicationgroup", rg->id), arn_of(op, rg->account, "cluster", cluster_id));
}

int rg_add_replica(
    struct op *op, struct row_replication_group *rg, const char *node_group_id, const char *cluster_id, const char *zone)
{
    struct row_node *members;
    size_t n;
    const char *node_id;
    struct string_list zones;
    int r = rg_read_members(op, rg, &members, &n);
    if (r == 0 && zone) r = subnet_group_check_zone(op, rg->subnet_group, zone);
    if (r == 0) r = subnet_group_zones(op, rg->subnet_group, &zones);
    if (r == 0 && cluster_id == NULL) r = next_cluster_id(op, rg, node_group_id, &cluster_id);
    if (r) return r;
    struct string_list taken = {.items = arena_array(op->arena, const char *, n)};
    for (size_t i = 0; i < n; i++)
        if (strcmp(members[i].node_group_id, node_group_id) == 0) taken.items[taken.n++] = members[i].availability_zone;
    if (zone == NULL) zone = zone_emptiest(zones.items, zones.n, &taken);
    r = rg_add_member(op, rg, cluster_id, node_group_id, zone, &node_id);
    return r ? r : rg_share_tags(op, rg, cluster_id);
}

/* With a final snapshot its node lives until that is taken: then a plan ends it. */
static int remove_replica(struct op *op, struct row_replication_group *rg, const struct row_node *n, bool final)
{
    struct row_cache_cluster *c;
    struct row_node gone = *n;
    if (!final) gone.want = WISH_GONE;
    int r = q_cluster_get(op->store, op->arena, rg->region, n->cluster_id, &c, op->err);
    if (r == 0 && c) {
        move_cluster_status(NULL, &c->status, CLUSTER_DELETION_ASKED);
        r = q_cache_cluster_put(op->store, c, op->err);
    }
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, rg->account, "cluster", n->cluster_id), op->err);
    return r ? r : q_node_put(op->store, &gone, op->err);
}

int rg_remove_replica(struct op *op, struct row_replication_group *rg, const struct row_node *n)
{
    return remove_replica(op, rg, n, false);
}

static int check_only_replica_parameters(struct op *op, const struct api_create_cache_cluster_in *in)
{
    bool more = in->num_cache_nodes.set || in->cache_node_type || in->engine || in->engine_version ||
                in->cache_parameter_group_name || in->cache_subnet_group_name || in->cache_security_group_names.n ||
                in->security_group_ids.n || in->snapshot_arns.n || in->snapshot_name || in->port.set || in->auth_token ||
                in->az_mode || in->preferred_availability_zones.n;
    if (!more) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "Cannot specify additional cache cluster parameters when creating a replica cluster");
}

int rg_create_member(struct op *op, const struct api_create_cache_cluster_in *in)
{
    struct row_replication_group *rg;
    struct row_cache_cluster *taken;
    struct row_node *members;
    size_t n;
    const char *id;
    int r = id_check(op, "CacheClusterIdentifier", in->cache_cluster_id, 50, &id);
    if (r == 0) r = check_only_replica_parameters(op, in);
    if (r == 0) r = find_rg(op, in->replication_group_id, &rg);
    if (r == 0) r = q_cluster_get(op->store, op->arena, op->region->name, id, &taken, op->err);
    if (r) return r;
    if (taken) return op_fault(op, FAULT_CACHE_CLUSTER_ALREADY_EXISTS, "Cache cluster %s already exists", id);
    if (rg_is_clustered(rg))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Operation is only applicable for cluster mode disabled replication groups.");
    r = check_rg_modifiable(op, rg);
    if (r == 0) r = rg_read_members(op, rg, &members, &n);
    if (r == 0 && n >= SHARD_MEMBERS_MAX)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of replicas per node group must be within 0 and %d.",
            SHARD_MEMBERS_MAX - 1);
    if (r == 0) r = rg_add_replica(op, rg, "0001", id, in->preferred_availability_zone);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "cluster", id), &in->tags);
    return r ? r : rg_set_modifying(op, rg);
}

static int check_member_deletable(struct op *op, const struct row_cache_cluster *c, const struct row_replication_group *rg,
    const struct row_node *members, size_t n)
{
    const char *primary;
    int r = rg_read_primary(op, rg, c->node_group_id, &primary);
    if (r) return r;
    if (rg_is_clustered(rg))
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster %s is a member of replication group %s with cluster mode enabled and can't be deleted by itself.",
            c->id, rg->id);
    if (n <= 1)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cannot delete the cache cluster since it is the only member of a replication group. Delete the replication group "
            "instead.");
    for (size_t i = 0; i < n; i++)
        if (strcmp(members[i].cluster_id, c->id) == 0 && strcmp(members[i].id, primary) == 0)
            return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE,
                "Cache cluster %s is serving as primary for replication group %s and cannot be deleted", c->id, rg->id);
    if (c->status != CLUSTER_AVAILABLE || rg->status != RG_AVAILABLE)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in a valid state to be deleted", c->id);
    if (n == 2 && rg->automatic_failover != FAILOVER_DISABLED)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cannot delete the cache cluster because it is the only read replica for replication group %s with automatic "
            "failover enabled.",
            rg->id);
    return 0;
}

int rg_check_member_deletable(struct op *op, const struct row_cache_cluster *c)
{
    struct row_replication_group *rg;
    struct row_node *members;
    size_t n;
    int r = find_rg(op, c->rg_id, &rg);
    if (r == 0) r = rg_read_members(op, rg, &members, &n);
    return r ? r : check_member_deletable(op, c, rg, members, n);
}

int rg_delete_member(struct op *op, const struct row_cache_cluster *c, bool final)
{
    struct row_replication_group *rg;
    struct row_node *members;
    size_t n;
    int r = find_rg(op, c->rg_id, &rg);
    if (r == 0) r = rg_read_members(op, rg, &members, &n);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (strcmp(members[i].cluster_id, c->id) == 0) r = remove_replica(op, rg, &members[i], final);
    if (r || !final) return r ? r : rg_set_modifying(op, rg);
    move_rg_status(NULL, &rg->status, RG_SNAPSHOT_ASKED);
    return q_replication_group_put(op->store, rg, op->err);
}
