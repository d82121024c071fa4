#pragma once
#include "ops/core/op.h"
/* Members of an existing replication group: adding replicas, taking them out. Used by the operations on replica counts and on cache clusters. */

/* The group's member nodes that shall run, in the order of their clusters' ids, in the arena. */
int group_members(struct op *op, const struct row_replication_group *rg, struct row_node **out, size_t *n);
/* The node that shall be the primary of a node group. */
int group_primary(struct op *op, const struct row_replication_group *rg, const char *node_group_id, const char **node_id);

/* One node group and its members. */
struct group_part {
    struct row_node_group row;
    struct row_node *members; /* in the order of their clusters' ids */
    size_t n_members;
};
/* All node groups of a group, in the order of their ids, in the arena. */
int group_parts(struct op *op, const struct row_replication_group *rg, struct group_part **out, size_t *n);

/* Adds one replica: 'cluster_id' NULL gives it the next number; 'zone' NULL spreads it. The caller writes the group's row. */
int group_add_replica(
    struct op *op, struct row_replication_group *rg, const char *node_group_id, const char *cluster_id, const char *zone);
/* A new member has its group's tags. */
int group_share_tags(struct op *op, const struct row_replication_group *rg, const char *cluster_id);
/* Takes one out: its cluster shows 'deleting' and its node goes. The caller writes the group's row. */
int group_remove_replica(struct op *op, struct row_replication_group *rg, const struct row_node *n);
/* The group is being changed: its node groups show 'modifying' with it. */
int group_set_modifying(struct op *op, struct row_replication_group *rg);

/* CreateCacheCluster with a ReplicationGroupId: one more replica under the id of the caller's choice. */
int group_create_member(struct op *op, const struct api_create_cache_cluster_in *in);
/* DeleteCacheCluster of a member: refused for the primary and where automatic failover would be left without a replica. */
int group_delete_member(struct op *op, const struct row_cache_cluster *c);
