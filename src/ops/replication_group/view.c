#include "ops/replication_group/view.h"
#include "base/buf.h"
#include "base/mistake.h"
#include "base/slots.h"
#include "model/xml.h"
#include "ops/core/id.h"
#include "ops/core/logs.h"
#include "ops/core/view.h"
#include "ops/replication_group/durability.h"
#include "plan/encryption.h"
#include "plan/rg_row.h"
#include "plan/shown.h"
#include <assert.h>
#include <string.h>

/* Everything that belongs to the replication groups of one page, each array in the order of the replication groups. */
struct belongings {
    struct row_node_group *node_groups;
    struct row_resharding *reshardings;
    struct row_shard *shards;
    struct row_node *nodes;
    struct row_endpoint *endpoints;
    struct row_global_member *members;
    struct row_rg_user_group *user_groups;
    struct row_encryption *encryptions;
    size_t n_node_groups, n_nodes, n_endpoints, n_members, n_user_groups, n_encryptions, n_reshardings, n_shards;
    size_t at_node_group, at_node, at_endpoint, at_member, at_user_group, at_encryption, at_resharding,
        at_shard; /* where the next replication group's begin */
};

static int read_belongings(struct op *op, const char *first, const char *last, struct belongings *b)
{
    const char *region = op->region->name;
    *b = (struct belongings){0};
    int r = q_node_group_span(op->store, op->arena, region, first, last, &b->node_groups, &b->n_node_groups, op->err);
    if (r == 0) r = q_node_span(op->store, op->arena, region, first, last, &b->nodes, &b->n_nodes, op->err);
    if (r == 0) r = q_endpoint_span(op->store, op->arena, region, first, last, &b->endpoints, &b->n_endpoints, op->err);
    if (r == 0) r = q_member_span(op->store, op->arena, region, first, last, &b->members, &b->n_members, op->err);
    if (r == 0) r = q_encryption_span(op->store, op->arena, region, first, last, &b->encryptions, &b->n_encryptions, op->err);
    if (r == 0) r = q_rg_user_group_span(op->store, op->arena, region, first, last, &b->user_groups, &b->n_user_groups, op->err);
    if (r == 0) r = q_resharding_span(op->store, op->arena, region, first, last, &b->reshardings, &b->n_reshardings, op->err);
    if (r == 0) r = q_shard_span(op->store, op->arena, region, first, last, &b->shards, &b->n_shards, op->err);
    return r;
}

/* How many of the rows from 'at' on belong to 'id', skipping what belongs to replication groups before it. */
#define TAKE(b, array, at, id, n)                                                                         \
    do {                                                                                                  \
        while ((b)->at < (b)->n_##array && strcmp((b)->array[(b)->at].rg_id, id) < 0) (b)->at++;          \
        for (n = 0; (b)->at + n < (b)->n_##array && strcmp((b)->array[(b)->at + n].rg_id, id) == 0;) n++; \
    } while (0)

/* In cluster mode members show neither endpoint nor role: clients ask the Redis Cluster. */
static void view_member(struct op *op, const struct row_replication_group *rg, const struct row_node *n,
    const struct row_node_group *ng, struct api_node_group_member *out)
{
    *out = (struct api_node_group_member){
        .cache_cluster_id = n->cluster_id,
        .cache_node_id = n->node_id,
        .preferred_availability_zone = n->availability_zone,
    };
    if (rg_is_sharded(rg)) return;
    out->current_role = strcmp(ng->primary_node_id, n->id) == 0 ? "primary" : "replica";
    if (n->settled)
        out->read_endpoint = view_endpoint(op, n->address, n->port, NAME_NODE, rg->transit_encryption,
            (struct endpoint_owner){.account = rg->account, .rg = rg->id, .cluster = n->cluster_id, .node = n->node_id});
}

static struct api_endpoint *view_rg_endpoint(
    struct op *op, const struct row_replication_group *rg, const struct row_endpoint *e, enum endpoint_name kind)
{
    return view_endpoint(
        op, e->address, e->port, kind, rg->transit_encryption, (struct endpoint_owner){.account = rg->account, .rg = rg->id});
}

static void view_node_group(struct op *op, const struct row_replication_group *rg, const struct row_node_group *ng,
    const struct belongings *b, size_t n_nodes, size_t n_endpoints, struct api_node_group *out)
{
    *out = (struct api_node_group){
        .node_group_id = ng->id,
        .status = node_group_status_text(shown_node_group_status(ng)),
        .slots = view_slots(op, ng->slots),
    };
    for (size_t i = 0; i < n_endpoints; i++) {
        const struct row_endpoint *e = &b->endpoints[b->at_endpoint + i];
        if (strcmp(e->node_group_id, ng->id) != 0) continue;
        if (e->kind == ENDPOINT_PRIMARY) out->primary_endpoint = view_rg_endpoint(op, rg, e, NAME_PRIMARY);
        if (e->kind == ENDPOINT_READER) out->reader_endpoint = view_rg_endpoint(op, rg, e, NAME_READER);
    }
    out->node_group_members =
        (struct api_node_group_member_list){.set = true, .items = arena_array(op->arena, struct api_node_group_member, n_nodes)};
    for (size_t i = 0; i < n_nodes; i++) {
        const struct row_node *n = &b->nodes[b->at_node + i];
        if (strcmp(n->node_group_id, ng->id) == 0 && n->settled && n->want == WISH_RUN)
            view_member(op, rg, n, ng, &out->node_group_members.items[out->node_group_members.n++]);
    }
}

/* A replication group that is not provisioned yet, or on its way out, has no node groups to show. */
static void view_node_groups(struct op *op, const struct row_replication_group *row, struct belongings *b, size_t n_nodes,
    struct api_replication_group *out)
{
    size_t n_groups, n_endpoints;
    TAKE(b, node_groups, at_node_group, row->id, n_groups);
    TAKE(b, endpoints, at_endpoint, row->id, n_endpoints);
    if (row->status == RG_CREATING || row->status == RG_DELETING) return;
    out->node_groups = (struct api_node_group_list){true, n_groups, arena_array(op->arena, struct api_node_group, n_groups)};
    for (size_t i = 0; i < n_groups; i++)
        view_node_group(op, row, &b->node_groups[b->at_node_group + i], b, n_nodes, n_endpoints, &out->node_groups.items[i]);
    for (size_t i = 0; i < n_endpoints; i++) {
        const struct row_endpoint *e = &b->endpoints[b->at_endpoint + i];
        if (e->kind == ENDPOINT_CONFIGURATION && e->address)
            out->configuration_endpoint = view_rg_endpoint(op, row, e, NAME_CONFIGURATION);
    }
}

static size_t view_rg_members(
    struct op *op, const struct row_replication_group *row, struct belongings *b, struct api_replication_group *out)
{
    size_t n;
    TAKE(b, nodes, at_node, row->id, n);
    if (row->status == RG_DELETING) return n;
    out->member_clusters = (struct string_list){.set = true, .items = arena_array(op->arena, const char *, n)};
    for (size_t i = 0; i < n; i++) out->member_clusters.items[out->member_clusters.n++] = b->nodes[b->at_node + i].cluster_id;
    return n;
}

/* How much of what had to move has moved. */
static double slots_moved(
    const struct row_resharding *row, const struct row_node_group *ngs, const struct row_shard *shards, size_t n)
{
    int left = 0;
    for (size_t i = 0; i < n; i++) {
        struct slots away = {0}, wanted = {0};
        slots_read(&away, ngs[i].slots);
        slots_read(&wanted, shards[i].slots_wanted);
        slots_subtract(&away, &wanted);
        left += slots_count(&away);
    }
    return row->slots ? 100.0 * (double)(row->slots - left) / (double)row->slots : 100.0;
}

static void view_resharding(struct op *op, const struct row_replication_group *row, struct belongings *b,
    struct api_replication_group_pending_modified_values *out)
{
    size_t n, n_groups, n_shards;
    TAKE(b, reshardings, at_resharding, row->id, n);
    TAKE(b, node_groups, at_node_group, row->id, n_groups);
    TAKE(b, shards, at_shard, row->id, n_shards);
    if (n == 0 || n_groups != n_shards) return;
    double done =
        slots_moved(&b->reshardings[b->at_resharding], &b->node_groups[b->at_node_group], &b->shards[b->at_shard], n_shards);
    out->resharding = arena_new(op->arena, struct api_resharding_status);
    out->resharding->slot_migration = arena_new(op->arena, struct api_slot_migration);
    out->resharding->slot_migration->progress_percentage = (struct opt_double){true, done};
}

static struct api_global_replication_group_info *view_membership(
    struct op *op, const struct row_replication_group *row, struct belongings *b)
{
    struct api_global_replication_group_info *info = arena_new(op->arena, struct api_global_replication_group_info);
    size_t n;
    TAKE(b, members, at_member, row->id, n);
    if (n == 0) return info;
    info->global_replication_group_id = b->members[b->at_member].global_id;
    info->global_replication_group_member_role = member_role_text(b->members[b->at_member].role);
    return info;
}

static void view_encryption(const struct row_replication_group *row, struct belongings *b, struct api_replication_group *out)
{
    struct api_replication_group_pending_modified_values *pending = out->pending_modified_values;
    size_t n;
    TAKE(b, encryptions, at_encryption, row->id, n);
    const struct row_encryption *e = n ? &b->encryptions[b->at_encryption] : NULL;
    out->transit_encryption_mode = encryption_word(row->transit_encryption);
    if (row->status != RG_CREATING) out->auth_token_enabled = OPT_BOOL(e && e->token);
    if (e == NULL) return;
    if (e->token && e->token_modified_ms) out->auth_token_last_modified_date = OPT_TIME(e->token_modified_ms);
    pending->auth_token_status = token_change_text(e->token_change);
    if (e->next_mode == ENCRYPTION_UNSET) return;
    pending->transit_encryption_enabled = OPT_BOOL(e->next_mode != ENCRYPTION_NONE);
    pending->transit_encryption_mode = encryption_word(e->next_mode);
}

static void view_user_groups(
    struct op *op, const struct row_replication_group *row, struct belongings *b, struct api_replication_group *out)
{
    struct api_user_groups_update_status *pending = arena_new(op->arena, struct api_user_groups_update_status);
    size_t n;
    TAKE(b, user_groups, at_user_group, row->id, n);
    if (n == 0) return;
    struct string_list *lists[] = {&out->user_group_ids, &pending->user_group_ids_to_add, &pending->user_group_ids_to_remove};
    for (size_t i = 0; i < 3; i++) lists[i]->items = arena_array(op->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        const struct row_rg_user_group *l = &b->user_groups[b->at_user_group + i];
        bool comes = l->change == LINK_ADD, goes = l->change == LINK_REMOVE;
        if (!comes) out->user_group_ids.items[out->user_group_ids.n++] = l->group_id;
        if (comes) pending->user_group_ids_to_add.items[pending->user_group_ids_to_add.n++] = l->group_id;
        if (goes) pending->user_group_ids_to_remove.items[pending->user_group_ids_to_remove.n++] = l->group_id;
    }
    for (size_t i = 0; i < 3; i++) lists[i]->set = lists[i]->n > 0;
    if (pending->user_group_ids_to_add.n || pending->user_group_ids_to_remove.n)
        out->pending_modified_values->user_groups = pending;
}

static void view_pending_failover(
    const struct row_replication_group *row, struct api_replication_group_pending_modified_values *out)
{
    if (row->pending_failover != FAILOVER_CHANGE_NONE)
        out->automatic_failover_status = failover_change_text(row->pending_failover);
}

/* The mode is the one before until the change to another one is done. Source: ModifyReplicationGroup, PendingModifiedValues. */
static void view_mode(const struct row_replication_group *row, struct api_replication_group *out)
{
    bool changes = row->mode_before != MODE_BEFORE_NONE;
    out->cluster_mode = changes ? mode_before_text(row->mode_before) : cluster_mode_text(row->cluster_mode);
    out->cluster_enabled = OPT_BOOL(changes ? row->mode_before != MODE_BEFORE_DISABLED : rg_is_clustered(row));
    if (changes) out->pending_modified_values->cluster_mode = cluster_mode_text(row->cluster_mode);
}

static void view_pending_logs(
    struct op *op, const struct row_replication_group *row, struct api_replication_group_pending_modified_values *out)
{
    struct row_replication_group copy = *row;
    const struct log_columns logs[] = LOG_COLUMNS_OF(&copy);
    out->pending_log_delivery_configuration = logs_view_pending(op, logs);
}

static void view_settings(struct op *op, const struct row_replication_group *row, struct api_replication_group *out)
{
    struct row_replication_group copy = *row;
    const struct log_columns logs[] = LOG_COLUMNS_OF(&copy);
    *out = (struct api_replication_group){
        .replication_group_id = row->id,
        .description = row->description,
        .status = rg_status_text(shown_rg_status(row)),
        .pending_modified_values = arena_new(op->arena, struct api_replication_group_pending_modified_values),
        .automatic_failover = failover_setting_text(row->automatic_failover),
        .multi_az = view_enabled(row->multi_az),
        .snapshotting_cluster_id = row->snapshotting_cluster_id,
        .snapshot_retention_limit = OPT_INT(row->snapshot_retention_limit),
        .snapshot_window = row->snapshot_window,
        .cache_node_type = row->node_type,
        .transit_encryption_enabled = OPT_BOOL(row->transit_encryption != ENCRYPTION_NONE),
        .at_rest_encryption_enabled = OPT_BOOL(row->at_rest_encryption),
        .kms_key_id = row->kms_key_id,
        .arn = arn_of(op, row->account, "replicationgroup", row->id),
        .log_delivery_configurations = logs_view(op, logs),
        .replication_group_create_time = OPT_TIME(row->created_ms),
        .data_tiering = view_data_tiering(row->node_type),
        .auto_minor_version_upgrade = OPT_BOOL(row->auto_minor_version_upgrade),
        .network_type = row->network_type,
        .ip_discovery = row->ip_discovery,
        .engine = row->engine,
        .storage_encryption_type = view_storage_encryption(row->at_rest_encryption, row->kms_key_id),
        .durability = durability_text(row->durability),
        .effective_durability = durability_effective(row->durability),
    };
    view_mode(row, out);
}

/* ---- descriptions that are kept ---- */

#define ELEMENT "ReplicationGroup"

/* Rows alone make the description, so that it holds until one of them is written. */
static void keep_description(struct op *op, const char *id, struct api_replication_group *rg)
{
    _buf_ struct buf xml = {0};
    if (!op->remembers || op->operation->writes) return;
    xml_encode(&xml, &shape_api_replication_group, ELEMENT, rg);
    const struct buf *before = MISTAKES_END_IT ? store_recall(op->store, op->region->name, id) : NULL;
    assert(before == NULL || (before->len == xml.len && memcmp(before->data, xml.data, xml.len) == 0));
    if (before == NULL) store_remember(op->store, op->region->name, id, xml.data, xml.len);
    rg->encoded = store_recall(op->store, op->region->name, id);
}

bool view_recall_rg(struct op *op, const char *id, struct api_replication_group *out)
{
    if (!op->remembers) return false;
    *out = (struct api_replication_group){.encoded = store_recall(op->store, op->region->name, id)};
    return out->encoded != NULL && !MISTAKES_END_IT;
}

int view_rgs(struct op *op, const struct row_replication_group *rows, size_t n, struct api_replication_group *out)
{
    struct belongings b;
    if (n == 0) return 0;
    int r = read_belongings(op, rows[0].id, rows[n - 1].id, &b);
    if (r) return r;
    for (size_t i = 0; i < n; i++) {
        view_settings(op, &rows[i], &out[i]);
        size_t n_nodes = view_rg_members(op, &rows[i], &b, &out[i]);
        view_node_groups(op, &rows[i], &b, n_nodes, &out[i]);
        view_resharding(op, &rows[i], &b, out[i].pending_modified_values);
        view_user_groups(op, &rows[i], &b, &out[i]);
        view_encryption(&rows[i], &b, &out[i]);
        view_pending_logs(op, &rows[i], out[i].pending_modified_values);
        view_pending_failover(&rows[i], out[i].pending_modified_values);
        out[i].global_replication_group_info = view_membership(op, &rows[i], &b);
        keep_description(op, rows[i].id, &out[i]);
    }
    return 0;
}

int view_rg(struct op *op, const char *id, struct api_replication_group **out)
{
    struct row_replication_group *row;
    int r = q_rg_get(op->store, op->arena, op->region->name, id, &row, op->err);
    if (r) return r;
    *out = arena_new(op->arena, struct api_replication_group);
    return view_rgs(op, row, 1, *out);
}
