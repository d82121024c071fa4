#include "ops/replication_group/inherited_shards.h"
#include "ops/core/request.h"
#include <string.h>

int rg_primary_shards(struct op *op, const struct row_global_replication_group *g, struct row_node_group **out, size_t *n)
{
    struct row_global_member *members;
    size_t n_members;
    *out = NULL;
    *n = 0;
    int r = q_member_list(op->store, op->arena, g->id, &members, &n_members, op->err);
    for (size_t i = 0; r == 0 && i < n_members; i++)
        if (members[i].role == MEMBER_PRIMARY)
            r = q_node_group_span(op->store, op->arena, members[i].region, members[i].rg_id, members[i].rg_id, out, n, op->err);
    return r;
}

static int check_shape(
    struct op *op, const struct row_node_group *shards, size_t n, const struct api_node_group_configuration_list *given)
{
    bool same = given->n == 0 || given->n == n;
    for (size_t i = 0; same && i < given->n; i++) {
        const struct api_node_group_configuration *c = &given->items[i];
        same = c->slots == NULL && (c->node_group_id == NULL || strcmp(c->node_group_id, shards[i].id) == 0);
    }
    if (same) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "Cannot use the given parameters when creating new replication group in an existing global replication group.");
}

int rg_inherit_shards(struct op *op, const struct row_global_replication_group *g,
    const struct api_create_replication_group_in *in, struct api_create_replication_group_in *filled)
{
    struct row_node_group *shards;
    size_t n;
    const struct api_node_group_configuration_list *given = &in->node_group_configuration;
    *filled = *in;
    if (!g->cluster_enabled) return 0;
    int r = rg_primary_shards(op, g, &shards, &n);
    if (r == 0) r = check_shape(op, shards, n, given);
    if (r) return r;
    struct api_node_group_configuration_list list = {true, n, arena_array(op->arena, struct api_node_group_configuration, n)};
    for (size_t i = 0; i < n; i++) {
        if (given->n) list.items[i] = given->items[i];
        list.items[i].node_group_id = shards[i].id;
        list.items[i].slots = shards[i].slots;
    }
    filled->node_group_configuration = list;
    return 0;
}
