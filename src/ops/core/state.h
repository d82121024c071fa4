#pragma once
#include "ops/core/op.h"
/* Whether a resource is in a state that allows what is asked: 0, or the fault and message that AWS has for it, or < 0. */

/* Most changes of a replication group ask for one that is available. */
int check_rg_modifiable(struct op *op, const struct row_replication_group *rg);
/* The key of its encryption at rest can be used: one whose name ends in "disabled" can't, which lets a client meet the refusal. */
int check_kms_key(struct op *op, const struct row_replication_group *rg);
/* Refused with 'fault' for a member of a global datastore: only the datastore may change it so. */
int check_outside_global(struct op *op, const struct row_replication_group *rg, enum fault fault);

/* Most changes of a global datastore ask for one at rest. */
int check_global_at_rest(struct op *op, const struct row_global_replication_group *g);
/* The fault for a global datastore that is not. */
int fault_global_busy(struct op *op, const struct row_global_replication_group *g);

/*
 * Whether the table may have 'more' rows of the region without going beyond 'limit'. 'count' counts them, which is seldom needed: only
 * where the bound that the store knows does not tell.
 */
typedef int region_count_fn(struct store *s, const char *region, int64_t *n, struct err *e);
int region_find_room(
    struct op *op, const struct sql_table *t, region_count_fn *count, int64_t limit, int64_t more, bool *has_room);
/* The region has room for 'more' nodes: --quotas raised gives it a larger one. */
int check_node_quota(struct op *op, int64_t more);
/* The same for one more replication group, or cache cluster outside of one. */
int check_cluster_quota(struct op *op);
