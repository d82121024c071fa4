#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/tags.h"
#include "ops/snapshot/copy.h"
#include "ops/snapshot/take.h"
#include "ops/snapshot/view.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include <string.h>

static int answer_with_snapshot(struct op *op, const char *name, struct api_snapshot **out)
{
    struct row_snapshot *s;
    int r = find_snapshot(op, name, &s);
    if (r) return r;
    *out = arena_new(op->arena, struct api_snapshot);
    return view_snapshot(op, s, false, *out);
}

/* ---- create ---- */

static bool is_given(const char *text)
{
    return text && text[0];
}

static int find_source(struct op *op, const struct api_create_snapshot_in *in, struct snapshot_request *q)
{
    enum fault combination = FAULT_INVALID_PARAMETER_COMBINATION;
    if (is_given(in->cache_cluster_id) && is_given(in->replication_group_id))
        return op_fault(op, combination, "Only one of CacheClusterId or ReplicationGroupId can be provided.");
    if (!is_given(in->cache_cluster_id) && !is_given(in->replication_group_id))
        return op_fault(op, combination, "One of CacheClusterId or ReplicationGroupId must be provided.");
    if (is_given(in->replication_group_id)) return find_rg(op, in->replication_group_id, &q->rg);
    int r = find_cluster(op, in->cache_cluster_id, &q->cluster);
    if (r == 0 && q->cluster->rg_id) r = find_rg(op, q->cluster->rg_id, &q->rg);
    if (r == 0 && q->rg && rg_is_sharded(q->rg))
        return op_fault(op, combination,
            "Cache cluster %s is a member of replication group %s with cluster mode enabled: name the replication group.",
            q->cluster->id, q->rg->id);
    return r;
}

static int check_state(struct op *op, const struct snapshot_request *q)
{
    if (q->cluster) {
        int r = snapshot_check_supported(op, q->cluster);
        if (r) return r;
    }
    if (q->cluster && q->cluster->status != CLUSTER_AVAILABLE)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in available state.", q->cluster->id);
    if (q->rg && q->rg->status != RG_AVAILABLE)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group %s is not in available state.", q->rg->id);
    return 0;
}

int op_create_snapshot(struct op *op, const struct api_create_snapshot_in *in, struct api_create_snapshot_out *out)
{
    struct snapshot_request q = {
        .name = in->snapshot_name, .name_parameter = "SnapshotName", .kms_key_id = in->kms_key_id, .tags = &in->tags};
    const char *name = NULL;
    int r = find_source(op, in, &q);
    if (r == 0) r = check_state(op, &q);
    if (r == 0) r = snapshot_take(op, &q, &name);
    if (r == 0) r = snapshot_mark_source(op, &q, name);
    return r ? r : answer_with_snapshot(op, name, &out->snapshot);
}

/* ---- describe ---- */

static int read_source(struct op *op, const char *source, const char **out)
{
    *out = NULL;
    if (!is_given(source)) return 0;
    if (strcmp(source, "user") == 0) *out = "manual";
    else if (strcmp(source, "system") == 0) *out = "automated";
    else
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid SnapshotSource: %s. Valid values are system and user.", source);
    return 0;
}

int op_describe_snapshots(struct op *op, const struct api_describe_snapshots_in *in, struct api_describe_snapshots_out *out)
{
    struct page page;
    struct row_snapshot *rows;
    size_t n = 1;
    const char *source, *cluster = is_given(in->cache_cluster_id) ? id_fold(op, in->cache_cluster_id) : NULL,
                        *rg = is_given(in->replication_group_id) ? id_fold(op, in->replication_group_id) : NULL;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = read_source(op, in->snapshot_source, &source);
    if (r) return r;
    if (is_given(in->snapshot_name)) r = find_snapshot(op, in->snapshot_name, &rows);
    else
        r = q_snapshot_page(
            op->store, op->arena, op->region->name, cluster, rg, source, page.after, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].name);
    out->snapshots = (struct api_snapshot_list){true, n, arena_array(op->arena, struct api_snapshot, n)};
    for (size_t i = 0; r == 0 && i < n; i++)
        r = view_snapshot(op, &rows[i], request_flag(in->show_node_group_config, false), &out->snapshots.items[i]);
    return r;
}

/* ---- copy, and export ---- */

static int copy_snapshot(struct op *op, const struct api_copy_snapshot_in *in, const struct row_snapshot *from, const char **name)
{
    int r = snapshot_check_name(op, "TargetSnapshotName", in->target_snapshot_name, name);
    if (r == 0) r = snapshot_copy(op, from, *name, in->kms_key_id);
    if (r) return r;
    const char *arn = arn_of(op, from->account, "snapshot", *name);
    return in->tags.n ? tags_put(op, arn, &in->tags) : tags_copy(op, arn_of(op, from->account, "snapshot", from->name), arn);
}

static int export_snapshot(struct op *op, const struct api_copy_snapshot_in *in, struct row_snapshot *s)
{
    int r = id_check(op, "TargetSnapshotName", in->target_snapshot_name, 255 - sizeof "..part-0001.rdb", &s->export_name);
    return r ? r : snapshot_export(op, s, in->target_bucket);
}

int op_copy_snapshot(struct op *op, const struct api_copy_snapshot_in *in, struct api_copy_snapshot_out *out)
{
    struct row_snapshot *from;
    const char *name;
    int r = find_snapshot(op, in->source_snapshot_name, &from);
    if (r == 0 && from->status != SNAPSHOT_AVAILABLE)
        return op_fault(op, FAULT_INVALID_SNAPSHOT_STATE, "Snapshot %s is not in available state.", from->name);
    if (r) return r;
    name = from->name;
    r = is_given(in->target_bucket) ? export_snapshot(op, in, from) : copy_snapshot(op, in, from, &name);
    return r ? r : answer_with_snapshot(op, name, &out->snapshot);
}

/* ---- delete ---- */

int op_delete_snapshot(struct op *op, const struct api_delete_snapshot_in *in, struct api_delete_snapshot_out *out)
{
    struct row_snapshot *s;
    int64_t copied;
    int r = find_snapshot(op, in->snapshot_name, &s);
    if (r == 0) r = q_snapshot_is_copied(op->store, op->region->name, s->name, &copied, op->err);
    if (r) return r;
    if ((s->status != SNAPSHOT_AVAILABLE && s->status != SNAPSHOT_FAILED) || copied)
        return op_fault(op, FAULT_INVALID_SNAPSHOT_STATE, "Snapshot %s is not in a valid state to be deleted.", s->name);
    move_snapshot_status(NULL, &s->status, SNAPSHOT_DELETION_ASKED);
    r = q_snapshot_put(op->store, s, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, s->account, "snapshot", s->name), op->err);
    return r ? r : answer_with_snapshot(op, s->name, &out->snapshot);
}
