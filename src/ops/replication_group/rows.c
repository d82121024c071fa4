#include "ops/replication_group/rows.h"
#include "base/hash.h"
#include "ops/core/find.h"
#include "ops/parameter_group/parameter_group.h"
#include "plan/moves.gen.h"
#include "plan/node_row.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
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
        .status = CLUSTER_CREATING,
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
        .durability = rg->durability,
        .created_ms = now_ms,
        .parameter_apply_status = APPLY_IN_SYNC,
        .nodes_to_reboot = "",
        .next_node = 2,
        .config_version = 1,
        .pending_nodes_to_remove = "",
        .pending_zones = "",
        .config_nodes = "",
        .notification_topic_status = rg->notification_topic_status,
        .slow_log = rg->slow_log,
        .slow_log_status = rg->slow_log_status,
        .engine_log = rg->engine_log,
        .engine_log_status = rg->engine_log_status,
    };
}

/* A name nobody else has, as the engine makes them: 160 bits in hexadecimal digits. They follow from the request's random number. */
static const char *engine_name(struct op *op, const char *node_id)
{
    uint64_t x = hash_text((uint64_t)op->random, node_id), parts[3];
    for (int i = 0; i < 3; i++) { /* splitmix64 */
        uint64_t z = x += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        parts[i] = z ^ z >> 31;
    }
    return arena_printf(op->arena, "%016llx%016llx%08llx", (unsigned long long)parts[0], (unsigned long long)parts[1],
        (unsigned long long)(parts[2] & 0xffffffff));
}

int rg_add_shard_node(struct op *op, const struct row_node *n)
{
    struct row_shard_node s = {
        .region = n->region, .id = n->id, .name = engine_name(op, n->id), .seen_state = REDIS_CLUSTER_NONE, .seen_slots = ""};
    return q_shard_node_put(op->store, &s, op->err);
}

const char *rg_member_id(struct op *op, const struct row_replication_group *rg, const char *node_group_id, int number)
{
    if (rg_is_clustered(rg)) return arena_printf(op->arena, "%s-%s-%03d", rg->id, node_group_id, number);
    return arena_printf(op->arena, "%s-%03d", rg->id, number);
}

int rg_add_member(struct op *op, const struct row_replication_group *rg, const char *id, const char *node_group_id,
    const char *zone, const char **node_id)
{
    struct row_cache_cluster c = cluster_row(rg, id, node_group_id, zone, op->now_ms);
    struct row_node n = node_row(op->arena, &c, "0001", NODE_AVAILABLE, zone, op->now_ms);
    *node_id = n.id;
    int r = q_cache_cluster_put(op->store, &c, op->err);
    if (r == 0 && rg_is_clustered(rg)) r = rg_add_shard_node(op, &n);
    return r ? r : q_node_put(op->store, &n, op->err);
}

int rg_add_endpoint(struct op *op, const struct row_replication_group *rg, const char *node_group_id, enum endpoint_kind kind)
{
    struct row_endpoint e = {
        .region = rg->region,
        .id = arena_printf(op->arena, "%s.%s.%s", endpoint_kind_text(kind), rg->id, node_group_id),
        .kind = kind,
        .rg_id = rg->id,
        .node_group_id = node_group_id,
        .port = rg->port + (serverless_owns(rg->id) ? SERVERLESS_READER_PORTS : 0),
        .seen_state = ENDPOINT_UNKNOWN,
    };
    return q_endpoint_put(op->store, &e, op->err);
}

int rg_add_gateways(struct op *op, const struct row_replication_group *rg)
{
    struct row_node_group *ngs;
    size_t n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = rg_add_endpoint(op, rg, ngs[i].id, ENDPOINT_GATEWAY);
    return r;
}

int rg_add_node_group(struct op *op, const struct row_replication_group *rg, const struct new_shard *shard, const char *primary)
{
    struct row_node_group ng = {
        .region = rg->region,
        .rg_id = rg->id,
        .id = shard->id,
        .status = NODE_GROUP_CREATING,
        .slots = shard->slots,
        .primary_node_id = primary,
        .switch_offset = -1,
        .rise_offset = -1,
    };
    struct row_shard s = {.region = rg->region, .rg_id = rg->id, .id = shard->id, .next_member = shard->members + 1};
    int r = q_node_group_put(op->store, &ng, op->err);
    return r || !rg_is_clustered(rg) ? r : q_shard_put(op->store, &s, op->err);
}

int rg_add_shard(struct op *op, struct row_replication_group *rg, const struct new_shard *shard)
{
    const char *node_id = NULL, *primary = NULL;
    int r = 0;
    for (int i = 0; r == 0 && i < shard->members; i++) {
        const char *id = rg_member_id(op, rg, shard->id, i + 1);
        r = rg_add_member(op, rg, id, shard->id, shard->zones[i], &node_id);
        if (i == 0) primary = node_id;
    }
    return r ? r : rg_add_node_group(op, rg, shard, primary);
}

int rg_copy_settings(struct op *op, const struct row_replication_group *rg)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct row_cache_cluster *c = &clusters[i];
        if (strcmp(c->parameter_group, rg->parameter_group) != 0)
            move_apply_status(NULL, &c->parameter_apply_status, APPLY_VALUES_CHANGED); /* until a plan finds otherwise */
        c->parameter_group = rg->parameter_group;
        c->auto_minor_version_upgrade = rg->auto_minor_version_upgrade;
        c->snapshot_retention_limit = rg->snapshot_retention_limit;
        c->snapshot_window = rg->snapshot_window;
        c->maintenance_window = rg->maintenance_window;
        c->notification_topic_arn = rg->notification_topic_arn;
        c->notification_topic_status = rg->notification_topic_status;
        bool other_groups = strcmp(c->security_group_ids, rg->security_group_ids) != 0;
        c->security_group_ids = rg->security_group_ids;
        c->durability = rg->durability;
        c->slow_log = rg->slow_log;
        c->slow_log_status = rg->slow_log_status;
        c->engine_log = rg->engine_log;
        c->engine_log_status = rg->engine_log_status;
        r = q_cache_cluster_put(op->store, c, op->err);
        if (r == 0 && other_groups) r = note_event(op, c->id, EVENT_SECURITY_GROUP_CHANGED);
    }
    return r;
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
        if (members[i].role != MEMBER_PRIMARY) continue;
        r = q_rg_get(op->store, op->arena, members[i].region, members[i].rg_id, &primary, op->err);
        if (r == 0 && primary) from = primary;
    }
    return r ? r : parameter_group_get(op, from->region, from->parameter_group, out);
}

int rg_own_parameters(struct op *op, const char *global_id, struct row_replication_group *rg)
{
    struct parameter_group shared;
    int r = shared_parameters(op, global_id, rg, &shared);
    return r ? r : parameter_group_copy(op, rg, &shared, &rg->parameter_group);
}

int rg_set_modifying(struct op *op, struct row_replication_group *rg)
{
    struct row_node_group *ngs;
    size_t n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        move_node_group_status(NULL, &ngs[i].status, NODE_GROUP_CHANGE_ASKED);
        r = q_node_group_put(op->store, &ngs[i], op->err);
    }
    move_rg_status(NULL, &rg->status, RG_CHANGE_ASKED);
    return r ? r : q_replication_group_put(op->store, rg, op->err);
}
