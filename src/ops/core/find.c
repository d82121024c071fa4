#include "ops/core/find.h"
#include "ops/core/id.h"
#include "plan/serverless.h"
#include "store/event_log.h"
#include <string.h>

int find_rg(struct op *op, const char *id, struct row_replication_group **out)
{
    int r = q_rg_get(op->store, op->arena, op->region->name, id_fold(op, id), out, op->err);
    if (r == 0 && *out == NULL) return op_fault(op, FAULT_REPLICATION_GROUP_NOT_FOUND, "ReplicationGroup %s not found.", id);
    return r;
}

int find_cluster(struct op *op, const char *id, struct row_cache_cluster **out)
{
    int r = q_cluster_get(op->store, op->arena, op->region->name, id_fold(op, id), out, op->err);
    if (r == 0 && *out == NULL) return op_fault(op, FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: %s", id);
    return r;
}

int find_global(struct op *op, const char *id, struct row_global_replication_group **out)
{
    struct row_global_member *members;
    size_t n;
    const char *folded = id_fold(op, id);
    int r = q_global_get(op->store, op->arena, folded, out, op->err);
    if (r == 0) r = q_member_list(op->store, op->arena, folded, &members, &n, op->err);
    for (size_t i = 0; r == 0 && *out && i < n; i++)
        if (strcmp(members[i].region, op->region->name) == 0) return 0;
    if (r == 0) return op_fault(op, FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND, "Global replication group %s not found.", id);
    return r;
}

enum { LONG_MS = 10000 };

bool unserved_for_long(const struct op *op, int64_t unserved_since_ms)
{
    return unserved_since_ms && op->steady_ms - unserved_since_ms >= LONG_MS;
}

int note_message(struct op *op, const char *source_type, const char *source_id, const char *message)
{
    return serverless_owns(source_id)
               ? 0
               : event_log_add(op->store, op->region->name, op->now_ms, source_type, source_id, message, op->err);
}
