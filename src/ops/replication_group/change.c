#include "ops/replication_group/change.h"
#include "ops/core/id.h"
#include "ops/core/logs.h"
#include "ops/core/request.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/replication_group/cluster_mode.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/program.h"
#include "ops/replication_group/shards.h"
#include "plan/rg_row.h"
#include "plan/world.h"
#include <string.h>

static int check_rg_failover(struct op *op, const struct row_replication_group *rg, bool failover, bool multi_az)
{
    struct rg_part *parts;
    size_t n;
    int r = rg_read_parts(op, rg, &parts, &n);
    if (r) return r;
    if (!failover && rg_is_clustered(rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Turning off automatic failover for replication group with cluster mode enabled is not supported.");
    if (failover && !rg_is_clustered(rg) && parts->n_members < 2)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Replication group must have at least one read replica to enable autofailover.");
    if (multi_az && !failover)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Automatic failover must be enabled to use Multi-AZ.");
    for (size_t i = 0; multi_az && i < n; i++)
        if (parts[i].n_members < 2)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_COMBINATION, "Multi-AZ requires at least one replica in each node group.");
    return 0;
}

static bool rg_will_fail_over(const struct row_replication_group *rg)
{
    if (rg->pending_failover == FAILOVER_CHANGE_NONE) return rg_has_failover(rg);
    return rg->pending_failover == FAILOVER_CHANGE_ENABLED;
}

/* Automatic failover waits for the maintenance window, and Multi-AZ does not: the API shows nothing of it that is pending. */
static int change_failover(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    bool multi_az = in->multi_az_enabled.set ? in->multi_az_enabled.v : rg->multi_az;
    bool failover = in->automatic_failover_enabled.set ? in->automatic_failover_enabled.v : rg_will_fail_over(rg);
    int r = check_rg_failover(op, rg, failover, multi_az);
    if (r) return r;
    *busy |= multi_az != rg->multi_az;
    rg->multi_az = multi_az;
    if (!in->automatic_failover_enabled.set) return 0;
    bool changes = failover != rg_has_failover(rg), at_once = in->apply_immediately.v;
    rg->pending_failover = FAILOVER_CHANGE_NONE; /* a new request takes the place of one that waits */
    if (changes && !at_once) rg->pending_failover = failover ? FAILOVER_CHANGE_ENABLED : FAILOVER_CHANGE_DISABLED;
    if (changes && at_once) rg->automatic_failover = failover ? FAILOVER_ENABLING : FAILOVER_DISABLING;
    *busy |= changes && at_once;
    return 0;
}

/* Writes a change of the settings into every member: at once, or to wait for the maintenance window. */
static int change_members(struct op *op, const struct row_replication_group *rg,
    void (*change)(struct row_cache_cluster *c, const void *arg), const void *arg)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        change(&clusters[i], arg);
        r = q_cache_cluster_put(op->store, &clusters[i], op->err);
    }
    return r;
}

static void wait_for_node_type(struct row_cache_cluster *c, const void *name)
{
    c->pending_node_type = name;
}

/* The type waits for the maintenance window, or at once for the plan that knows whether the data fit. */
static int change_rg_node_type(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    const struct node_type *to;
    if (in->cache_node_type == NULL) return 0;
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    int r = request_new_node_type(op, in->cache_node_type, rg->node_type, v, &to);
    if (r) return r;
    if (strcmp(to->name, rg->node_type) == 0) return change_members(op, rg, wait_for_node_type, NULL);
    if (in->apply_immediately.v) rg->weighing_ms = op->steady_ms;
    *busy |= in->apply_immediately.v;
    return change_members(op, rg, wait_for_node_type, to->name);
}

static int find_new_version(struct op *op, const struct api_modify_replication_group_in *in,
    const struct row_replication_group *rg, const struct engine_version **from, const struct engine_version **to)
{
    const struct engine *e = engine_find(in->engine ? in->engine : rg->engine);
    *from = engine_version_find(engine_find(rg->engine), rg->engine_version);
    if (e == NULL || e->id == ENGINE_MEMCACHED)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Engine: %s. A replication group's engine is redis or valkey.",
            in->engine);
    if (in->engine_version == NULL && e == (*from)->engine) {
        *to = *from;
        return 0;
    }
    return request_version(op, e, in->engine_version, to);
}

/* A replication group on its family's default moves to the new family's by itself; one with a parameter group of its own has to name another. */
static int change_family(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg,
    const struct engine_version *from, const struct engine_version *to)
{
    if (in->cache_parameter_group_name || strcmp(from->family, to->family) == 0) return 0;
    if (strcmp(rg->parameter_group, rg_default_parameters(op, rg, from)) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Expected a parameter group of family %s but found one of family %s", to->family, from->family);
    rg->parameter_group = rg_default_parameters(op, rg, to);
    return 0;
}

/* Without a version nothing waits any more. */
static void wait_for_version(struct row_cache_cluster *c, const void *arg)
{
    const struct engine_version *v = arg;
    c->pending_engine = v ? v->engine->name : NULL;
    c->pending_engine_version = v ? v->full : NULL;
    c->pending_parameter_group = NULL;
}

static int change_rg_engine(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    const struct engine_version *from, *to;
    if (in->engine == NULL && in->engine_version == NULL) return 0;
    int r = find_new_version(op, in, rg, &from, &to);
    if (r) return r;
    enum version_change change = engine_version_change(from, to);
    if (change == VERSION_SAME) return change_members(op, rg, wait_for_version, NULL);
    if (change == VERSION_DOWNGRADE || change == VERSION_OTHER_ENGINE)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "The engine can't be changed from %s %s to %s %s.",
            from->engine->name, from->version, to->engine->name, to->version);
    r = rg_check_program(op, rg, to, true);
    if (r) return r;
    struct row_replication_group waiting = *rg;
    r = change_family(op, in, in->apply_immediately.v ? rg : &waiting, from, to);
    if (r == 0) r = change_members(op, rg, wait_for_version, in->apply_immediately.v ? NULL : to);
    if (r || !in->apply_immediately.v) return r;
    rg->engine = to->engine->name;
    rg->engine_version = to->full;
    *busy = true;
    return r;
}

static void wait_for_parameters(struct row_cache_cluster *c, const void *name)
{
    c->pending_parameter_group = name;
}

/* Another parameter group is taken at once, unless it is one for a version that waits for the maintenance window. */
static int change_parameters(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    const struct engine_version *from, *to;
    struct parameter_group g;
    if (in->cache_parameter_group_name == NULL) return 0;
    int r = find_new_version(op, in, rg, &from, &to);
    if (r == 0) r = parameter_group_resolve(op, in->cache_parameter_group_name, to, &g);
    if (r == 0) r = parameter_group_check_mode(op, &g, rg_is_clustered(rg));
    if (r == 0) r = parameter_group_check_swap(op, rg->parameter_group, &g);
    if (r || strcmp(g.name, rg->parameter_group) == 0) return r;
    if (strcmp(from->family, to->family) != 0) return change_members(op, rg, wait_for_parameters, g.name);
    rg->parameter_group = g.name;
    *busy = true;
    return 0;
}

static int start_switch(struct op *op, const struct row_replication_group *rg, const struct row_node *to)
{
    struct row_node_group *ngs;
    size_t n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (strcmp(ngs[i].id, to->node_group_id) != 0) continue;
        ngs[i].switch_node_id = to->id;
        ngs[i].switch_offset = -1;
        ngs[i].switch_since_ms = op->steady_ms;
        r = q_node_group_put(op->store, &ngs[i], op->err);
    }
    return r;
}

static int change_primary(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    struct row_node *members;
    size_t n;
    const char *primary, *id = id_fold(op, in->primary_cluster_id);
    if (id == NULL) return 0;
    if (rg->automatic_failover != FAILOVER_DISABLED)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Cannot manually promote a new master cache cluster while autofailover is enabled");
    int r = rg_read_members(op, rg, &members, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (strcmp(members[i].cluster_id, id) != 0) continue;
        r = rg_read_primary(op, rg, members[i].node_group_id, &primary);
        if (r || strcmp(primary, members[i].id) == 0) return r;
        *busy = true;
        return start_switch(op, rg, &members[i]);
    }
    return r ? r
             : op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is not a member of replication group %s.",
                   in->primary_cluster_id, rg->id);
}

/* Whatever is pending goes along with what is to be changed immediately. */
static int hasten_pending(struct op *op, struct row_replication_group *rg)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    rg->pending_due = rg->pending_failover != FAILOVER_CHANGE_NONE;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (clusters[i].pending_node_type || clusters[i].pending_engine_version) rg->pending_due = 1;
    return r;
}

static int change_rg_logs(
    struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    struct log_columns logs[] = LOG_COLUMNS_OF(rg);
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    return logs_read(op, &in->log_delivery_configurations, v, in->apply_immediately.v, logs, busy);
}

/* Whether the server that runs its version can do what the change is to bring. */
static int check_parts(struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg)
{
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    int r = request_part(op, v, PART_USERS, in->user_group_ids_to_add.n || in->auth_token);
    if (r == 0) r = request_part(op, v, PART_ENCRYPTION, request_flag(in->transit_encryption_enabled, false));
    if (r == 0) r = request_part(op, v, PART_SNAPSHOTS, in->snapshot_retention_limit.v > 0);
    return r ? r : request_part(op, v, PART_CLUSTER_MODE, cluster_mode_changes(in, rg));
}

int rg_change(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy)
{
    *busy = false;
    int r = check_parts(op, in, rg);
    if (r == 0) r = change_failover(op, in, rg, busy);
    if (r == 0) r = change_rg_node_type(op, in, rg, busy);
    if (r == 0) r = change_rg_engine(op, in, rg, busy);
    if (r == 0) r = change_rg_logs(op, in, rg, busy);
    if (r == 0 && cluster_mode_changes(in, rg)) {
        *busy = true;
        r = cluster_mode_change(op, in, rg);
    } else if (r == 0) {
        r = change_parameters(op, in, rg, busy);
    }
    if (r == 0 && in->apply_immediately.v) r = hasten_pending(op, rg);
    return r ? r : change_primary(op, in, rg, busy);
}
