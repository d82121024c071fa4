#pragma once
#include "ops/core/op.h"
#include "ops/snapshot/restore.h"
/*
 * What a CreateReplicationGroup request comes to once it is understood and found
 * sound: the settings of the group and its members, and where each member stands.
 * Shared by the operations that make groups.
 */
enum { GROUP_MEMBERS_MAX = 6 }; /* a primary and five replicas: ElastiCache's limit per shard */

struct group_shard {
    const char *id;
    const char *slots; /* ranges; NULL with cluster mode disabled */
    int members;
    const char *zones[GROUP_MEMBERS_MAX]; /* of each member, the primary first */
};

struct group_plan {
    struct row_replication_group rg;
    struct group_shard *shards;
    size_t n_shards;
    const struct row_global_replication_group *global; /* the datastore it joins as a secondary, or NULL */
    struct string_list user_group_ids;
    const char *auth_token;            /* NULL or "": none */
    struct restore restore;            /* what its primaries begin with */
    struct row_cache_cluster *adopted; /* the cluster that becomes its only member, or NULL */
};

/* Reads, defaults and checks the request; nothing is written. */
int group_plan_read(struct op *op, const struct api_create_replication_group_in *in, struct group_plan *out);

/* Writes the group, its node group, endpoints, member clusters and nodes. */
int group_plan_write(struct op *op, const struct group_plan *plan);

/* The id of a member cluster: GROUP-001, or GROUP-0001-001 in cluster mode. */
const char *group_member_id(struct op *op, const struct row_replication_group *rg, const char *node_group_id, int number);

/* Writes one node group with its members, in the order of 'shard'; the caller writes the group's row. */
int group_write_shard(struct op *op, struct row_replication_group *rg, const struct group_shard *shard);

/* Writes what a node has besides in a cluster. */
int group_add_shard_node(struct op *op, const struct row_node *n);
/* Writes an address of the group's, or of one of its node groups'; 'node_group_id' is "" for the group's. */
int group_add_endpoint(struct op *op, const struct row_replication_group *rg, const char *node_group_id, const char *kind);

/* Writes one more member: its cluster, which is named 'id', and its node. */
int group_add_member(struct op *op, const struct row_replication_group *rg, const char *id, const char *node_group_id,
    const char *zone, const char **node_id);

/* Gives every node group of a member of a global datastore its gateway to the other regions. */
int group_add_gateways(struct op *op, const struct row_replication_group *rg);

/* Member clusters carry their group's settings: writes them anew after the group's have changed. */
int group_copy_settings(struct op *op, const struct row_replication_group *rg);

/* A parameter group of its own, as every member of a global datastore has one, with the values that all members share; sets the group's. */
int group_own_parameters(struct op *op, const char *global_id, struct row_replication_group *rg);

/* The fault for what Meridian does not serve yet: it is never silently left out. */
int not_served(struct op *op, const char *what);
