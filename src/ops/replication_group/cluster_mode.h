#pragma once
#include "ops/core/op.h"
/*
 * ModifyReplicationGroup with another ClusterMode: from disabled to compatible, and from
 * there to enabled or back. Going to and from disabled every node starts again with its
 * data, as a node of a Redis Cluster or as none.
 */

/* True where the request names another mode than the replication group's. */
bool cluster_mode_changes(const struct api_modify_replication_group_in *in, const struct row_replication_group *rg);
/* Sets the replication group's row, its parameter group too (the caller writes it), and writes what belongs to it. */
int cluster_mode_change(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg);
