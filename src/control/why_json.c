#include "control/why_json.h"
#include "base/arena.h"
#include "catalog/account_key.h"
#include "model/json.h"
#include "plan/why.h"
#include "protocol/admin.gen.h"

/* Since when it is waited for is told in the wall clock's time. */
static struct admin_wait wait_told(const struct world *w, const struct why *y)
{
    int64_t ago_ms = w->steady_ms - y->since_ms;
    struct admin_wait told = {.for_ = y->what, .ends = y->ends};
    if (y->since_ms == 0) return told;
    told.since_ms = OPT_INT(w->now_ms - ago_ms);
    told.for_seconds = OPT_DOUBLE((double)ago_ms / 1000);
    return told;
}

bool why_json_put(struct buf *out, struct world *w, const char *region, const char *id)
{
    struct answer answer = plan_why(w, region, id);
    size_t n = 0;
    if (answer.kind == NULL) return false;
    for (const struct why *y = answer.waits; y; y = y->next) n++;
    struct admin_why why = {.id = account_id(id),
        .region = answer.region,
        .kind = answer.kind,
        .status = answer.status,
        .shown_status = answer.shown_status,
        .waits = {true, 0, arena_array(w->arena, struct admin_wait, n)}};
    for (const struct why *y = answer.waits; y; y = y->next) why.waits.items[why.waits.n++] = wait_told(w, y);
    json_encode_whole(out, &shape_admin_why, &why);
    return true;
}
