#include "control/why_json.h"
#include "base/buf.h"
#include "model/json.h"
#include "plan/why.h"

static void put_time(struct buf *out, const struct world *w, int64_t since_ms)
{
    int64_t ago_ms = w->steady_ms - since_ms;
    if (since_ms == 0) buf_puts(out, ",\"since_ms\":null,\"for_seconds\":null");
    else
        buf_printf(out, ",\"since_ms\":%lld,\"for_seconds\":%lld.%03d", (long long)(w->now_ms - ago_ms),
            (long long)(ago_ms / 1000), (int)(ago_ms % 1000));
}

static void put_wait(struct buf *out, const struct world *w, const struct why *y)
{
    buf_puts(out, "{\"for\":");
    json_put_string(out, y->what);
    put_time(out, w, y->since_ms);
    buf_puts(out, ",\"ends\":");
    json_put_string(out, y->ends);
    buf_puts(out, y->next ? "}," : "}");
}

static void put_answer(struct buf *out, const struct world *w, const char *id, const struct answer *answer)
{
    buf_puts(out, "{\"id\":");
    json_put_string(out, id);
    buf_puts(out, ",\"region\":");
    if (answer->region) json_put_string(out, answer->region);
    else buf_puts(out, "null");
    buf_puts(out, ",\"kind\":");
    json_put_string(out, answer->kind);
    buf_puts(out, ",\"status\":");
    json_put_string(out, answer->status);
    buf_puts(out, ",\"shown_status\":");
    json_put_string(out, answer->shown_status);
    buf_puts(out, ",\"waits\":[");
    for (const struct why *y = answer->waits; y; y = y->next) put_wait(out, w, y);
    buf_puts(out, "]}");
}

bool why_json_put(struct buf *out, struct world *w, const char *region, const char *id)
{
    struct answer answer = plan_why(w, region, id);
    if (answer.kind) put_answer(out, w, id, &answer);
    return answer.kind != NULL;
}
