#include "ops/core/find.h"
#include "ops/replication_group/group_adopt.h"
#include "ops/replication_group/group_plan.h"
#include "ops/replication_group/group_security.h"
#include "ops/replication_group/group_shards.h"
#include "ops/core/id.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/user/user_group.h"
#include <stdlib.h>
#include <string.h>

static struct row_cache_cluster cluster_row(
    const struct row_replication_group *rg, const char *id, const char *node_group_id, const char *zone, int64_t now_ms)
{
    return (struct row_cache_cluster){
        .region = rg->region,
        .id = id,
        .account = rg->account,
        .rg_id = rg->id,
        .node_group_id = node_group_id,
        .status = "creating",
        .engine = rg->engine,
        .engine_version = rg->engine_version,
        .node_type = rg->node_type,
        .num_nodes = 1,
        .parameter_group = rg->parameter_group,
        .subnet_group = rg->subnet_group,
        .port = rg->port,
        .availability_zone = zone,
        .at_rest_encryption = rg->at_rest_encryption,
        .transit_encryption = rg->transit_encryption,
        .auto_minor_version_upgrade = rg->auto_minor_version_upgrade,
        .snapshot_retention_limit = rg->snapshot_retention_limit,
        .snapshot_window = rg->snapshot_window,
        .maintenance_window = rg->maintenance_window,
        .notification_topic_arn = rg->notification_topic_arn,
        .security_group_ids = rg->security_group_ids,
        .network_type = rg->network_type,
        .ip_discovery = rg->ip_discovery,
        .created_ms = now_ms,
        .parameter_apply_status = "in-sync",
        .nodes_to_reboot = "",
        .next_node = 2,
        .config_version = 1,
        .pending_nodes_to_remove = "",
        .pending_zones = "",
        .config_nodes = "",
        .notification_topic_status = "active",
    };
}

static struct row_node node_row(struct op *op, const struct row_cache_cluster *c)
{
    return (struct row_node){
        .region = c->region,
        .id = arena_printf(op->arena, "%s.0001", c->id),
        .cluster_id = c->id,
        .node_id = "0001",
        .rg_id = c->rg_id,
        .node_group_id = c->node_group_id,
        .availability_zone = c->availability_zone,
        .port = c->port,
        .want = "run",
        .created_ms = op->now_ms,
        .seen_state = "unknown",
        .seen_endpoints = "",
        .incarnation = 1,
        .keep_data = 1,
        .status = "available",
    };
}

/* A name nobody else has, as the engine makes them: 160 bits in hexadecimal digits. They follow from the request's random number. */
static const char *engine_name(struct op *op, const char *node_id)
{
    uint64_t x = (uint64_t)op->random, parts[3];
    for (const char *p = node_id; *p; p++) x = (x ^ (unsigned char)*p) * 1099511628211u;
    for (int i = 0; i < 3; i++) { /* splitmix64 */
        uint64_t z = x += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        parts[i] = z ^ z >> 31;
    }
    return arena_printf(op->arena, "%016llx%016llx%08llx", (unsigned long long)parts[0], (unsigned long long)parts[1],
        (unsigned long long)(parts[2] & 0xffffffff));
}

int group_add_shard_node(struct op *op, const struct row_node *n)
{
    struct row_shard_node s = {
        .region = n->region, .id = n->id, .name = engine_name(op, n->id), .seen_state = "", .seen_slots = ""};
    return q_shard_node_put(op->store, &s, op->err);
}

const char *group_member_id(struct op *op, const struct row_replication_group *rg, const char *node_group_id, int number)
{
    if (group_is_clustered(rg)) return arena_printf(op->arena, "%s-%s-%03d", rg->id, node_group_id, number);
    return arena_printf(op->arena, "%s-%03d", rg->id, number);
}

int group_add_member(struct op *op, const struct row_replication_group *rg, const char *id, const char *node_group_id,
    const char *zone, const char **node_id)
{
    struct row_cache_cluster c = cluster_row(rg, id, node_group_id, zone, op->now_ms);
    struct row_node n = node_row(op, &c);
    *node_id = n.id;
    int r = q_cache_cluster_put(op->store, &c, op->err);
    if (r == 0 && group_is_clustered(rg)) r = group_add_shard_node(op, &n);
    return r ? r : q_node_put(op->store, &n, op->err);
}

int group_add_endpoint(struct op *op, const struct row_replication_group *rg, const char *node_group_id, const char *kind)
{
    struct row_endpoint e = {
        .region = rg->region,
        .id = arena_printf(op->arena, "%s.%s.%s", kind, rg->id, node_group_id),
        .kind = kind,
        .rg_id = rg->id,
        .node_group_id = node_group_id,
        .port = rg->port,
        .seen_state = "unknown",
    };
    return q_endpoint_put(op->store, &e, op->err);
}

int group_add_gateways(struct op *op, const struct row_replication_group *rg)
{
    struct row_node_group *ngs;
    size_t n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = group_add_endpoint(op, rg, ngs[i].id, "gateway");
    return r;
}

/* Compatible with both: clients find the group's cluster, and those that know of none its primary. */
static int write_endpoints(struct op *op, const struct group_plan *plan, const struct row_replication_group *rg)
{
    int r = group_is_clustered(rg) ? group_add_endpoint(op, rg, "", "configuration") : 0;
    if (r || strcmp(rg->cluster_mode, "enabled") == 0) return r;
    r = group_add_endpoint(op, rg, plan->shards->id, "primary");
    return r ? r : group_add_endpoint(op, rg, plan->shards->id, "reader");
}

static int write_node_group(
    struct op *op, const struct row_replication_group *rg, const struct group_shard *shard, const char *primary)
{
    struct row_node_group ng = {
        .region = rg->region,
        .rg_id = rg->id,
        .id = shard->id,
        .status = "creating",
        .slots = shard->slots,
        .primary_node_id = primary,
        .switch_offset = -1,
    };
    struct row_shard s = {.region = rg->region, .rg_id = rg->id, .id = shard->id, .next_member = shard->members + 1};
    int r = q_node_group_put(op->store, &ng, op->err);
    return r || !group_is_clustered(rg) ? r : q_shard_put(op->store, &s, op->err);
}

int group_write_shard(struct op *op, struct row_replication_group *rg, const struct group_shard *shard)
{
    const char *node_id = NULL, *primary = NULL;
    int r = 0;
    for (int i = 0; r == 0 && i < shard->members; i++) {
        const char *id = group_member_id(op, rg, shard->id, i + 1);
        r = group_add_member(op, rg, id, shard->id, shard->zones[i], &node_id);
        if (i == 0) primary = node_id;
    }
    return r ? r : write_node_group(op, rg, shard, primary);
}

static int write_adopted(struct op *op, const struct group_plan *plan, const struct row_replication_group *rg)
{
    const char *primary = NULL;
    int r = group_adopt_write(op, rg, plan->shards->id, plan->adopted, &primary);
    return r ? r : write_node_group(op, rg, plan->shards, primary);
}

/* In cluster mode the group's number is the next node group's; ids are never given twice. */
static int write_shards(struct op *op, const struct group_plan *plan, struct row_replication_group *rg)
{
    int r = plan->adopted ? write_adopted(op, plan, rg) : 0;
    for (size_t i = 0; r == 0 && plan->adopted == NULL && i < plan->n_shards; i++) {
        r = group_write_shard(op, rg, &plan->shards[i]);
        int64_t number = strtoll(plan->shards[i].id, NULL, 10);
        if (group_is_clustered(rg) && number >= rg->next_member) rg->next_member = number + 1;
    }
    if (!group_is_clustered(rg)) rg->next_member = plan->shards->members + 1;
    return r ? r : write_endpoints(op, plan, rg);
}

static int write_membership(struct op *op, const struct group_plan *plan)
{
    struct row_global_replication_group g = *plan->global;
    struct row_global_member m = {
        .global_id = g.id, .region = plan->rg.region, .rg_id = plan->rg.id, .role = "SECONDARY", .status = "associating"};
    g.status = "modifying";
    int r = q_global_member_put(op->store, &m, op->err);
    if (r == 0) r = q_global_replication_group_put(op->store, &g, op->err);
    return r ? r : group_add_gateways(op, &plan->rg);
}

/*
 * Each installation begins to give addresses somewhere else. Two of them on one machine then seldom want the same ones, even
 * where one does not run, and so can't hold its own, while the other begins.
 */
static int64_t first_host(const struct op *op)
{
    return op->random % INT32_MAX;
}

int region_ensure(struct op *op)
{
    struct row_region *row;
    int r = q_region_get(op->store, op->arena, op->region->name, &row, op->err);
    return r || row ? r : q_region_put(op->store, &(struct row_region){op->region->name, first_host(op)}, op->err);
}

/* The parameter group whose values a new member takes over: the primary's, or its own where it is the first. */
static int shared_parameters(
    struct op *op, const char *global_id, const struct row_replication_group *rg, struct parameter_group *out)
{
    struct row_global_member *members;
    size_t n;
    const struct row_replication_group *from = rg;
    int r = q_member_list(op->store, op->arena, global_id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct row_replication_group *primary;
        if (strcmp(members[i].role, "PRIMARY") != 0) continue;
        r = q_rg_get(op->store, op->arena, members[i].region, members[i].rg_id, &primary, op->err);
        if (r == 0 && primary) from = primary;
    }
    return r ? r : parameter_group_get(op, from->region, from->parameter_group, out);
}

int group_own_parameters(struct op *op, const char *global_id, struct row_replication_group *rg)
{
    struct parameter_group shared;
    int r = shared_parameters(op, global_id, rg, &shared);
    return r ? r : parameter_group_copy(op, rg, &shared, &rg->parameter_group);
}

int group_plan_write(struct op *op, const struct group_plan *plan)
{
    struct row_replication_group rg = plan->rg;
    int r = region_ensure(op);
    if (r == 0 && plan->global) r = group_own_parameters(op, plan->global->id, &rg);
    if (r == 0) r = write_shards(op, plan, &rg);
    if (r == 0) r = q_replication_group_put(op->store, &rg, op->err);
    if (r == 0 && plan->global) r = write_membership(op, plan);
    if (r == 0) r = group_access_create(op, &plan->user_group_ids, &rg);
    if (r == 0) r = group_security_create(op, plan->auth_token, plan->global ? plan->global->id : NULL, &rg);
    return r ? r : restore_write_group(op, &plan->restore, rg.id);
}

int group_copy_settings(struct op *op, const struct row_replication_group *rg)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct row_cache_cluster *c = &clusters[i];
        if (strcmp(c->parameter_group, rg->parameter_group) != 0)
            c->parameter_apply_status = "applying"; /* until a plan finds otherwise */
        c->parameter_group = rg->parameter_group;
        c->auto_minor_version_upgrade = rg->auto_minor_version_upgrade;
        c->snapshot_retention_limit = rg->snapshot_retention_limit;
        c->snapshot_window = rg->snapshot_window;
        c->maintenance_window = rg->maintenance_window;
        c->notification_topic_arn = rg->notification_topic_arn;
        c->security_group_ids = rg->security_group_ids;
        r = q_cache_cluster_put(op->store, c, op->err);
    }
    return r;
}
