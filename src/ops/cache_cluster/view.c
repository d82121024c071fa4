#include "ops/cache_cluster/view.h"
#include "base/text.h"
#include "ops/core/id.h"
#include "ops/core/logs.h"
#include "ops/core/view.h"
#include "plan/encryption.h"
#include "plan/shown.h"
#include "plan/want.h"
#include <string.h>

/* The nodes of a replication group's members show their cache cluster's status, in the few words that nodes have. */
static const char *node_status(const struct row_cache_cluster *c, const struct row_node *n)
{
    bool own = c->status == CLUSTER_CREATING || c->status == CLUSTER_DELETING;
    if (c->rg_id && own) return cluster_status_text(c->status);
    return node_status_text(shown_node_status(n));
}

static const char *node_apply_status(const struct row_cache_cluster *row, const char *node_id)
{
    bool reboot = row->parameter_apply_status == APPLY_PENDING_REBOOT;
    return reboot && !text_has_word(row->nodes_to_reboot, node_id) ? apply_status_text(APPLY_IN_SYNC)
                                                                   : apply_status_text(row->parameter_apply_status);
}

static struct api_endpoint *view_node_endpoint(struct op *op, const struct row_cache_cluster *row, const struct row_node *n)
{
    if (!n->settled) return NULL;
    return view_endpoint(op, n->address, n->port, NAME_NODE, row->transit_encryption,
        (struct endpoint_owner){.account = row->account, .rg = row->rg_id, .cluster = row->id, .node = n->node_id});
}

static int view_nodes(struct op *op, const struct row_cache_cluster *row, struct api_cache_cluster *out)
{
    struct row_node *nodes;
    size_t n;
    int r = q_node_list_by_cluster(op->store, op->arena, row->region, row->id, &nodes, &n, op->err);
    if (r) return r;
    out->cache_nodes = (struct api_cache_node_list){true, n, arena_array(op->arena, struct api_cache_node, n)};
    for (size_t i = 0; i < n; i++)
        out->cache_nodes.items[i] = (struct api_cache_node){
            .cache_node_id = nodes[i].node_id,
            .cache_node_status = node_status(row, &nodes[i]),
            .cache_node_create_time = OPT_TIME(nodes[i].created_ms),
            .endpoint = view_node_endpoint(op, row, &nodes[i]),
            .parameter_group_status = node_apply_status(row, nodes[i].node_id),
            .customer_availability_zone = nodes[i].availability_zone,
        };
    return 0;
}

static struct api_cache_parameter_group_status *view_parameter_group(struct op *op, const struct row_cache_cluster *row)
{
    struct api_cache_parameter_group_status *s = arena_new(op->arena, struct api_cache_parameter_group_status);
    *s = (struct api_cache_parameter_group_status){
        .cache_parameter_group_name = row->parameter_group,
        .parameter_apply_status = apply_status_text(row->parameter_apply_status),
        .cache_node_ids_to_reboot = view_words(op, row->nodes_to_reboot),
    };
    return s;
}

static struct api_security_group_membership_list view_security_groups(struct op *op, const struct row_cache_cluster *row)
{
    struct string_list ids = view_words(op, row->security_group_ids);
    struct api_security_group_membership_list list = {
        true, ids.n, arena_array(op->arena, struct api_security_group_membership, ids.n)};
    for (size_t i = 0; i < ids.n; i++)
        list.items[i] = (struct api_security_group_membership){.security_group_id = ids.items[i], .status = "active"};
    return list;
}

static struct api_notification_configuration *view_topic(struct op *op, const struct row_cache_cluster *row)
{
    if (row->notification_topic_arn == NULL) return NULL;
    struct api_notification_configuration *c = arena_new(op->arena, struct api_notification_configuration);
    *c = (struct api_notification_configuration){
        .topic_arn = row->notification_topic_arn, .topic_status = topic_status_text(row->notification_topic_status)};
    return c;
}

static struct api_pending_modified_values *view_pending(struct op *op, const struct row_cache_cluster *row)
{
    struct api_pending_modified_values *p = arena_new(op->arena, struct api_pending_modified_values);
    p->cache_node_type = row->pending_node_type;
    p->engine_version = row->pending_engine_version;
    if (row->pending_num_nodes) p->num_cache_nodes = OPT_INT(row->pending_num_nodes);
    struct row_cache_cluster copy = *row;
    const struct log_columns logs[] = LOG_COLUMNS_OF(&copy);
    p->pending_log_delivery_configuration = logs_view_pending(op, logs);
    if (*row->pending_nodes_to_remove) p->cache_node_ids_to_remove = view_words(op, row->pending_nodes_to_remove);
    return p;
}

static int view_configuration_endpoint(struct op *op, const struct row_cache_cluster *row, struct api_cache_cluster *out)
{
    struct row_endpoint *e;
    int r = q_endpoint_of_cluster(op->store, op->arena, row->region, row->id, &e, op->err);
    if (r == 0 && e && e->address)
        out->configuration_endpoint = view_endpoint(op, e->address, e->port, NAME_MEMCACHED_CONFIGURATION, ENCRYPTION_NONE,
            (struct endpoint_owner){.account = row->account, .cluster = row->id});
    return r;
}

/* A member is encrypted, and asks for a token, as its replication group does. */
static int view_encryption(struct op *op, const struct row_cache_cluster *row, struct api_cache_cluster *out)
{
    struct row_encryption *e = NULL;
    struct api_pending_modified_values *pending = out->pending_modified_values;
    int r = row->rg_id ? q_encryption_get(op->store, op->arena, row->region, row->rg_id, &e, op->err) : 0;
    out->transit_encryption_mode = encryption_word(row->transit_encryption);
    out->auth_token_enabled = OPT_BOOL(e && e->token);
    if (r || e == NULL) return r;
    if (e->token && e->token_modified_ms) out->auth_token_last_modified_date = OPT_TIME(e->token_modified_ms);
    pending->auth_token_status = token_change_text(e->token_change);
    if (e->next_mode == ENCRYPTION_UNSET) return 0;
    pending->transit_encryption_enabled = OPT_BOOL(e->next_mode != ENCRYPTION_NONE);
    pending->transit_encryption_mode = encryption_word(e->next_mode);
    return 0;
}

int view_cluster(struct op *op, const struct row_cache_cluster *row, bool with_nodes, struct api_cache_cluster *out)
{
    bool provisioned = row->status != CLUSTER_CREATING;
    struct row_cache_cluster copy = *row;
    const struct log_columns logs[] = LOG_COLUMNS_OF(&copy);
    *out = (struct api_cache_cluster){
        .cache_cluster_id = row->id,
        .client_download_landing_page = "https://console.aws.amazon.com/elasticache/home#client-download:",
        .cache_node_type = row->node_type,
        .engine = row->engine,
        .engine_version = row->engine_version,
        .cache_cluster_status = cluster_status_text(shown_cluster_status(row)),
        .num_cache_nodes = OPT_INT(row->num_nodes),
        .preferred_availability_zone = row->availability_zone,
        .preferred_maintenance_window = row->maintenance_window,
        .pending_modified_values = view_pending(op, row),
        .notification_configuration = view_topic(op, row),
        .cache_security_groups = {.set = true},
        .cache_parameter_group = view_parameter_group(op, row),
        .cache_subnet_group_name = row->subnet_group,
        .auto_minor_version_upgrade = OPT_BOOL(row->auto_minor_version_upgrade),
        .security_groups = view_security_groups(op, row),
        .replication_group_id = row->rg_id,
        .transit_encryption_enabled = OPT_BOOL(row->transit_encryption != ENCRYPTION_NONE),
        .at_rest_encryption_enabled = OPT_BOOL(row->at_rest_encryption),
        .arn = arn_of(op, row->account, "cluster", row->id),
        .replication_group_log_delivery_enabled = OPT_BOOL(row->rg_id && (row->slow_log_status || row->engine_log_status)),
        .log_delivery_configurations = logs_view(op, logs),
        .network_type = row->network_type,
        .ip_discovery = row->ip_discovery,
    };
    bool memcached = strcmp(row->engine, "memcached") == 0;
    if (!memcached) out->snapshot_retention_limit = OPT_INT(row->snapshot_retention_limit);
    if (!memcached) out->snapshot_window = row->snapshot_window;
    int r = view_encryption(op, row, out);
    if (r || !provisioned) return r;
    out->cache_cluster_create_time = OPT_TIME(row->created_ms);
    r = memcached ? view_configuration_endpoint(op, row, out) : 0;
    if (r) return r;
    return with_nodes && row->status != CLUSTER_DELETING ? view_nodes(op, row, out) : 0;
}
