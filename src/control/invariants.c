#include "control/invariants.h"
#include "base/log.h"
#include "base/mistake.h"
#include "plan/check.h"

bool invariants_are_asked(bool check)
{
    return check || MISTAKES_END_IT;
}

bool invariants_hold(struct world *w, bool check)
{
    if (!invariants_are_asked(check)) return true;
    const struct violation *all = plan_check(w);
    for (const struct violation *v = all; v; v = v->next)
        log_error("invariant %d is violated: %s (%s)", v->number, invariant_text(v->number), v->text);
    return all == NULL || !MISTAKES_END_IT;
}

bool invariants_hold_in(struct world *component, bool check)
{
    return invariants_hold(component, check);
}
