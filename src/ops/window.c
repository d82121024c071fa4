#include "ops/window.h"
#include "ops/id.h"
#include <stdio.h>
#include <string.h>

enum { HOUR = 60, DAY = 24 * HOUR, WEEK = 7 * DAY };

static const char days[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* Minutes of the day in "hh:mm", or -1. */
static int time_of_day(const char *s)
{
    unsigned h, m;
    char rest;
    if (strlen(s) != 5 || s[2] != ':' || sscanf(s, "%2u:%2u%c", &h, &m, &rest) != 2 || h > 23 || m > 59) return -1;
    return (int)(h * HOUR + m);
}

/* Minutes of the week in "ddd:hh:mm", or -1. */
static int time_of_week(const char *s)
{
    int minutes = strlen(s) == 9 && s[3] == ':' ? time_of_day(s + 4) : -1;
    for (int d = 0; minutes >= 0 && d < 7; d++)
        if (strncmp(s, days[d], 3) == 0) return d * DAY + minutes;
    return -1;
}

static const char *day_time(struct op *op, int minutes)
{
    return arena_printf(op->arena, "%02d:%02d", minutes / HOUR % 24, minutes % HOUR);
}

static int pick(struct op *op, struct day_block block, int salt)
{
    int free_minutes = block.length_min - HOUR;
    return block.start_min + (free_minutes > 0 ? (int)(op->random / salt % free_minutes) : 0);
}

/* The two halves of "a-b", each of 'size' bytes; false where it does not look like that. */
static bool halves(struct op *op, const char *given, size_t size, const char **from, const char **to)
{
    if (strlen(given) != 2 * size + 1 || given[size] != '-') return false;
    *from = arena_strndup(op->arena, given, size);
    *to = given + size + 1;
    return true;
}

int window_maintenance(struct op *op, const char *given, const char **out)
{
    if (given == NULL) {
        int at = (int)(op->random % 7) * DAY + pick(op, op->region->maintenance, 7), end = (at + HOUR) % WEEK;
        *out = arena_printf(op->arena, "%s:%s-%s:%s", days[at % WEEK / DAY], day_time(op, at), days[end / DAY], day_time(op, end));
        return 0;
    }
    const char *folded = id_fold(op, given), *from, *to;
    int a = -1, b = -1;
    if (halves(op, folded, 9, &from, &to)) a = time_of_week(from), b = time_of_week(to);
    if (a < 0 || b < 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid maintenance window %s: expected the format ddd:hh24:mi-ddd:hh24:mi.", given);
    if ((b - a + WEEK) % WEEK < HOUR) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Maintenance window must be at least 60 minutes.");
    *out = folded;
    return 0;
}

int window_snapshot(struct op *op, const char *given, const char **out)
{
    if (given == NULL) {
        int at = pick(op, op->region->snapshots, 1);
        *out = arena_printf(op->arena, "%s-%s", day_time(op, at), day_time(op, at + HOUR));
        return 0;
    }
    const char *from, *to;
    int a = -1, b = -1;
    if (halves(op, given, 5, &from, &to)) a = time_of_day(from), b = time_of_day(to);
    if (a < 0 || b < 0) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid snapshot window %s: expected the format hh24:mi-hh24:mi.", given);
    if ((b - a + DAY) % DAY < HOUR) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Snapshot window must be at least 60 minutes.");
    *out = given;
    return 0;
}
