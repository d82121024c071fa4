#pragma once
#include "ops/core/op.h"
/* Replicas that an existing replication group gets or loses, whichever operation it is that says so. */

/* Adds one replica: 'cluster_id' NULL gives it the next number; 'zone' NULL spreads it. The caller writes the replication group's row. */
int rg_add_replica(
    struct op *op, struct row_replication_group *rg, const char *node_group_id, const char *cluster_id, const char *zone);

/* A new member has its replication group's tags. */
int rg_share_tags(struct op *op, const struct row_replication_group *rg, const char *cluster_id);

/* Takes one out: its cache cluster shows 'deleting' and its node goes. The caller writes the replication group's row. */
int rg_remove_replica(struct op *op, struct row_replication_group *rg, const struct row_node *n);

/* CreateCacheCluster with a ReplicationGroupId: one more replica under the id of the caller's choice. */
int rg_create_member(struct op *op, const struct api_create_cache_cluster_in *in);

/* DeleteCacheCluster of a member: refused for the primary and where automatic failover would be left without a replica. */
int rg_check_member_deletable(struct op *op, const struct row_cache_cluster *c);
/* One that has passed the check. With a final snapshot its node lives until that is taken. */
int rg_delete_member(struct op *op, const struct row_cache_cluster *c, bool final);
