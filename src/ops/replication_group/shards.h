#pragma once
#include "ops/core/op.h"
#include "ops/replication_group/creation.h"
/* What a request says of a replication group's shape: cluster mode, node groups with their slots, members and where they stand. */

/* Cluster mode and the parameter group, which have to agree: each can ask for the other. */
int rg_mode_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg);

/* The node groups of a replication group whose mode is known; its quotas, and what automatic failover asks of them. */
int rg_shards_read(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p);

/* Members that nobody placed are spread over the subnet group's zones: 'shard' and 'member' count from 0. */
const char *shard_zone(const struct string_list *zones, size_t shard, int member);

/* The version's default parameter group, for a replication group of this mode. */
const char *rg_default_parameters(struct op *op, const struct row_replication_group *rg, const struct engine_version *v);

/* The replication group's limits: shards, nodes in all, and of the region, which gets 'more' nodes. */
int rg_check_quotas(struct op *op, size_t shards, int64_t nodes, int64_t more);
