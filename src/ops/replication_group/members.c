#include "ops/replication_group/members.h"
#include "ops/replication_group/rows.h"
#include "plan/world.h"
#include <string.h>

int rg_read_members(struct op *op, const struct row_replication_group *rg, struct row_node **out, size_t *n)
{
    struct row_node *all;
    size_t n_all;
    int r = q_node_list_by_rg(op->store, op->arena, rg->region, rg->id, &all, &n_all, op->err);
    if (r) return r;
    *out = all;
    *n = 0;
    for (size_t i = 0; i < n_all; i++)
        if (all[i].want == WISH_RUN) all[(*n)++] = all[i];
    return 0;
}

int rg_read_primary(struct op *op, const struct row_replication_group *rg, const char *node_group_id, const char **node_id)
{
    struct row_node_group *ngs;
    size_t n;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n, op->err);
    *node_id = "";
    for (size_t i = 0; r == 0 && i < n; i++)
        if (strcmp(ngs[i].id, node_group_id) == 0) *node_id = ngs[i].primary_node_id;
    return r;
}

int rg_read_parts(struct op *op, const struct row_replication_group *rg, struct rg_part **out, size_t *n)
{
    struct row_node_group *rows;
    struct row_node *members;
    size_t n_members;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &rows, n, op->err);
    if (r == 0) r = rg_read_members(op, rg, &members, &n_members);
    if (r) return r;
    *out = arena_array(op->arena, struct rg_part, *n);
    for (size_t i = 0; i < *n; i++) {
        struct rg_part *part = &(*out)[i];
        *part = (struct rg_part){rows[i], arena_array(op->arena, struct row_node, SHARD_MEMBERS_MAX), 0};
        for (size_t m = 0; m < n_members && part->n_members < SHARD_MEMBERS_MAX; m++)
            if (strcmp(members[m].node_group_id, rows[i].id) == 0) part->members[part->n_members++] = members[m];
    }
    return 0;
}
