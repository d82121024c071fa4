#include "control/invariants.h"
#include "base/log.h"
#include "plan/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define FOR_TESTS true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FOR_TESTS true
#endif
#endif
#ifndef FOR_TESTS
#define FOR_TESTS false
#endif

bool invariants_hold(struct world *w, bool check)
{
    if (!check && !FOR_TESTS) return true;
    const struct violation *all = plan_check(w);
    for (const struct violation *v = all; v; v = v->next)
        log_error("invariant %d is violated: %s (%s)", v->number, invariant_text(v->number), v->text);
    return all == NULL || !FOR_TESTS;
}
