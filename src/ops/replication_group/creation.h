#pragma once
#include "ops/core/op.h"
#include "ops/replication_group/rows.h"
#include "ops/snapshot/restore.h"
/*
 * What a CreateReplicationGroup request comes to once it is understood and found
 * sound: the settings of the replication group and its members, and where each member stands.
 */
struct rg_creation {
    struct row_replication_group rg;
    struct new_shard *shards;
    size_t n_shards;
    const struct row_global_replication_group *global; /* the datastore it joins as a secondary, or NULL */
    struct string_list user_group_ids;
    const char *auth_token;            /* NULL or "": none */
    struct restore restore;            /* what its primaries begin with */
    struct row_cache_cluster *adopted; /* the cache cluster that becomes its only member, or NULL */
};

/* Reads, defaults and checks the request for a replication group of that id, which is a proper one, with the data of the snapshot of that
 * row, or NULL; nothing is written. */
int rg_creation_read(struct op *op, const struct api_create_replication_group_in *in, const char *id, const char *snapshot,
    struct rg_creation *out);

/* Writes the replication group, its node group, endpoints, member clusters and nodes. */
int rg_creation_write(struct op *op, const struct rg_creation *c);
