#include "catalog/service_update.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

void service_update_at(int number, int64_t now_ms, struct service_update *out)
{
    const struct service_update_calendar *c = &service_update_calendar;
    int64_t turn = now_ms / (c->every_days * DAY_MS) - number;
    time_t released_s = (time_t)(turn * c->every_days * (DAY_MS / 1000));
    struct tm date;
    gmtime_r(&released_s, &date);
    *out = (struct service_update){
        .kind = &service_update_kinds[(size_t)turn % n_service_update_kinds], .released_ms = (int64_t)released_s * 1000};
    strftime(out->name, sizeof out->name, "elc-%Y%m%d-001", &date);
    out->recommended_ms = out->released_ms + c->recommended_days * DAY_MS;
    out->end_ms = out->released_ms + c->end_days * DAY_MS;
    out->expired = now_ms >= out->end_ms;
}

bool service_update_find(const char *name, int64_t now_ms, struct service_update *out)
{
    for (int i = 0; i < service_update_calendar.kept; i++) {
        service_update_at(i, now_ms, out);
        if (strcmp(out->name, name) == 0) return true;
    }
    return false;
}
