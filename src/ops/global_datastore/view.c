#include "ops/global_datastore/view.h"
#include "ops/core/id.h"
#include "ops/core/view.h"
#include "base/slots.h"
#include "ops/replication_group/inherited_shards.h"
#include "ops/replication_group/security.h"
#include <string.h>

/*
 * A member's status stays 'associated' until it is gone from the list, however
 * busy it is leaving: clients that wait for its going take any other word for a failure.
 */
static int view_global_members(
    struct op *op, const struct row_global_replication_group *row, struct api_global_replication_group *out)
{
    struct row_global_member *members;
    size_t n;
    int r = q_member_list(op->store, op->arena, row->id, &members, &n, op->err);
    if (r) return r;
    out->members = (struct api_global_replication_group_member_list){
        true, n, arena_array(op->arena, struct api_global_replication_group_member, n)};
    for (size_t i = 0; i < n; i++)
        out->members.items[i] = (struct api_global_replication_group_member){
            .replication_group_id = members[i].rg_id,
            .replication_group_region = members[i].region,
            .role = member_role_text(members[i].role),
            .automatic_failover = failover_setting_text(row->automatic_failover),
            .status = member_status_text(members[i].status),
        };
    return 0;
}

/* All members ask for an AUTH token, or none does. */
static int view_token(struct op *op, const struct row_global_replication_group *row, struct api_global_replication_group *out)
{
    struct row_global_member *members;
    size_t n;
    bool token = false;
    int r = q_member_list(op->store, op->arena, row->id, &members, &n, op->err);
    if (r == 0 && n) r = rg_security_has_token(op, members[0].region, members[0].rg_id, &token);
    out->auth_token_enabled = OPT_BOOL(token);
    return r;
}

/* The shards of the primary, under the datastore's name: every member has the same. */
static int view_node_groups(
    struct op *op, const struct row_global_replication_group *row, struct api_global_replication_group *out)
{
    struct row_node_group *shards;
    size_t n;
    int r = row->cluster_enabled ? rg_primary_shards(op, row, &shards, &n) : 0;
    if (r || !row->cluster_enabled) return r;
    struct api_global_node_group *items = arena_array(op->arena, struct api_global_node_group, n);
    for (size_t i = 0; i < n; i++) {
        struct slots held = {0};
        slots_read(&held, shards[i].slots);
        items[i].global_node_group_id = arena_printf(op->arena, "%s-%s", row->id, shards[i].id);
        items[i].slots = slots_text(op->arena, &held, ',');
    }
    out->global_node_groups = (struct api_global_node_group_list){true, n, items};
    return 0;
}

int view_global(
    struct op *op, const struct row_global_replication_group *row, bool with_members, struct api_global_replication_group *out)
{
    *out = (struct api_global_replication_group){
        .global_replication_group_id = row->id,
        .global_replication_group_description = row->description,
        .status = global_status_text(row->status),
        .cache_node_type = row->node_type,
        .engine = row->engine,
        .engine_version = row->engine_version,
        .cluster_enabled = OPT_BOOL(row->cluster_enabled),
        .transit_encryption_enabled = OPT_BOOL(row->transit_encryption != ENCRYPTION_NONE),
        .at_rest_encryption_enabled = OPT_BOOL(row->at_rest_encryption),
        .arn = arn_of_global(op, row->account, row->id),
    };
    int r = view_token(op, row, out);
    if (r == 0) r = view_node_groups(op, row, out);
    return r == 0 && with_members ? view_global_members(op, row, out) : r;
}
