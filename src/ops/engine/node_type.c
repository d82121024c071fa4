#include "ops/core/find.h"
#include <assert.h>

static struct string_list type_names(struct op *op, const struct node_type *const *types, size_t n)
{
    struct string_list list = {true, n, arena_array(op->arena, const char *, n)};
    for (size_t i = 0; i < n; i++) list.items[i] = types[i]->name;
    return list;
}

int op_list_allowed_node_type_modifications(struct op *op, const struct api_list_allowed_node_type_modifications_in *in,
    struct api_list_allowed_node_type_modifications_out *out)
{
    struct row_replication_group *rg = NULL;
    struct row_cache_cluster *c = NULL;
    struct row_global_member *m = NULL;
    struct node_type_moves moves;
    if ((in->cache_cluster_id == NULL) == (in->replication_group_id == NULL))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Exactly one of CacheClusterId and ReplicationGroupId must be given.");
    int r = in->cache_cluster_id ? find_cluster(op, in->cache_cluster_id, &c) : find_rg(op, in->replication_group_id, &rg);
    if (r) return r;
    assert(c || rg);
    const char *rg_id = c ? c->rg_id : rg->id;
    if (rg_id) r = q_member_of_rg(op->store, op->arena, op->region->name, rg_id, &m, op->err);
    if (r) return r;
    const struct node_type *from = node_type_find(c ? c->node_type : rg->node_type);
    const struct engine_version *v =
        engine_version_find(engine_find(c ? c->engine : rg->engine), c ? c->engine_version : rg->engine_version);
    node_type_moves(from, v, m != NULL, &moves);
    out->scale_up_modifications = type_names(op, moves.up, moves.n_up);
    out->scale_down_modifications = type_names(op, moves.down, moves.n_down);
    return 0;
}
