#include "ops/core/window.h"
#include "ops/core/id.h"
#include "plan/window.h"
#include <string.h>

enum { HOUR = WINDOW_HOUR, DAY = WINDOW_DAY, WEEK = WINDOW_WEEK };

static const char days[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static const char *day_time(struct op *op, int minutes)
{
    return arena_printf(op->arena, "%02d:%02d", minutes / HOUR % 24, minutes % HOUR);
}

static int pick_minute(struct op *op, struct day_block block, int salt)
{
    int free_minutes = block.length_min - HOUR;
    return block.start_min + (free_minutes > 0 ? (int)(op->random / salt % free_minutes) : 0);
}

/* One of 60 minutes within the region's block of its hours, or as many hours later. */
static const char *pick_maintenance(struct op *op, int hours)
{
    int at = (int)(op->random % 7) * DAY + pick_minute(op, op->region->maintenance, 7) + hours * HOUR, end = (at + HOUR) % WEEK;
    return arena_printf(op->arena, "%s:%s-%s:%s", days[at % WEEK / DAY], day_time(op, at), days[end / DAY], day_time(op, end));
}

static const char *pick_snapshot(struct op *op, int hours)
{
    int at = pick_minute(op, op->region->snapshots, 1) + hours * HOUR;
    return arena_printf(op->arena, "%s-%s", day_time(op, at), day_time(op, at + HOUR));
}

static int check_maintenance(struct op *op, const char *given, const char **out)
{
    const char *folded = id_fold(op, given);
    struct window window;
    if (!window_read(folded, &window))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Invalid maintenance window %s: expected the format ddd:hh24:mi-ddd:hh24:mi.", given);
    if (window.length_min < HOUR)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Maintenance window must be at least 60 minutes.");
    *out = folded;
    return 0;
}

static int check_snapshot(struct op *op, const char *given, const char **out)
{
    struct window_of_day window;
    if (!window_of_day_read(given, &window))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid snapshot window %s: expected the format hh24:mi-hh24:mi.", given);
    if (window.length_min < HOUR)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Snapshot window must be at least 60 minutes.");
    *out = given;
    return 0;
}

static int fault_overlap(struct op *op)
{
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The snapshot window and the maintenance window must not overlap.");
}

int window_choose(
    struct op *op, const char *maintenance, const char *snapshot, const char **out_maintenance, const char **out_snapshot)
{
    int r = maintenance ? check_maintenance(op, maintenance, out_maintenance) : 0;
    if (r == 0 && snapshot) r = check_snapshot(op, snapshot, out_snapshot);
    if (r) return r;
    for (int hours = 0; hours < 24; hours++) {
        if (maintenance == NULL) *out_maintenance = pick_maintenance(op, snapshot ? hours : 0);
        if (snapshot == NULL) *out_snapshot = pick_snapshot(op, hours);
        if (!windows_overlap(*out_maintenance, *out_snapshot)) return 0;
    }
    return fault_overlap(op);
}

int window_change(struct op *op, bool both, const char *maintenance, const char *snapshot, const char **old_maintenance,
    const char **old_snapshot)
{
    int r = maintenance ? check_maintenance(op, maintenance, old_maintenance) : 0;
    if (r == 0 && snapshot) r = check_snapshot(op, snapshot, old_snapshot);
    if (r || !both || (maintenance == NULL && snapshot == NULL)) return r;
    return windows_overlap(*old_maintenance, *old_snapshot) ? fault_overlap(op) : 0;
}
