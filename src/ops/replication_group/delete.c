#include "ops/replication_group/delete.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/replication_group/view.h"
#include "ops/snapshot/take.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include <string.h>

/* Deleting a replication group: with all it has, but for its primary where that is to stay, and after a final snapshot. */

static int check_final(
    struct op *op, const struct api_delete_replication_group_in *in, const struct row_replication_group *rg, bool retain)
{
    if (in->final_snapshot_identifier == NULL) return 0;
    if (retain)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "FinalSnapshotIdentifier can't be used together with RetainPrimaryCluster, which keeps the data.");
    if (rg->status != RG_AVAILABLE || unserved_for_long(op, rg->unserved_since_ms))
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group %s is not in available state: no final snapshot of it can be taken.", rg->id);
    return 0;
}

static int check_retained(struct op *op, const struct row_replication_group *rg, bool retain)
{
    if (!retain) return 0;
    if (rg_is_clustered(rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "RetainPrimaryCluster can't be used with replication group %s: with cluster mode enabled there is no single primary.",
            rg->id);
    if (rg->status != RG_AVAILABLE)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group %s is not in available state: its primary can't be retained.", rg->id);
    return 0;
}

static int check_deletable(
    struct op *op, const struct api_delete_replication_group_in *in, const struct row_replication_group *rg)
{
    int r = check_outside_global(op, rg, FAULT_INVALID_REPLICATION_GROUP_STATE);
    if (r) return r;
    bool resting = rg->status == RG_AVAILABLE || rg->status == RG_CREATE_FAILED;
    bool begun = rg->status == RG_DELETING;
    if (!resting && rg->status != RG_CREATING && (begun || !unserved_for_long(op, rg->unserved_since_ms)))
        return op_fault(
            op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group %s is not in a valid state to be deleted", rg->id);
    bool retain = request_flag(in->retain_primary_cluster, false);
    r = check_final(op, in, rg, retain);
    return r ? r : check_retained(op, rg, retain);
}

/* The primary becomes a stand-alone cluster: the replication group's row of its node group, which would name it, goes at once. */
static int release_primary(struct op *op, const struct row_replication_group *rg)
{
    struct row_node_group *ngs;
    struct row_node *nodes;
    struct row_cache_cluster *c;
    size_t n_ngs, n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n_ngs, op->err);
    if (r == 0) r = q_node_list_by_rg(op->store, op->arena, rg->region, rg->id, &nodes, &n, op->err);
    for (size_t i = 0; r == 0 && n_ngs && i < n; i++) {
        if (strcmp(nodes[i].id, ngs[0].primary_node_id) != 0) continue;
        r = q_cluster_get(op->store, op->arena, rg->region, nodes[i].cluster_id, &c, op->err);
        nodes[i].rg_id = nodes[i].node_group_id = NULL;
        if (r == 0) r = q_node_put(op->store, &nodes[i], op->err);
        if (r || c == NULL) continue;
        c->rg_id = c->node_group_id = NULL;
        r = q_cache_cluster_put(op->store, c, op->err);
    }
    for (size_t i = 0; r == 0 && i < n_ngs; i++) r = q_node_group_delete(op->store, &ngs[i], op->err);
    return r;
}

static int take_final(struct op *op, const struct api_delete_replication_group_in *in, struct row_replication_group *rg)
{
    const char *name;
    struct snapshot_request q = {
        .name = in->final_snapshot_identifier, .name_parameter = "FinalSnapshotIdentifier", .rg = rg, .final = true};
    return snapshot_take(op, &q, &name);
}

/* With a final snapshot the nodes live until it is taken: then a plan ends them. */
static int mark_members_deleting(struct op *op, const struct row_replication_group *rg, bool final)
{
    struct row_cache_cluster *clusters;
    struct row_node *nodes;
    size_t n_clusters, n_nodes;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n_clusters, op->err);
    for (size_t i = 0; r == 0 && i < n_clusters; i++) {
        move_cluster_status(NULL, &clusters[i].status, CLUSTER_DELETION_ASKED);
        r = q_cache_cluster_put(op->store, &clusters[i], op->err);
        if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, rg->account, "cluster", clusters[i].id), op->err);
    }
    if (r == 0) r = q_node_list_by_rg(op->store, op->arena, rg->region, rg->id, &nodes, &n_nodes, op->err);
    for (size_t i = 0; r == 0 && !final && i < n_nodes; i++) {
        nodes[i].want = WISH_GONE;
        r = q_node_put(op->store, &nodes[i], op->err);
    }
    return r;
}

int rg_delete(struct op *op, struct row_replication_group *rg, bool final)
{
    move_rg_status(NULL, &rg->status, RG_DELETION_ASKED);
    int r = q_replication_group_put(op->store, rg, op->err);
    if (r == 0) r = mark_members_deleting(op, rg, final);
    return r ? r : q_tag_delete_arn(op->store, arn_of(op, rg->account, "replicationgroup", rg->id), op->err);
}

int op_delete_replication_group(
    struct op *op, const struct api_delete_replication_group_in *in, struct api_delete_replication_group_out *out)
{
    struct row_replication_group *rg;
    int r = find_rg(op, in->replication_group_id, &rg);
    if (r == 0) r = check_deletable(op, in, rg);
    if (r == 0 && in->final_snapshot_identifier) r = take_final(op, in, rg);
    if (r == 0 && request_flag(in->retain_primary_cluster, false)) r = release_primary(op, rg);
    if (r == 0) r = rg_delete(op, rg, in->final_snapshot_identifier != NULL);
    return r ? r : view_rg(op, rg->id, &out->replication_group);
}
