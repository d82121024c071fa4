#include "ops/cache_cluster/change.h"
#include "base/text.h"
#include "catalog/limits.gen.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/logs.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/window.h"
#include "ops/core/zone.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/moves.gen.h"
#include "plan/want.h"
#include <string.h>

/* A request and the row it changes. */
struct change {
    struct op *op;
    const struct api_modify_cache_cluster_in *in;
    struct row_cache_cluster *c;
    struct row_node *nodes;
    size_t n_nodes;
};

static bool is_memcached(const struct change *x)
{
    return strcmp(x->c->engine, "memcached") == 0;
}

static const struct engine_version *version_of(const struct row_cache_cluster *c)
{
    return engine_version_find(engine_find(c->engine), c->engine_version);
}

static int check_change_served(const struct change *x)
{
    const struct api_modify_cache_cluster_in *in = x->in;
    if (in->ip_discovery && strcmp(in->ip_discovery, "ipv4") != 0) return not_served(x->op, "IPv6");
    if (in->scale_config) return not_served(x->op, "ScaleConfig");
    if (in->auth_token || in->auth_token_update_strategy)
        return op_fault(
            x->op, FAULT_INVALID_PARAMETER_COMBINATION, "The AUTH token is only supported when encryption-in-transit is enabled");
    return 0;
}

/* Members of a replication group share what only their replication group can change. */
static int check_member(const struct change *x)
{
    const struct api_modify_cache_cluster_in *in = x->in;
    bool shared = in->num_cache_nodes.set || in->cache_node_ids_to_remove.n || in->az_mode || in->new_availability_zones.n ||
                  in->engine || in->engine_version || in->cache_node_type || in->cache_parameter_group_name ||
                  in->log_delivery_configurations.n;
    if (x->c->rg_id == NULL || !shared) return 0;
    return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
        "Cache cluster %s is a member of replication group %s: use ModifyReplicationGroup.", x->c->id, x->c->rg_id);
}

/* ---- at once ---- */

static int change_snapshots(const struct change *x)
{
    struct row_cache_cluster *c = x->c;
    int r = request_retention(x->op, x->in->snapshot_retention_limit, c->snapshot_retention_limit, &c->snapshot_retention_limit);
    if (r == 0 && is_memcached(x) && c->snapshot_retention_limit)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION, "Snapshots are not supported for engine memcached.");
    return r;
}

static int change_security_groups(const struct change *x)
{
    int r = request_security_groups(x->op, &x->in->cache_security_group_names, &x->in->security_group_ids, false);
    if (r || !x->in->security_group_ids.set) return r;
    const char *ids = request_words(x->op, &x->in->security_group_ids);
    if (strcmp(ids, x->c->security_group_ids) == 0) return 0;
    x->c->security_group_ids = ids;
    return note_event(x->op, x->c->id, EVENT_SECURITY_GROUP_CHANGED);
}

/* The cache cluster is 'modifying' until its nodes deliver as they shall. */
static int change_logs(const struct change *x)
{
    struct log_columns logs[] = LOG_COLUMNS_OF(x->c);
    bool changes = false, at_once = request_flag(x->in->apply_immediately, false);
    int r = logs_read(x->op, &x->in->log_delivery_configurations, version_of(x->c), at_once, logs, &changes);
    if (r == 0 && changes) move_cluster_status(NULL, &x->c->status, CLUSTER_CHANGE_BEGUN);
    return r;
}

static int change_settings(const struct change *x)
{
    const struct api_modify_cache_cluster_in *in = x->in;
    struct row_cache_cluster *c = x->c;
    if (in->auto_minor_version_upgrade.set) c->auto_minor_version_upgrade = in->auto_minor_version_upgrade.v;
    int r = request_topic(x->op, in->notification_topic_arn, &c->notification_topic_arn);
    if (r == 0) r = request_topic_status(x->op, in->notification_topic_status, &c->notification_topic_status);
    if (r == 0) r = change_security_groups(x);
    if (r == 0) r = change_snapshots(x);
    return r ? r
             : window_change(x->op, c->snapshot_retention_limit > 0, in->preferred_maintenance_window, in->snapshot_window,
                   &c->maintenance_window, &c->snapshot_window);
}

/* ---- engine, parameters, node type ---- */

static int find_new_version(const struct change *x, const struct engine_version **to)
{
    const struct engine_version *from = version_of(x->c);
    const struct engine *e = x->in->engine ? engine_find(x->in->engine) : from->engine;
    if (e != from->engine)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The engine of a cache cluster can't be changed from %s to %s.", from->engine->name, x->in->engine);
    *to = from;
    if (x->in->engine_version == NULL || strcmp(x->in->engine_version, from->full) == 0) return 0;
    int r = request_version(x->op, e, x->in->engine_version, to);
    if (r == 0 && engine_version_change(from, *to) == VERSION_DOWNGRADE)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION, "The engine can't be changed from %s %s to %s %s.", e->name,
            from->version, e->name, (*to)->version);
    return r;
}

/* Another family's parameter group comes with the version; one of the same family is used at once. */
static int change_parameter_group(const struct change *x, const struct engine_version *to, bool same_family)
{
    struct parameter_group g;
    const char *given = x->in->cache_parameter_group_name;
    const char *standard = default_group_name(x->op->arena, version_of(x->c)->family, false);
    if (given == NULL && same_family) return 0;
    if (given == NULL && strcmp(x->c->parameter_group, standard) != 0)
        given = x->c->parameter_group; /* which is of the wrong family */
    int r = parameter_group_resolve(x->op, given, to, &g);
    if (r == 0) r = parameter_group_check_mode(x->op, &g, false);
    if (r) return r;
    if (!same_family) x->c->pending_parameter_group = g.name;
    if (!same_family) return 0;
    r = parameter_group_check_swap(x->op, x->c->parameter_group, &g);
    if (strcmp(x->c->parameter_group, g.name) != 0) move_apply_status(NULL, &x->c->parameter_apply_status, APPLY_VALUES_CHANGED);
    x->c->parameter_group = g.name;
    return r;
}

static int change_cluster_engine(const struct change *x)
{
    const struct engine_version *to, *from = version_of(x->c);
    int r = find_new_version(x, &to);
    if (r) return r;
    if (x->in->engine_version) {
        x->c->pending_engine_version = to == from ? NULL : to->full;
        x->c->pending_engine = to == from ? NULL : to->engine->name;
        x->c->pending_parameter_group = NULL;
    }
    return change_parameter_group(x, to, strcmp(from->family, to->family) == 0);
}

static int change_cluster_node_type(const struct change *x)
{
    const struct node_type *to;
    if (x->in->cache_node_type == NULL) return 0;
    int r = request_new_node_type(x->op, x->in->cache_node_type, x->c->node_type, version_of(x->c), &to);
    if (r == 0) x->c->pending_node_type = strcmp(to->name, x->c->node_type) == 0 ? NULL : to->name;
    return r;
}

/* ---- the number of nodes ---- */

static const struct row_node *find_cluster_node(const struct change *x, const char *node_id)
{
    for (size_t i = 0; i < x->n_nodes; i++)
        if (strcmp(x->nodes[i].node_id, node_id) == 0) return &x->nodes[i];
    return NULL;
}

static int remove_nodes(const struct change *x, int64_t less)
{
    const struct string_list *ids = &x->in->cache_node_ids_to_remove;
    const char *list = "";
    if ((int64_t)ids->n != less)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of cache node ids to remove (%zu) must match the number of nodes that the cluster loses (%lld).", ids->n,
            (long long)less);
    for (size_t i = 0; i < ids->n; i++) {
        const char *id = ids->items[i];
        if (find_cluster_node(x, id) == NULL || text_has_word(list, id))
            return op_fault(x->op, FAULT_INVALID_PARAMETER_VALUE, "Cache node %s is not one of cache cluster %s, or named twice.",
                id, x->c->id);
        list = arena_printf(x->op->arena, "%s%s%s", list, i ? " " : "", id);
    }
    x->c->pending_nodes_to_remove = list;
    return 0;
}

/* Nodes that are to be spread go one after the other into the zone that has the fewest by then. */
static int add_nodes(const struct change *x, int64_t more)
{
    const struct string_list *asked = &x->in->new_availability_zones;
    struct string_list zones, taken = {.items = arena_array(x->op->arena, const char *, x->n_nodes + (size_t)more)};
    if (x->in->cache_node_ids_to_remove.n)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
            "CacheNodeIdsToRemove can only be used where the number of cache nodes goes down.");
    if (asked->n && (int64_t)asked->n != more)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of new availability zones must match the number of new cache nodes.");
    int r = subnet_group_zones(x->op, x->c->subnet_group, &zones);
    for (; taken.n < x->n_nodes; taken.n++) taken.items[taken.n] = x->nodes[taken.n].availability_zone;
    for (size_t i = 0; r == 0 && i < (size_t)more; i++) {
        const char *zone = x->nodes[0].availability_zone;
        if (asked->n) zone = asked->items[i];
        else if (x->c->az_mode == AZ_MODE_CROSS_AZ) zone = zone_emptiest(zones.items, zones.n, &taken);
        taken.items[taken.n++] = zone;
        r = subnet_group_check_zone(x->op, x->c->subnet_group, zone);
    }
    const struct string_list added = {true, (size_t)more, taken.items + x->n_nodes};
    if (r == 0) x->c->pending_zones = request_words(x->op, &added);
    return r ? r : check_node_quota(x->op, more);
}

static int change_az_mode(const struct change *x)
{
    if (x->in->az_mode == NULL) return 0;
    bool cross = strcmp(x->in->az_mode, "cross-az") == 0;
    int64_t n = x->in->num_cache_nodes.set ? x->in->num_cache_nodes.v : x->c->num_nodes;
    if (cross && n < 2)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION, "AZMode cross-az needs at least 2 cache nodes.");
    if (!cross && strcmp(x->c->availability_zone, "Multiple") == 0)
        return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
            "AZMode single-az can't be used while there are nodes in more than one availability zone.");
    x->c->az_mode = word_of(&words_az_mode, x->in->az_mode);
    return 0;
}

/* A new number takes the place of one that waits; the number there is cancels it. */
static int change_num_nodes(const struct change *x)
{
    int64_t n = x->in->num_cache_nodes.v, now = x->c->num_nodes;
    if (!x->in->num_cache_nodes.set) {
        if (x->in->cache_node_ids_to_remove.n || x->in->new_availability_zones.n)
            return op_fault(x->op, FAULT_INVALID_PARAMETER_COMBINATION,
                "CacheNodeIdsToRemove and NewAvailabilityZones can only be used with NumCacheNodes.");
        return 0;
    }
    if (n < 1) return op_fault(x->op, FAULT_INVALID_PARAMETER_VALUE, "The number of cache nodes must be at least 1.");
    if (n > 1 && !is_memcached(x))
        return op_fault(x->op, FAULT_INVALID_PARAMETER_VALUE, "Cannot modify a Redis cluster to have more than 1 cache node.");
    if (n > LIMIT_MEMCACHED_NODES_PER_CLUSTER)
        return op_fault(x->op, FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
            "Cluster node quota exceeded. Each cluster can have at most %d nodes in this region.",
            LIMIT_MEMCACHED_NODES_PER_CLUSTER);
    x->c->pending_num_nodes = n == now ? 0 : n;
    x->c->pending_nodes_to_remove = x->c->pending_zones = "";
    return n > now ? add_nodes(x, n - now) : remove_nodes(x, now - n);
}

int cluster_change(struct op *op, const struct api_modify_cache_cluster_in *in, struct row_cache_cluster *c)
{
    struct change x = {.op = op, .in = in, .c = c};
    struct row_cache_cluster before = *c;
    int r = q_node_list_by_cluster(op->store, op->arena, c->region, c->id, &x.nodes, &x.n_nodes, op->err);
    if (r == 0) r = check_change_served(&x);
    if (r == 0) r = check_member(&x);
    if (r == 0) r = change_settings(&x);
    if (r == 0 && c->rg_id == NULL) r = change_cluster_engine(&x);
    if (r == 0) r = change_cluster_node_type(&x);
    if (r == 0) r = change_az_mode(&x);
    if (r == 0) r = change_num_nodes(&x);
    if (r == 0) r = change_logs(&x);
    if (r) return r;
    bool at_once = request_flag(in->apply_immediately, false), has_due_changes = c->pending_since_ms && at_once;
    if (!has_due_changes && in->log_delivery_configurations.n == 0 && row_equal(&sql_table_cache_cluster, &before, c))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "No modifications were requested");
    if (c->rg_id) return 0;
    /* Whatever is pending goes along with what is to be changed immediately. */
    bool pending = c->pending_node_type || c->pending_engine_version || c->pending_num_nodes;
    c->pending_since_ms = pending && !at_once ? op->now_ms : 0;
    return 0;
}
