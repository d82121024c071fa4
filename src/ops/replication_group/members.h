#pragma once
#include "ops/core/op.h"
/* The node groups of an existing replication group, and the members in them. */

/* The replication group's member nodes that shall run, in the order of their cache clusters' ids, in the arena. */
int rg_read_members(struct op *op, const struct row_replication_group *rg, struct row_node **out, size_t *n);
/* The node that shall be the primary of a node group. */
int rg_read_primary(struct op *op, const struct row_replication_group *rg, const char *node_group_id, const char **node_id);

/* One node group and its members. */
struct rg_part {
    struct row_node_group row;
    struct row_node *members; /* in the order of their cache clusters' ids */
    size_t n_members;
};
/* All node groups of a replication group, in the order of their ids, in the arena. */
int rg_read_parts(struct op *op, const struct row_replication_group *rg, struct rg_part **out, size_t *n);
