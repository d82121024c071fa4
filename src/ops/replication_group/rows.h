#pragma once
#include "ops/core/op.h"
/* The rows that make up a replication group, as operations write them. All belong to the region of the request. */

enum { SHARD_MEMBERS_MAX = 6 }; /* a primary and five replicas: ElastiCache's limit per shard */

/* A node group that is to come. */
struct new_shard {
    const char *id;
    const char *slots; /* ranges; NULL with cluster mode disabled */
    int members;
    const char *zones[SHARD_MEMBERS_MAX]; /* of each member, the primary first */
};

/* The id of a member cluster: GROUP-001, or GROUP-0001-001 in cluster mode. */
const char *rg_member_id(struct op *op, const struct row_replication_group *rg, const char *node_group_id, int number);

/* Writes one node group with its members, in the order of 'shard'; the caller writes the replication group's row. */
int rg_add_shard(struct op *op, struct row_replication_group *rg, const struct new_shard *shard);

/* Writes a node group without its members; 'primary' is the id of the first one's node. */
int rg_add_node_group(struct op *op, const struct row_replication_group *rg, const struct new_shard *shard, const char *primary);

/* Writes what a node has besides in a Redis Cluster. */
int rg_add_shard_node(struct op *op, const struct row_node *n);

/* Writes an address of the replication group's, or of one of its node groups'; 'node_group_id' is "" for the replication group's. */
int rg_add_endpoint(struct op *op, const struct row_replication_group *rg, const char *node_group_id, enum endpoint_kind kind);

/* Writes one more member: its cache cluster, which is named 'id', and its node. */
int rg_add_member(struct op *op, const struct row_replication_group *rg, const char *id, const char *node_group_id,
    const char *zone, const char **node_id);

/* Gives every node group of a member of a global datastore its gateway to the other regions. */
int rg_add_gateways(struct op *op, const struct row_replication_group *rg);

/* Member clusters carry their replication group's settings: writes them anew after the replication group's have changed. */
int rg_copy_settings(struct op *op, const struct row_replication_group *rg);

/* A parameter group of its own, as every member of a global datastore has one, with the values that all members share; sets the replication group's. */
int rg_own_parameters(struct op *op, const char *global_id, struct row_replication_group *rg);

/* The replication group is being changed: its node groups show 'modifying' with it. */
int rg_set_modifying(struct op *op, struct row_replication_group *rg);
