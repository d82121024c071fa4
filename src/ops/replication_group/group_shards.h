#pragma once
#include "ops/replication_group/group_plan.h"
/* What a request says of a group's shape: cluster mode, node groups with their slots, members and where they stand. */

/* Cluster mode and the parameter group, which have to agree: each can ask for the other. */
int group_mode_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg);

/* The node groups of a group whose mode is known; its quotas, and what automatic failover asks of them. */
int group_shards_read(struct op *op, const struct api_create_replication_group_in *in, struct group_plan *p);

/* Members that nobody placed are spread over the subnet group's zones: 'shard' and 'member' count from 0. */
const char *group_zone(const struct string_list *zones, size_t shard, int member);

/* The version's default parameter group, for a group of this mode. */
const char *group_default_parameters(struct op *op, const struct row_replication_group *rg, const struct engine_version *v);

struct parameter_group;
/* Whether a parameter group is one for this mode. */
int group_check_parameters_mode(struct op *op, const struct row_replication_group *rg, const struct parameter_group *g);

/* True where the group's nodes are one Redis cluster: its mode is enabled, or compatible. */
bool group_is_clustered(const struct row_replication_group *rg);
/* The group's limits: shards, nodes of its cluster, and of the region, which gets 'more' nodes. */
int group_check_quotas(struct op *op, size_t shards, int64_t nodes, int64_t more);
