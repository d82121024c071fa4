#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/global_datastore/view.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/rows.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include <assert.h>
#include <string.h>

static int answer_with_global(struct op *op, const char *id, struct api_global_replication_group **out)
{
    struct row_global_replication_group *g;
    int r = q_global_get(op->store, op->arena, id, &g, op->err);
    if (r) return r;
    assert(g);
    *out = arena_new(op->arena, struct api_global_replication_group);
    return view_global(op, g, true, *out);
}

/* In cluster mode a region follows another by a module that must know the engine's insides. Each node has told whether it does. */
static int check_attachable(struct op *op, const struct row_replication_group *rg)
{
    struct row_node *nodes;
    size_t n;
    int r = rg_read_members(op, rg, &nodes, &n);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (nodes[i].seen_unable)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "Global replication group is not supported with cluster mode enabled for the engine that %s runs: %s.",
                nodes[i].cluster_id, nodes[i].seen_unable);
    return r;
}

static int check_primary(struct op *op, const struct row_replication_group *rg)
{
    const struct node_type *t = node_type_find(rg->node_type);
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    if (!op->region->global_datastores)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Access Denied to API Version: APIGlobalDatastore");
    if (rg->status != RG_AVAILABLE)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group %s is not in available state.", rg->id);
    if (rg_is_clustered(rg) && !rg_is_sharded(rg)) return not_served(op, "Cluster mode compatible in a global datastore");
    if (durability_outlives(rg->durability))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global replication group is not supported for durable clusters.");
    if (t == NULL || !t->global_datastores)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global replication group is not supported for the node type.");
    if (v == NULL || !engine_version_has(v, ENGINE_FEATURE_GLOBAL_DATASTORE))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global replication group is not supported for the engine version.");
    int r = rg_is_clustered(rg) ? check_attachable(op, rg) : 0;
    return r ? r : check_outside_global(op, rg, FAULT_INVALID_PARAMETER_VALUE);
}

static struct row_global_replication_group global_row(
    struct op *op, const char *id, const char *description, const struct row_replication_group *rg)
{
    return (struct row_global_replication_group){
        .id = id,
        .account = op->account,
        .description = description && description[0] ? description : " ",
        .status = GLOBAL_CREATING,
        .engine = rg->engine,
        .engine_version = rg->engine_version,
        .node_type = rg->node_type,
        .at_rest_encryption = rg->at_rest_encryption,
        .transit_encryption = rg->transit_encryption,
        .cluster_enabled = rg_is_sharded(rg),
        .automatic_failover = rg->automatic_failover,
        .phase = PHASE_STEADY,
        .phase_since_ms = op->steady_ms,
        .created_ms = op->now_ms,
    };
}

/* Joining gives the replication group a parameter group of its own and a gateway, and turns automatic upgrades off. */
static int join_as_primary(struct op *op, const char *global_id, struct row_replication_group *rg)
{
    struct row_global_member m = {
        .global_id = global_id, .region = rg->region, .rg_id = rg->id, .role = MEMBER_PRIMARY, .status = MEMBER_ASSOCIATING};
    int r = rg_own_parameters(op, global_id, rg);
    move_rg_status(NULL, &rg->status, RG_CHANGE_ASKED);
    rg->auto_minor_version_upgrade = 0;
    if (r == 0) r = q_replication_group_put(op->store, rg, op->err);
    if (r == 0) r = rg_copy_settings(op, rg);
    if (r == 0) r = rg_add_gateways(op, rg);
    return r ? r : q_global_member_put(op->store, &m, op->err);
}

int op_create_global_replication_group(
    struct op *op, const struct api_create_global_replication_group_in *in, struct api_create_global_replication_group_out *out)
{
    struct row_replication_group *rg;
    struct row_global_replication_group *other;
    const char *suffix;
    int r = id_check(op, "GlobalReplicationGroupIdSuffix", in->global_replication_group_id_suffix, 63, &suffix);
    if (r == 0) r = find_rg(op, in->primary_replication_group_id, &rg);
    if (r == 0) r = check_primary(op, rg);
    if (r) return r;
    const char *id = arena_printf(op->arena, "%s-%s", op->region->global_prefix, suffix);
    r = q_global_get(op->store, op->arena, id, &other, op->err);
    if (r == 0 && other)
        return op_fault(op, FAULT_GLOBAL_REPLICATION_GROUP_ALREADY_EXISTS, "Global replication group %s already exists.", id);
    struct row_global_replication_group g = global_row(op, id, in->global_replication_group_description, rg);
    if (r == 0) r = join_as_primary(op, id, rg);
    if (r == 0) r = q_global_replication_group_put(op->store, &g, op->err);
    return r ? r : answer_with_global(op, id, &out->global_replication_group);
}

int op_describe_global_replication_groups(struct op *op, const struct api_describe_global_replication_groups_in *in,
    struct api_describe_global_replication_groups_out *out)
{
    struct page page;
    struct row_global_replication_group *rows;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0 && in->global_replication_group_id) r = find_global(op, in->global_replication_group_id, &rows);
    else if (r == 0) r = q_global_page(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].id);
    out->global_replication_groups =
        (struct api_global_replication_group_list){true, n, arena_array(op->arena, struct api_global_replication_group, n)};
    bool members = in->show_member_info.set && in->show_member_info.v;
    for (size_t i = 0; r == 0 && i < n; i++) r = view_global(op, &rows[i], members, &out->global_replication_groups.items[i]);
    return r;
}

/* The member that a request names by replication group and region; NULL where there is none. */
static int find_member(
    struct op *op, const char *global_id, const char *rg_id, const char *region, struct row_global_member **out)
{
    struct row_global_member *members;
    size_t n;
    const char *id = id_fold(op, rg_id);
    int r = q_member_list(op->store, op->arena, global_id, &members, &n, op->err);
    *out = NULL;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (strcmp(members[i].rg_id, id) == 0 && strcmp(members[i].region, region) == 0) *out = &members[i];
    if (r == 0 && *out == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Replication group %s in region %s is not associated with Global Replication Group %s.", rg_id, region, global_id);
    return r;
}

static int ask_group_for_change(struct op *op, const struct row_global_member *m)
{
    struct row_replication_group *rg;
    int r = q_rg_get(op->store, op->arena, m->region, m->rg_id, &rg, op->err);
    if (r || rg == NULL) return r;
    move_rg_status(NULL, &rg->status, RG_CHANGE_ASKED);
    return q_replication_group_put(op->store, rg, op->err);
}

int op_disassociate_global_replication_group(struct op *op, const struct api_disassociate_global_replication_group_in *in,
    struct api_disassociate_global_replication_group_out *out)
{
    struct row_global_replication_group *g;
    struct row_global_member *m;
    int r = find_global(op, in->global_replication_group_id, &g);
    if (r == 0) r = find_member(op, g->id, in->replication_group_id, in->replication_group_region, &m);
    if (r) return r;
    if (m->role == MEMBER_PRIMARY)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The primary replication group %s can't be disassociated from Global Replication Group %s.", m->rg_id, g->id);
    r = check_global_at_rest(op, g);
    if (r) return r;
    m->leaving = 1;
    move_global_status(NULL, &g->status, GLOBAL_CHANGE_ASKED);
    r = q_global_member_put(op->store, m, op->err);
    if (r == 0) r = q_global_replication_group_put(op->store, g, op->err);
    if (r == 0) r = ask_group_for_change(op, m);
    return r ? r : answer_with_global(op, g->id, &out->global_replication_group);
}

int op_delete_global_replication_group(
    struct op *op, const struct api_delete_global_replication_group_in *in, struct api_delete_global_replication_group_out *out)
{
    struct row_global_replication_group *g;
    int r = find_global(op, in->global_replication_group_id, &g);
    if (r) return r;
    if (g->status != GLOBAL_PRIMARY_ONLY)
        return op_fault(op, FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE, "Cannot delete a global replication group in %s state",
            global_status_text(g->status));
    move_global_status(NULL, &g->status, GLOBAL_DELETION_ASKED);
    r = q_global_replication_group_put(op->store, g, op->err);
    return r ? r : answer_with_global(op, g->id, &out->global_replication_group);
}

/*
 * Allowed while another change of the datastore runs; of several failovers the
 * first wins. The answer still shows the old roles: they flip when the new
 * primary takes writes.
 */
int op_failover_global_replication_group(struct op *op, const struct api_failover_global_replication_group_in *in,
    struct api_failover_global_replication_group_out *out)
{
    struct row_global_replication_group *g;
    struct row_global_member *m;
    int r = find_global(op, in->global_replication_group_id, &g);
    if (r == 0) r = find_member(op, g->id, in->primary_replication_group_id, in->primary_region, &m);
    if (r) return r;
    if (m->role == MEMBER_PRIMARY)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Replication group %s in region %s is already the primary of Global Replication Group %s.", m->rg_id, m->region,
            g->id);
    /* A primary that is getting its data back is no obstacle: then the failover takes its place. */
    bool switches = g->phase != PHASE_STEADY && g->phase != PHASE_REVIVING && g->phase != PHASE_RETURNING;
    if (m->status != MEMBER_ASSOCIATED || m->leaving || switches || g->status == GLOBAL_DELETING) return fault_global_busy(op, g);
    move_global_status(NULL, &g->status, GLOBAL_CHANGE_ASKED);
    move_global_phase(NULL, &g->phase, PHASE_FAILOVER_ASKED);
    g->phase_since_ms = op->steady_ms;
    g->switch_region = m->region;
    r = q_global_replication_group_put(op->store, g, op->err);
    return r ? r : answer_with_global(op, g->id, &out->global_replication_group);
}
