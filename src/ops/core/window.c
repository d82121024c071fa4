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

int window_maintenance(struct op *op, const char *given, const char **out)
{
    if (given == NULL) {
        int at = (int)(op->random % 7) * DAY + pick_minute(op, op->region->maintenance, 7), end = (at + HOUR) % WEEK;
        *out =
            arena_printf(op->arena, "%s:%s-%s:%s", days[at % WEEK / DAY], day_time(op, at), days[end / DAY], day_time(op, end));
        return 0;
    }
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

int window_snapshot(struct op *op, const char *given, const char **out)
{
    if (given == NULL) {
        int at = pick_minute(op, op->region->snapshots, 1);
        *out = arena_printf(op->arena, "%s-%s", day_time(op, at), day_time(op, at + HOUR));
        return 0;
    }
    int a = -1, b = -1;
    if (strlen(given) == 11 && given[5] == '-')
        a = window_time_of_day(arena_strndup(op->arena, given, 5)), b = window_time_of_day(given + 6);
    if (a < 0 || b < 0)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid snapshot window %s: expected the format hh24:mi-hh24:mi.", given);
    if ((b - a + DAY) % DAY < HOUR)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Snapshot window must be at least 60 minutes.");
    *out = given;
    return 0;
}
