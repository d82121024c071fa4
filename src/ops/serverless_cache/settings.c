#include "ops/serverless_cache/settings.h"
#include "ops/serverless_cache/limits.h"
#include "plan/moves.gen.h"
#include "plan/window.h"

int settings_read_daily_time(struct op *op, const char *given, const char **window)
{
    if (given == NULL) return 0;
    int at = window_time_of_day(given);
    if (at < 0)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid DailySnapshotTime: %s. It must have the format hh24:mi.", given);
    int end = (at + WINDOW_HOUR) % WINDOW_DAY;
    *window =
        arena_printf(op->arena, "%02d:%02d-%02d:%02d", at / WINDOW_HOUR, at % WINDOW_HOUR, end / WINDOW_HOUR, end % WINDOW_HOUR);
    return 0;
}

int settings_write_limit(struct op *op, const struct row_serverless_cache *row)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, row->region, row->rg_id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (clusters[i].memory_limit == limits_memory(row)) continue;
        clusters[i].memory_limit = limits_memory(row);
        move_apply_status(NULL, &clusters[i].parameter_apply_status, APPLY_VALUES_CHANGED); /* until a plan finds otherwise */
        r = q_cache_cluster_put(op->store, &clusters[i], op->err);
    }
    return r;
}
