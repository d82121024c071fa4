#include "control/why_json.h"
#include "model/json.h"
#include "plan/why.h"

/* Since when it is waited for is told in the wall clock's time; where nobody knows, both are null. */
static void put_wait(struct json_writer *j, const struct world *w, const struct why *y)
{
    int64_t ago_ms = w->steady_ms - y->since_ms;
    json_open(j, NULL, '{');
    json_write_text(j, "for", y->what);
    if (y->since_ms == 0) {
        json_write_text(j, "since_ms", NULL);
        json_write_text(j, "for_seconds", NULL);
    } else {
        json_write_int(j, "since_ms", w->now_ms - ago_ms);
        json_write_number(j, "for_seconds", (double)ago_ms / 1000);
    }
    json_write_text(j, "ends", y->ends);
    json_close(j, '}');
}

bool why_json_put(struct buf *out, struct world *w, const char *region, const char *id)
{
    struct answer answer = plan_why(w, region, id);
    struct json_writer j = {.out = out};
    if (answer.kind == NULL) return false;
    json_open(&j, NULL, '{');
    json_write_text(&j, "id", id);
    json_write_text(&j, "region", answer.region);
    json_write_text(&j, "kind", answer.kind);
    json_write_text(&j, "status", answer.status);
    json_write_text(&j, "shown_status", answer.shown_status);
    json_open(&j, "waits", '[');
    for (const struct why *y = answer.waits; y; y = y->next) put_wait(&j, w, y);
    json_close(&j, ']');
    json_close(&j, '}');
    return true;
}
