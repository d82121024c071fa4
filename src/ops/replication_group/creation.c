#include "ops/replication_group/creation.h"
#include "ops/core/id.h"
#include "ops/core/region.h"
#include "ops/core/logs.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/window.h"
#include "ops/replication_group/access.h"
#include "ops/replication_group/adoption.h"
#include "ops/replication_group/durability.h"
#include "ops/replication_group/inherited_shards.h"
#include "ops/replication_group/program.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/security.h"
#include "ops/replication_group/shards.h"
#include "ops/snapshot/restore.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include <stdlib.h>
#include <string.h>

/* What would need processes that are not built yet is refused, so that nothing is promised that is not so. */
static int check_rg_served(struct op *op, const struct api_create_replication_group_in *in)
{
    const struct {
        bool asked;
        const char *what;
    } table[] = {
        {in->network_type && strcmp(in->network_type, "ipv4") != 0, "IPv6"},
        {in->ip_discovery && strcmp(in->ip_discovery, "ipv4") != 0, "IPv6"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].asked) return not_served(op, table[i].what);
    return 0;
}

/* AWS's messages are in facts that many clients match on; where AWS's own is not known, ours follows its manner. */
static int check_combinations(struct op *op, const struct api_create_replication_group_in *in)
{
    enum fault combination = FAULT_INVALID_PARAMETER_COMBINATION;
    if (in->num_cache_clusters.set && (in->num_node_groups.set || in->replicas_per_node_group.set))
        return op_fault(op, combination, "NumCacheClusters can't be used together with NumNodeGroups or ReplicasPerNodeGroup.");
    if (in->num_node_groups.set && in->num_node_groups.v < 1)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of node groups must be at least 1.");
    int r = request_security_groups(
        op, &in->cache_security_group_names, &in->security_group_ids, in->cache_subnet_group_name != NULL);
    return r ? r : check_rg_served(op, in);
}

static int read_rg_engine(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version **out)
{
    const struct engine *e = engine_find(in->engine ? in->engine : "redis");
    if (e == NULL || e->id == ENGINE_MEMCACHED)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Engine: %s. A replication group's engine is redis or valkey.",
            in->engine);
    return request_version(op, e, in->engine_version, out);
}

/* The settings that every replication group brings with it, a datastore's secondary too. */
static int read_own_settings(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    struct row_replication_group *rg = &p->rg;
    rg->region = op->region->name;
    rg->account = op->account;
    move_rg_status(NULL, &rg->status, RG_ASKED);
    rg->cluster_mode = MODE_DISABLED;
    rg->network_type = rg->ip_discovery = "ipv4";
    rg->created_ms = op->now_ms;
    rg->next_member = 1;
    rg->description = in->replication_group_description;
    rg->security_group_ids = request_words(op, &in->security_group_ids);
    rg->auto_minor_version_upgrade = request_flag(in->auto_minor_version_upgrade, true);
    rg->notification_topic_status = TOPIC_ACTIVE;
    int r = request_topic(op, in->notification_topic_arn, &rg->notification_topic_arn);
    if (r == 0) r = request_port(op, in->port, 6379, &rg->port);
    if (r == 0) r = request_retention(op, in->snapshot_retention_limit, 0, &rg->snapshot_retention_limit);
    if (r == 0) r = subnet_group_resolve(op, in->cache_subnet_group_name, &rg->subnet_group);
    if (r == 0)
        r = window_choose(
            op, in->preferred_maintenance_window, in->snapshot_window, &rg->maintenance_window, &rg->snapshot_window);
    return r;
}

/* Types with disks are for data tiering alone. Source: CreateReplicationGroup, DataTieringEnabled. */
static int check_data_tiering(struct op *op, const struct api_create_replication_group_in *in, const struct row_snapshot *from,
    const struct node_type *type)
{
    bool asked = request_flag(in->data_tiering_enabled, false);
    const struct node_type *before = from ? node_type_find(from->node_type) : NULL;
    if (before && before->family->data_tiering && !type->family->data_tiering)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Snapshot %s was taken with data tiering and can only be restored to node types with it.", from->name);
    if (asked == type->family->data_tiering) return 0;
    return asked ? op_fault(
                       op, FAULT_INVALID_PARAMETER_COMBINATION, "Data tiering is not supported for the node type %s.", type->name)
                 : op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "DataTieringEnabled must be true for the node type %s.",
                       type->name);
}

static int read_engine_settings(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    struct row_replication_group *rg = &p->rg;
    const struct engine_version *v;
    const struct node_type *type;
    int r = read_rg_engine(op, in, &v);
    if (r == 0) r = request_node_type(op, in->cache_node_type, v, &type);
    if (r == 0) r = rg_mode_read(op, in, v, rg);
    if (r) return r;
    rg->engine = v->engine->name;
    rg->engine_version = v->full;
    rg->node_type = in->cache_node_type;
    rg->automatic_failover = request_flag(in->automatic_failover_enabled, false) ? FAILOVER_ENABLED : FAILOVER_DISABLED;
    rg->multi_az = request_flag(in->multi_az_enabled, false);
    rg->at_rest_encryption = request_flag(in->at_rest_encryption_enabled, v->engine->id == ENGINE_VALKEY);
    rg->kms_key_id = in->kms_key_id;
    r = check_data_tiering(op, in, p->restore.snapshot, type);
    if (r == 0) r = rg_security_read(op, in, v, rg);
    if (r == 0) r = durability_read(op, in, v, rg);
    if (r) return r;
    if (rg->kms_key_id && !rg->at_rest_encryption)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Please enable encryption at rest to use Customer Managed CMK");
    return 0;
}

/* A secondary takes from the datastore what all members share; naming any of it is refused, even with the same value. */
static int check_inherits(struct op *op, const struct api_create_replication_group_in *in)
{
    bool forbidden = in->primary_cluster_id || in->automatic_failover_enabled.set || in->num_node_groups.set ||
                     in->cache_parameter_group_name || in->cache_node_type || in->engine || in->engine_version ||
                     in->cache_security_group_names.set || in->transit_encryption_enabled.set ||
                     in->at_rest_encryption_enabled.set || in->snapshot_arns.set || in->snapshot_name;
    if (forbidden)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cannot use the given parameters when creating new replication group in an existing global replication group.");
    return 0;
}

static void read_inherited_settings(const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    struct row_replication_group *rg = &p->rg;
    const struct row_global_replication_group *g = p->global;
    rg->engine = g->engine;
    rg->engine_version = g->engine_version;
    rg->node_type = g->node_type;
    rg->cluster_mode = g->cluster_enabled ? MODE_ENABLED : MODE_DISABLED;
    rg->automatic_failover = g->automatic_failover;
    rg->multi_az = request_flag(in->multi_az_enabled, false);
    rg->at_rest_encryption = g->at_rest_encryption;
    rg->transit_encryption = g->transit_encryption;
    rg->kms_key_id = in->kms_key_id;
    rg->auto_minor_version_upgrade = 0; /* off on every member while it is associated */
}

/* A datastore takes a new member while it rests, in a region without one, up to two besides the primary. */
static int check_joining(struct op *op, const char *id, struct rg_creation *p)
{
    struct row_global_replication_group *g;
    struct row_global_member *members;
    size_t n;
    int r = q_global_get(op->store, op->arena, id_fold(op, id), &g, op->err);
    if (r) return r;
    if (g == NULL) return op_fault(op, FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND, "Global replication group %s not found.", id);
    r = check_global_at_rest(op, g);
    if (r == 0) r = q_member_list(op->store, op->arena, g->id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (strcmp(members[i].region, op->region->name) == 0)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global replication group %s already has a member in region %s.",
                g->id, op->region->name);
    if (r == 0 && n >= 3)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Global replication group %s can have at most 2 secondary replication groups.", g->id);
    if (r == 0 && !op->region->global_datastores)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Access Denied to API Version: APIGlobalDatastore");
    p->global = g;
    return r;
}

static int check_new_rg(struct op *op, const struct rg_creation *p)
{
    struct row_replication_group *other;
    struct row_cache_cluster *c;
    int r = q_rg_get(op->store, op->arena, op->region->name, p->rg.id, &other, op->err);
    if (r == 0 && other)
        return op_fault(op, FAULT_REPLICATION_GROUP_ALREADY_EXISTS, "Replication group %s already exists.", p->rg.id);
    for (size_t i = 0; r == 0 && p->adopted == NULL && i < p->n_shards; i++)
        for (int m = 1; r == 0 && m <= p->shards[i].members; m++) {
            const char *id = rg_member_id(op, &p->rg, p->shards[i].id, m);
            r = q_cluster_get(op->store, op->arena, op->region->name, id, &c, op->err);
            if (r == 0 && c) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s already exists.", id);
        }
    return r;
}

/* Snapshots of a replication group without cluster mode are taken of one member: of a replica, where there is one. */
static void choose_snapshotting_cluster(struct op *op, struct rg_creation *p)
{
    if (p->rg.snapshot_retention_limit == 0 || rg_is_clustered(&p->rg)) return;
    int last = p->shards[0].members > 1 ? 2 : 1;
    p->rg.snapshotting_cluster_id = p->adopted ? p->adopted->id : rg_member_id(op, &p->rg, p->shards[0].id, last);
}

static int read_rg_logs(struct op *op, const struct api_create_replication_group_in *in, struct row_replication_group *rg)
{
    struct log_columns logs[] = LOG_COLUMNS_OF(rg);
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    bool changes = false;
    return logs_read(op, &in->log_delivery_configurations, v, true, logs, &changes);
}

int rg_creation_read(struct op *op, const struct api_create_replication_group_in *in, const char *id, const char *snapshot,
    struct rg_creation *out)
{
    struct api_create_replication_group_in filled, restored, inherited;
    int r = 0;
    *out = (struct rg_creation){.rg.id = id};
    if (in->global_replication_group_id) r = check_joining(op, in->global_replication_group_id, out);
    if (r == 0 && out->global) r = check_inherits(op, in);
    if (r == 0 && out->global) {
        r = rg_inherit_shards(op, out->global, in, &inherited);
        in = &inherited;
    }
    if (r == 0 && in->primary_cluster_id) {
        r = rg_adopt_read(op, in, &filled, &out->adopted);
        in = &filled;
    }
    if (r == 0) r = restore_read(op, snapshot, &in->snapshot_arns, &out->restore);
    if (r == 0 && out->restore.n && out->adopted)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "PrimaryClusterId can't be used together with a snapshot.");
    if (r == 0 && out->restore.n) {
        r = restore_fill_group(op, &out->restore, in, &restored);
        in = &restored;
    }
    if (r == 0) r = check_combinations(op, in);
    if (r == 0) r = read_own_settings(op, in, out);
    if (r == 0 && out->global) read_inherited_settings(in, out);
    if (r == 0 && out->global == NULL) r = read_engine_settings(op, in, out);
    if (r == 0) r = rg_security_check_access(op, in, &out->rg);
    if (r == 0) r = read_rg_logs(op, in, &out->rg);
    out->user_group_ids = in->user_group_ids;
    out->auth_token = in->auth_token;
    if (r == 0) r = restore_check_slots(op, &out->restore, in, &out->rg);
    if (r == 0) r = rg_shards_read(op, in, out);
    const struct engine_version *v = r == 0 ? engine_version_find(engine_find(out->rg.engine), out->rg.engine_version) : NULL;
    if (r == 0) r = restore_check(op, &out->restore, v, rg_is_clustered(&out->rg));
    if (r == 0) r = rg_check_program(op, &out->rg, v, out->shards->members > 1 || out->global);
    if (r == 0) r = request_part(op, v, PART_USERS, in->user_group_ids.n || out->auth_token);
    if (r == 0) choose_snapshotting_cluster(op, out);
    return r ? r : check_new_rg(op, out);
}

/* ---- writing ---- */

/* Compatible with both: clients find the replication group's Redis Cluster, and those that know of none its primary. */
static int write_endpoints(struct op *op, const struct rg_creation *plan, const struct row_replication_group *rg)
{
    int r = rg_is_clustered(rg) ? rg_add_endpoint(op, rg, "", ENDPOINT_CONFIGURATION) : 0;
    if (r || rg_is_sharded(rg)) return r;
    r = rg_add_endpoint(op, rg, plan->shards->id, ENDPOINT_PRIMARY);
    return r ? r : rg_add_endpoint(op, rg, plan->shards->id, ENDPOINT_READER);
}

/* In cluster mode the replication group's number is the next node group's; ids are never given twice. */
static int write_shards(struct op *op, const struct rg_creation *plan, struct row_replication_group *rg)
{
    const char *adopted_node = NULL;
    int r = plan->adopted ? rg_adopt_write(op, rg, plan->shards->id, plan->adopted, &adopted_node) : 0;
    if (r == 0 && plan->adopted) r = rg_add_node_group(op, rg, plan->shards, adopted_node);
    for (size_t i = 0; r == 0 && plan->adopted == NULL && i < plan->n_shards; i++) {
        r = rg_add_shard(op, rg, &plan->shards[i]);
        int64_t number = strtoll(plan->shards[i].id, NULL, 10);
        if (rg_is_clustered(rg) && number >= rg->next_member) rg->next_member = number + 1;
    }
    if (!rg_is_clustered(rg)) rg->next_member = plan->shards->members + 1;
    return r ? r : write_endpoints(op, plan, rg);
}

static int write_membership(struct op *op, const struct rg_creation *plan)
{
    struct row_global_replication_group g = *plan->global;
    struct row_global_member m = {.global_id = g.id,
        .region = plan->rg.region,
        .rg_id = plan->rg.id,
        .role = MEMBER_SECONDARY,
        .status = MEMBER_ASSOCIATING};
    move_global_status(NULL, &g.status, GLOBAL_CHANGE_ASKED);
    int r = q_global_member_put(op->store, &m, op->err);
    if (r == 0) r = q_global_replication_group_put(op->store, &g, op->err);
    return r ? r : rg_add_gateways(op, &plan->rg);
}

int rg_creation_write(struct op *op, const struct rg_creation *plan)
{
    struct row_replication_group rg = plan->rg;
    int r = region_ensure(op);
    if (r == 0 && plan->global) r = rg_own_parameters(op, plan->global->id, &rg);
    if (r == 0) r = write_shards(op, plan, &rg);
    if (r == 0) r = q_replication_group_put(op->store, &rg, op->err);
    if (r == 0 && plan->global) r = write_membership(op, plan);
    if (r == 0) r = rg_access_create(op, &plan->user_group_ids, &rg);
    if (r == 0) r = rg_security_create(op, plan->auth_token, plan->global ? plan->global->id : NULL, &rg);
    return r ? r : restore_write_group(op, &plan->restore, rg.id);
}
