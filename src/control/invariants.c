#include "control/invariants.h"
#include "base/log.h"
#include "base/mistake.h"
#include "plan/check.h"

bool invariants_hold(struct world *w, bool check)
{
    if (!check && !MISTAKES_END_IT) return true;
    const struct violation *all = plan_check(w);
    for (const struct violation *v = all; v; v = v->next)
        log_error("invariant %d is violated: %s (%s)", v->number, invariant_text(v->number), v->text);
    return all == NULL || !MISTAKES_END_IT;
}
