#pragma once
#include "catalog/engine.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* Service updates, dated by the clock: made from api/catalog/service-updates.json. Times are in ms since the epoch. */

struct service_update_kind {
    const char *severity, *about;
    bool engines[ENGINE_COUNT];
};
extern const struct service_update_kind service_update_kinds[];
extern const size_t n_service_update_kinds;
extern const struct service_update_calendar {
    int every_days, kept, recommended_days, end_days, minutes_per_node;
} service_update_calendar;

struct service_update {
    char name[32]; /* "elc-20261001-001" */
    const struct service_update_kind *kind;
    int64_t released_ms, recommended_ms, end_ms;
    bool expired;
};

/* The newest is number 0; there are service_update_calendar.kept. */
void service_update_at(int number, int64_t now_ms, struct service_update *out);
/* False where none of those that are known now has that name. */
bool service_update_find(const char *name, int64_t now_ms, struct service_update *out);
