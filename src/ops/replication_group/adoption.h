#pragma once
#include "ops/core/op.h"
/*
 * CreateReplicationGroup with a PrimaryClusterId: an existing redis cache cluster becomes
 * the replication group's primary. Its id, its node, the node's address and data stay.
 */

/* The cache cluster that a request names, and in 'filled' the request with the cache cluster's settings in place of what it leaves open. */
int rg_adopt_read(struct op *op, const struct api_create_replication_group_in *in, struct api_create_replication_group_in *filled,
    struct row_cache_cluster **out);

/* Makes the cache cluster a member of the replication group; *node_id is its node's id. */
int rg_adopt_write(struct op *op, const struct row_replication_group *rg, const char *node_group_id, struct row_cache_cluster *c,
    const char **node_id);
