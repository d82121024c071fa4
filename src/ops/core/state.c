#include "ops/core/state.h"
#include "catalog/limits.gen.h"
#include "plan/rg_row.h"
#include <string.h>

int check_rg_modifiable(struct op *op, const struct row_replication_group *rg)
{
    if (rg->status == RG_AVAILABLE) return 0;
    return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify.");
}

int check_kms_key(struct op *op, const struct row_replication_group *rg)
{
    static const char disabled[] = "disabled";
    size_t n = rg->kms_key_id ? strlen(rg->kms_key_id) : 0, n_tail = sizeof disabled - 1;
    if (n < n_tail || strcmp(rg->kms_key_id + n - n_tail, disabled) != 0) return 0;
    return op_fault(op, FAULT_INVALID_KMS_KEY, "The KMS key supplied is not valid.");
}

int check_outside_global(struct op *op, const struct row_replication_group *rg, enum fault fault)
{
    struct row_global_member *m;
    int r = q_member_of_rg(op->store, op->arena, rg->region, rg->id, &m, op->err);
    if (r || m == NULL) return r;
    return op_fault(op, fault, "Cluster [%s] is part of a global cluster [%s]. Request rejected.", rg->id, m->global_id);
}

int fault_global_busy(struct op *op, const struct row_global_replication_group *g)
{
    return op_fault(op, FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE,
        "Global replication group %s is not available or in primary-only state.", g->id);
}

int check_global_at_rest(struct op *op, const struct row_global_replication_group *g)
{
    return global_is_at_rest(g) ? 0 : fault_global_busy(op, g);
}

int region_find_room(
    struct op *op, const struct sql_table *t, region_count_fn *count, int64_t limit, int64_t more, bool *has_room)
{
    int64_t n;
    *has_room = store_most_rows(op->store, t, op->region->name) <= limit - more;
    if (*has_room) return 0;
    int r = count(op->store, op->region->name, &n, op->err);
    if (r) return r;
    store_counted(op->store, t, op->region->name, n);
    *has_room = n <= limit - more;
    return 0;
}

int check_node_quota(struct op *op, int64_t more)
{
    int64_t limit = op->config->large_groups ? LIMIT_NODES_PER_LARGE_REGION : LIMIT_NODES_PER_REGION;
    bool has_room;
    int r = region_find_room(op, &sql_table_node, q_node_count, limit, more, &has_room);
    if (r || has_room) return r;
    return op_fault(op, FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED,
        "Customer node quota exceeded. You can have at most %lld nodes in this region", (long long)limit);
}

int check_cluster_quota(struct op *op)
{
    int64_t limit = op->config->large_groups ? LIMIT_CLUSTERS_PER_LARGE_REGION : LIMIT_CLUSTERS_PER_REGION;
    bool has_room;
    /* Each of them has at least one row of a cache cluster. */
    int r = region_find_room(op, &sql_table_cache_cluster, q_cluster_count, limit, 1, &has_room);
    if (r || has_room) return r;
    return op_fault(op, FAULT_CLUSTER_QUOTA_FOR_CUSTOMER_EXCEEDED,
        "Customer cluster quota exceeded. You can have at most %lld clusters in this region", (long long)limit);
}
