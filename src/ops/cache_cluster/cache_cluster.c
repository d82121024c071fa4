#include "ops/cache_cluster/change.h"
#include "ops/cache_cluster/creation.h"
#include "ops/cache_cluster/view.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/replication_group/replicas.h"
#include "ops/snapshot/take.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include <string.h>

int op_describe_cache_clusters(
    struct op *op, const struct api_describe_cache_clusters_in *in, struct api_describe_cache_clusters_out *out)
{
    struct page page;
    struct row_cache_cluster *rows;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (in->cache_cluster_id) r = find_cluster(op, in->cache_cluster_id, &rows);
    else if (request_flag(in->show_cache_clusters_not_in_replication_groups, false))
        r = q_cluster_page_alone(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    else r = q_cluster_page(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].id);
    out->cache_clusters = (struct api_cache_cluster_list){true, n, arena_array(op->arena, struct api_cache_cluster, n)};
    for (size_t i = 0; r == 0 && i < n; i++)
        r = view_cluster(op, &rows[i], request_flag(in->show_cache_node_info, false), &out->cache_clusters.items[i]);
    return r;
}

static int answer_with_cluster(struct op *op, const char *id, struct api_cache_cluster **out)
{
    struct row_cache_cluster *c;
    int r = find_cluster(op, id, &c);
    if (r) return r;
    *out = arena_new(op->arena, struct api_cache_cluster);
    return view_cluster(op, c, false, *out);
}

/* Where the service chose the zone, it is not told before the cache cluster is provisioned. */
int op_create_cache_cluster(struct op *op, const struct api_create_cache_cluster_in *in, struct api_create_cache_cluster_out *out)
{
    const char *id = in->cache_cluster_id;
    int r = in->replication_group_id ? rg_create_member(op, in) : cluster_create(op, in, &id);
    if (r == 0) r = answer_with_cluster(op, id, &out->cache_cluster);
    if (r == 0 && in->preferred_availability_zone == NULL && in->preferred_availability_zones.n == 0)
        out->cache_cluster->preferred_availability_zone = NULL;
    return r;
}

int op_modify_cache_cluster(struct op *op, const struct api_modify_cache_cluster_in *in, struct api_modify_cache_cluster_out *out)
{
    struct row_cache_cluster *c;
    int r = find_cluster(op, in->cache_cluster_id, &c);
    if (r) return r;
    if (c->status != CLUSTER_AVAILABLE)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in a valid state to be modified", c->id);
    r = cluster_change(op, in, c);
    if (r == 0) r = q_cache_cluster_put(op->store, c, op->err);
    return r ? r : answer_with_cluster(op, c->id, &out->cache_cluster);
}

static int reboot_node(struct op *op, const struct row_cache_cluster *c, struct row_node *nodes, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(nodes[i].node_id, id) != 0) continue;
        nodes[i].incarnation++;
        nodes[i].keep_data = 0;
        move_node_status(NULL, &nodes[i].status, NODE_REBOOT_ASKED);
        int r = q_node_put(op->store, &nodes[i], op->err);
        return r ? r : note_event(op, c->id, EVENT_NODE_SHUTDOWN, id);
    }
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Cache node %s is not one of cache cluster %s.", id, c->id);
}

int op_reboot_cache_cluster(struct op *op, const struct api_reboot_cache_cluster_in *in, struct api_reboot_cache_cluster_out *out)
{
    struct row_cache_cluster *c;
    struct row_replication_group *rg = NULL;
    struct row_node *nodes;
    size_t n;
    const struct string_list *ids = &in->cache_node_ids_to_reboot;
    int r = find_cluster(op, in->cache_cluster_id, &c);
    if (r) return r;
    if (ids->n == 0)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The parameter CacheNodeIdsToReboot must be provided and must not be null.");
    if (c->status != CLUSTER_AVAILABLE)
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in a valid state to be rebooted", c->id);
    r = c->rg_id ? find_rg(op, c->rg_id, &rg) : 0;
    if (r) return r;
    if (rg && rg_is_clustered(rg))
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Rebooting is not supported for clusters of a replication group with cluster mode enabled.");
    r = q_node_list_by_cluster(op->store, op->arena, c->region, c->id, &nodes, &n, op->err);
    for (size_t i = 0; r == 0 && i < ids->n; i++) r = reboot_node(op, c, nodes, n, ids->items[i]);
    move_cluster_status(NULL, &c->status, CLUSTER_REBOOT_ASKED);
    if (r == 0) r = q_cache_cluster_put(op->store, c, op->err);
    return r ? r : answer_with_cluster(op, c->id, &out->cache_cluster);
}

/* Members are gone before a snapshot of them could be taken: their replication group has the same data. */
static int take_final(struct op *op, const struct api_delete_cache_cluster_in *in, struct row_cache_cluster *c)
{
    struct snapshot_request q = {
        .name = in->final_snapshot_identifier, .name_parameter = "FinalSnapshotIdentifier", .cluster = c, .final = true};
    const char *name;
    int r = snapshot_check_supported(op, c);
    if (r == 0 && c->rg_id) r = find_rg(op, c->rg_id, &q.rg);
    if (r) return r;
    if (c->status != CLUSTER_AVAILABLE || unserved_for_long(op, c->unserved_since_ms))
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in a valid state to be deleted", c->id);
    return snapshot_take(op, &q, &name);
}

/* With a final snapshot the nodes live until it is taken: then a plan ends them. */
static int delete_alone(struct op *op, struct row_cache_cluster *c, bool final)
{
    struct row_node *nodes;
    size_t n;
    bool resting = c->status == CLUSTER_AVAILABLE || c->status == CLUSTER_RESTORE_FAILED;
    bool begun = c->status == CLUSTER_DELETING;
    if (!resting && c->status != CLUSTER_CREATING && (begun || !unserved_for_long(op, c->unserved_since_ms)))
        return op_fault(op, FAULT_INVALID_CACHE_CLUSTER_STATE, "Cache cluster %s is not in a valid state to be deleted", c->id);
    move_cluster_status(NULL, &c->status, CLUSTER_DELETION_ASKED);
    int r = q_cache_cluster_put(op->store, c, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, c->account, "cluster", c->id), op->err);
    if (r == 0) r = q_node_list_by_cluster(op->store, op->arena, c->region, c->id, &nodes, &n, op->err);
    for (size_t i = 0; r == 0 && !final && i < n; i++) {
        nodes[i].want = WISH_GONE;
        move_node_status(NULL, &nodes[i].status, NODE_DELETION_ASKED);
        r = q_node_put(op->store, &nodes[i], op->err);
    }
    return r;
}

int op_delete_cache_cluster(struct op *op, const struct api_delete_cache_cluster_in *in, struct api_delete_cache_cluster_out *out)
{
    struct row_cache_cluster *c;
    int r = find_cluster(op, in->cache_cluster_id, &c);
    if (r) return r;
    bool final = in->final_snapshot_identifier != NULL;
    if (c->rg_id) r = rg_check_member_deletable(op, c);
    if (r == 0 && final) r = take_final(op, in, c);
    if (r == 0) r = c->rg_id ? rg_delete_member(op, c, final) : delete_alone(op, c, final);
    return r ? r : answer_with_cluster(op, c->id, &out->cache_cluster);
}
