#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/core/window.h"
#include "ops/replication_group/access.h"
#include "ops/replication_group/change.h"
#include "ops/replication_group/creation.h"
#include "ops/replication_group/durability.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/security.h"
#include "ops/replication_group/view.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
#include <string.h>

static int put_tags_at(struct op *op, const struct rg_creation *plan, const struct api_tag_list *tags, const char *arn)
{
    int r = restore_copy_tags(op, &plan->restore, arn);
    return r ? r : tags_put(op, arn, tags);
}

/* A replication group's tags are its members' tags too. */
static int put_tags(struct op *op, const struct rg_creation *plan, const struct api_tag_list *tags)
{
    const struct row_replication_group *rg = &plan->rg;
    struct row_cache_cluster *clusters;
    size_t n;
    if (tags->n == 0 && plan->restore.snapshot == NULL) return 0;
    int r = put_tags_at(op, plan, tags, arn_of(op, rg->account, "replicationgroup", rg->id));
    if (r == 0) r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = put_tags_at(op, plan, tags, arn_of(op, rg->account, "cluster", clusters[i].id));
    return r;
}

/* As it stands in its row: of a replication group, a cache cluster or a serverless cache. */
static int read_snapshot_name(struct op *op, const struct api_create_replication_group_in *in, const char **out)
{
    const char *serverless = in->serverless_cache_snapshot_name;
    *out = id_fold(op, in->snapshot_name);
    if (serverless == NULL || *serverless == '\0') return 0;
    if (*out && **out)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "SnapshotName can't be used together with ServerlessCacheSnapshotName.");
    *out = arena_printf(op->arena, SERVERLESS_PREFIX "%s", id_fold(op, serverless));
    return 0;
}

int op_create_replication_group(
    struct op *op, const struct api_create_replication_group_in *in, struct api_create_replication_group_out *out)
{
    struct rg_creation plan;
    const char *id, *snapshot;
    int r = id_check(op, "ReplicationGroupId", in->replication_group_id, 40, &id);
    if (r == 0) r = read_snapshot_name(op, in, &snapshot);
    if (r == 0) r = rg_creation_read(op, in, id, snapshot, &plan);
    if (r == 0) r = rg_creation_write(op, &plan);
    if (r == 0) r = put_tags(op, &plan, &in->tags);
    return r ? r : view_rg(op, plan.rg.id, &out->replication_group);
}

static int describe_one(struct op *op, const char *id, struct api_describe_replication_groups_out *out)
{
    struct row_replication_group *row;
    out->replication_groups = (struct api_replication_group_list){true, 1, arena_new(op->arena, struct api_replication_group)};
    if (view_recall_rg(op, id_fold(op, id), out->replication_groups.items)) return 0;
    int r = find_rg(op, id, &row);
    return r ? r : view_rgs(op, row, 1, out->replication_groups.items);
}

/* Of a page, only what lies between the first and the last that are not remembered is read. */
static int describe_page(
    struct op *op, const char *after, const char *const *ids, size_t n, struct api_describe_replication_groups_out *out)
{
    struct api_replication_group *items = arena_array(op->arena, struct api_replication_group, n);
    struct row_replication_group *rows;
    size_t first = n, end = 0, n_rows;
    for (size_t i = 0; i < n; i++) {
        if (view_recall_rg(op, ids[i], &items[i])) continue;
        if (first == n) first = i;
        end = i + 1;
    }
    out->replication_groups = (struct api_replication_group_list){true, n, items};
    if (first == n) return 0;
    int r = q_rg_page(
        op->store, op->arena, op->region->name, first ? ids[first - 1] : after, (int64_t)(end - first), &rows, &n_rows, op->err);
    return r ? r : view_rgs(op, rows, n_rows, items + first);
}

int op_describe_replication_groups(
    struct op *op, const struct api_describe_replication_groups_in *in, struct api_describe_replication_groups_out *out)
{
    struct page page;
    const char **ids;
    size_t n;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (in->replication_group_id) return describe_one(op, in->replication_group_id, out);
    r = q_rg_ids(op->store, op->arena, op->region->name, page.after, page.n + 1, &ids, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, ids[(n = (size_t)page.n) - 1]);
    return describe_page(op, page.after, ids, n, out);
}

/* A member of a global datastore keeps what all members share: only the datastore can change it. */
static int check_modify_member(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg)
{
    bool shared = in->cache_node_type || in->engine || in->engine_version || in->automatic_failover_enabled.set ||
                  in->cache_parameter_group_name || in->transit_encryption_enabled.set || in->transit_encryption_mode ||
                  in->cluster_mode;
    shared = shared || request_flag(in->auto_minor_version_upgrade, false);
    return shared ? check_outside_global(op, rg, FAULT_INVALID_PARAMETER_VALUE) : 0;
}

static int modify_snapshots(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg)
{
    bool sharded = rg_is_sharded(rg);
    if (in->snapshotting_cluster_id && sharded)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cannot set snapshotting cluster for cluster mode enabled replication group");
    if (in->snapshot_retention_limit.set) {
        int64_t limit;
        int r = request_retention(op, in->snapshot_retention_limit, 0, &limit);
        if (r) return r;
        if (limit > 0 && !sharded && rg->snapshotting_cluster_id == NULL && in->snapshotting_cluster_id == NULL)
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                "Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots");
        rg->snapshot_retention_limit = limit;
    }
    if (in->snapshotting_cluster_id) {
        struct row_cache_cluster *c;
        int r = find_cluster(op, in->snapshotting_cluster_id, &c);
        if (r) return r;
        if (c->rg_id == NULL || strcmp(c->rg_id, rg->id) != 0)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is not a member of replication group %s.", c->id, rg->id);
        rg->snapshotting_cluster_id = c->id;
    }
    return 0;
}

static int modify_settings(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg)
{
    if (in->replication_group_description) rg->description = in->replication_group_description;
    if (in->auto_minor_version_upgrade.set) rg->auto_minor_version_upgrade = in->auto_minor_version_upgrade.v;
    if (in->security_group_ids.set) rg->security_group_ids = request_words(op, &in->security_group_ids);
    int r = durability_change(op, in->durability, rg);
    if (r == 0) r = request_topic(op, in->notification_topic_arn, &rg->notification_topic_arn);
    if (r == 0) r = request_topic_status(op, in->notification_topic_status, &rg->notification_topic_status);
    if (r == 0) r = modify_snapshots(op, in, rg);
    return r ? r
             : window_change(op, rg->snapshot_retention_limit > 0, in->preferred_maintenance_window, in->snapshot_window,
                   &rg->maintenance_window, &rg->snapshot_window);
}

static int check_modifiable(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg)
{
    int r = check_rg_modifiable(op, rg);
    if (r == 0) r = check_kms_key(op, rg);
    if (r == 0) r = check_modify_member(op, in, rg);
    if (r) return r;
    if (in->ip_discovery && strcmp(in->ip_discovery, "ipv4") != 0) return not_served(op, "IPv6");
    return request_security_groups(op, &in->cache_security_group_names, &in->security_group_ids, false);
}

int op_modify_replication_group(
    struct op *op, const struct api_modify_replication_group_in *in, struct api_modify_replication_group_out *out)
{
    struct row_replication_group *rg;
    int r = find_rg(op, in->replication_group_id, &rg);
    if (r == 0) r = check_modifiable(op, in, rg);
    if (r) return r;
    struct row_replication_group before = *rg;
    bool busy, waits = !in->apply_immediately.v && (in->cache_node_type || in->engine_version || in->engine);
    r = modify_settings(op, in, rg);
    if (r == 0) r = rg_change(op, in, rg, &busy);
    waits |= in->automatic_failover_enabled.set && rg->pending_failover != FAILOVER_CHANGE_NONE;
    if (r == 0) r = rg_access_change(op, in, rg, &busy);
    if (r == 0) r = rg_security_change(op, in, rg, &busy, &waits);
    if (r == 0 && !busy && !waits && in->log_delivery_configurations.n == 0 &&
        row_equal(&sql_table_replication_group, &before, rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "No modifications were requested");
    if (r == 0) r = busy ? rg_set_modifying(op, rg) : q_replication_group_put(op->store, rg, op->err);
    if (r == 0) r = rg_copy_settings(op, rg);
    return r ? r : view_rg(op, rg->id, &out->replication_group);
}
