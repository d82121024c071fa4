#include "ops/cache_cluster/creation.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include "ops/core/region.h"
#include "ops/core/logs.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/core/window.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/snapshot/restore.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include <string.h>

struct cluster_creation {
    struct row_cache_cluster c;
    const struct engine_version *version;
    struct string_list zones; /* one for each node */
    struct restore restore;
};

static bool is_memcached(const struct cluster_creation *p)
{
    return p->version->engine->id == ENGINE_MEMCACHED;
}

/* What would need processes that are not built yet is refused, so that nothing is promised that is not so. */
static int check_cluster_served(struct op *op, const struct api_create_cache_cluster_in *in)
{
    const struct {
        bool asked;
        const char *what;
    } table[] = {
        {in->outpost_mode || in->preferred_outpost_arn || in->preferred_outpost_arns.n, "AWS Outposts"},
        {in->network_type && strcmp(in->network_type, "ipv4") != 0, "IPv6"},
        {in->ip_discovery && strcmp(in->ip_discovery, "ipv4") != 0, "IPv6"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].asked) return not_served(op, table[i].what);
    return 0;
}

/* ---- engine ---- */

static int read_encryption(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    p->c.transit_encryption = ENCRYPTION_NONE;
    if (!request_flag(in->transit_encryption_enabled, false)) {
        if (in->auth_token == NULL || in->auth_token[0] == '\0') return 0;
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The AUTH token is only supported when encryption-in-transit is enabled");
    }
    if (!is_memcached(p))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Encryption feature is not supported for engine REDIS.");
    if (!engine_version_has(p->version, ENGINE_FEATURE_ENCRYPTION))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Encryption features are not supported for engine version %s. Please use engine version %s", p->version->full,
            engine_features[ENGINE_FEATURE_ENCRYPTION][ENGINE_MEMCACHED]);
    if (in->auth_token && in->auth_token[0])
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "AUTH token is not supported for engine memcached.");
    p->c.transit_encryption = ENCRYPTION_REQUIRED;
    return 0;
}

static int read_cluster_engine(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    if (in->engine == NULL || in->engine[0] == '\0')
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter Engine must be provided and must not be null.");
    const struct engine *e = engine_find(in->engine);
    if (e == NULL)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Engine: %s. A cache cluster's engine is memcached or redis.", in->engine);
    if (e->id == ENGINE_VALKEY)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "This API doesn't support Valkey engine. Please use CreateReplicationGroup API for Valkey cluster creation.");
    int r = request_version(op, e, in->engine_version, &p->version);
    if (r) return r;
    p->c.engine = e->name;
    p->c.engine_version = p->version->full;
    return read_encryption(op, in, p);
}

static int read_node_type(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    const struct node_type *t;
    int r = request_node_type(op, in->cache_node_type, p->version, &t);
    if (r == 0 && t->family->data_tiering)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The node type %s is for replication groups with data tiering only.", t->name);
    if (r) return r;
    p->c.node_type = t->name;
    return 0;
}

static int read_parameter_group(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    struct parameter_group g;
    int r = parameter_group_resolve(op, in->cache_parameter_group_name, p->version, &g);
    if (r) return r;
    p->c.parameter_group = g.name;
    return parameter_group_check_mode(op, &g, false);
}

/* ---- nodes and zones ---- */

static int read_num_nodes(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    int64_t n = p->c.num_nodes = in->num_cache_nodes.set ? in->num_cache_nodes.v : 1;
    if (n < 1) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of cache nodes must be at least 1.");
    if (!is_memcached(p) && n > 1)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Cannot create a Redis cluster with a NumCacheNodes parameter greater than 1.");
    if (n > LIMIT_MEMCACHED_NODES_PER_CLUSTER)
        return op_fault(op, FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
            "Cluster node quota exceeded. Each cluster can have at most %d nodes in this region.",
            LIMIT_MEMCACHED_NODES_PER_CLUSTER);
    int r = check_node_quota(op, n);
    return r ? r : check_cluster_quota(op);
}

static bool all_alike(const struct string_list *words)
{
    for (size_t i = 1; i < words->n; i++)
        if (strcmp(words->items[0], words->items[i]) != 0) return false;
    return true;
}

static int check_zones(struct op *op, const struct api_create_cache_cluster_in *in, const struct cluster_creation *p)
{
    enum fault combination = FAULT_INVALID_PARAMETER_COMBINATION;
    const struct string_list *zones = &in->preferred_availability_zones;
    bool cross = in->az_mode && strcmp(in->az_mode, "cross-az") == 0;
    if (zones->n && !is_memcached(p))
        return op_fault(op, combination,
            "PreferredAvailabilityZones can only be used with the engine memcached: use PreferredAvailabilityZone.");
    if (zones->n && in->preferred_availability_zone)
        return op_fault(op, combination, "PreferredAvailabilityZone can't be used together with PreferredAvailabilityZones.");
    if (cross && p->c.num_nodes < 2) return op_fault(op, combination, "AZMode cross-az needs at least 2 cache nodes.");
    if (cross && (in->preferred_availability_zone || (zones->n && all_alike(zones))))
        return op_fault(op, combination, "AZMode cross-az needs more than one availability zone.");
    if (in->az_mode && !cross && !all_alike(zones))
        return op_fault(op, combination, "AZMode single-az can't be used with more than one availability zone.");
    if (zones->n && (int64_t)zones->n != p->c.num_nodes)
        return op_fault(
            op, combination, "Must specify the same number of preferred availability zones as requested number of nodes.");
    const char *alone = in->preferred_availability_zone, *group = p->c.subnet_group;
    int r = alone ? subnet_group_check_zone(op, group, alone) : 0;
    for (size_t i = 0; r == 0 && i < zones->n; i++) r = subnet_group_check_zone(op, group, zones->items[i]);
    return r;
}

/* Nodes that nobody placed stand together in one zone, or go around the subnet group's zones if they shall be spread. */
static int read_zones(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    const struct string_list *asked = &in->preferred_availability_zones;
    bool cross = in->az_mode ? strcmp(in->az_mode, "cross-az") == 0 : !all_alike(asked);
    struct string_list free_choice;
    int r = check_zones(op, in, p);
    if (r == 0) r = subnet_group_zones(op, p->c.subnet_group, &free_choice);
    if (r) return r;
    p->zones = (struct string_list){true, (size_t)p->c.num_nodes, arena_array(op->arena, const char *, p->c.num_nodes)};
    for (size_t i = 0; i < p->zones.n; i++) {
        const char *any =
            in->preferred_availability_zone ? in->preferred_availability_zone : free_choice.items[cross ? i % free_choice.n : 0];
        p->zones.items[i] = asked->n ? asked->items[i] : any;
    }
    p->c.az_mode = cross ? AZ_MODE_CROSS_AZ : AZ_MODE_SINGLE_AZ;
    p->c.availability_zone = all_alike(&p->zones) ? p->zones.items[0] : "Multiple";
    return 0;
}

/* ---- the rest ---- */

static int read_snapshots(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    int r = request_retention(op, in->snapshot_retention_limit, 0, &p->c.snapshot_retention_limit);
    if (r == 0 && is_memcached(p) && p->c.snapshot_retention_limit)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Snapshots are not supported for engine memcached.");
    return r;
}

static int read_settings(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    struct row_cache_cluster *c = &p->c;
    c->region = op->region->name;
    c->account = op->account;
    move_cluster_status(NULL, &c->status, CLUSTER_ASKED);
    c->network_type = c->ip_discovery = "ipv4";
    c->created_ms = op->now_ms;
    c->auto_minor_version_upgrade = request_flag(in->auto_minor_version_upgrade, true);
    c->notification_topic_status = TOPIC_ACTIVE;
    c->security_group_ids = request_words(op, &in->security_group_ids);
    move_apply_status(NULL, &c->parameter_apply_status, APPLY_ASKED);
    c->nodes_to_reboot = c->pending_nodes_to_remove = c->pending_zones = c->config_nodes = "";
    c->next_node = c->config_version = 1;
    struct log_columns logs[] = LOG_COLUMNS_OF(c);
    bool changes = false;
    int r = request_port(op, in->port, p->version->engine->port, &c->port);
    if (r == 0) r = logs_read(op, &in->log_delivery_configurations, p->version, true, logs, &changes);
    if (r == 0)
        r = request_security_groups(
            op, &in->cache_security_group_names, &in->security_group_ids, in->cache_subnet_group_name != NULL);
    if (r == 0) r = request_topic(op, in->notification_topic_arn, &c->notification_topic_arn);
    if (r == 0) r = subnet_group_resolve(op, in->cache_subnet_group_name, &c->subnet_group);
    if (r == 0)
        r = window_choose(op, in->preferred_maintenance_window, in->snapshot_window, &c->maintenance_window, &c->snapshot_window);
    return r ? r : read_snapshots(op, in, p);
}

static int read_id(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    struct row_cache_cluster *other;
    int r = id_check(op, "CacheClusterIdentifier", in->cache_cluster_id, 50, &p->c.id);
    if (r == 0) r = q_cluster_get(op->store, op->arena, op->region->name, p->c.id, &other, op->err);
    if (r == 0 && other) return op_fault(op, FAULT_CACHE_CLUSTER_ALREADY_EXISTS, "Cache cluster %s already exists", p->c.id);
    return r;
}

static int read_request(struct op *op, const struct api_create_cache_cluster_in *in, struct cluster_creation *p)
{
    struct api_create_cache_cluster_in filled;
    int r = read_id(op, in, p);
    if (r == 0) r = restore_read(op, id_fold(op, in->snapshot_name), &in->snapshot_arns, &p->restore);
    if (r == 0 && p->restore.n) {
        r = restore_fill_cluster(op, &p->restore, in, &filled);
        in = &filled;
    }
    if (r == 0) r = read_cluster_engine(op, in, p);
    if (r == 0) r = restore_check(op, &p->restore, p->version, false);
    if (r == 0) r = check_cluster_served(op, in);
    if (r == 0) r = request_part(op, p->version, PART_NODES, true);
    if (r == 0) r = read_settings(op, in, p);
    if (r == 0) r = request_part(op, p->version, PART_SNAPSHOTS, p->c.snapshot_retention_limit > 0);
    if (r == 0) r = read_node_type(op, in, p);
    if (r == 0) r = read_num_nodes(op, in, p);
    if (r == 0) r = read_parameter_group(op, in, p);
    return r ? r : read_zones(op, in, p);
}

static int write_endpoint(struct op *op, const struct row_cache_cluster *c)
{
    struct row_endpoint e = {
        .region = c->region,
        .id = arena_printf(op->arena, "configuration.%s", c->id),
        .kind = ENDPOINT_CONFIGURATION,
        .cluster_id = c->id,
        .port = c->port,
        .seen_state = ENDPOINT_UNKNOWN,
    };
    return q_endpoint_put(op->store, &e, op->err);
}

int cluster_create(struct op *op, const struct api_create_cache_cluster_in *in, const char **id)
{
    struct cluster_creation p = {0};
    int r = read_request(op, in, &p);
    if (r == 0) r = region_ensure(op);
    for (size_t i = 0; r == 0 && i < p.zones.n; i++) {
        struct row_node n = plan_new_node(op->arena, &p.c, p.zones.items[i], op->now_ms);
        r = q_node_put(op->store, &n, op->err);
        if (r == 0) r = restore_write_cluster(op, &p.restore, p.c.id, n.id);
    }
    if (r == 0) r = q_cache_cluster_put(op->store, &p.c, op->err);
    if (r == 0 && is_memcached(&p)) r = write_endpoint(op, &p.c);
    const char *arn = r == 0 ? arn_of(op, op->account, "cluster", p.c.id) : NULL;
    if (r == 0) r = restore_copy_tags(op, &p.restore, arn);
    if (r == 0 && in->tags.n) r = tags_put(op, arn, &in->tags);
    *id = p.c.id;
    return r;
}
