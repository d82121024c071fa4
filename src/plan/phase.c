#include "plan/phase.h"
#include <stddef.h>

/*
 * Of the limits: a failover whose old primary lives and can be reached, but has not held its writes by then, is given up (fencing); a new
 * primary that has got no nearer to the old one's offset for as long is called back (promoting); data that are not all there by then
 * are given anew (returning). Where the old primary is dead, or out of reach, nobody waits for it.
 */
static const struct phase phases[] = {
    [PHASE_STEADY] = {ACTIVE_SERVES, OTHER_FOLLOWS, 0, NULL, NULL},
    [PHASE_FENCING] = {ACTIVE_HOLDS, OTHER_FOLLOWS, 10000, "the old primary to hold its writes, for a failover to %s",
        "it has told where it stands; after 10 s the failover is given up, but for a primary that is dead or out of reach"},
    [PHASE_PROMOTING] = {ACTIVE_HOLDS, OTHER_RISES, 10000, "the primary of %s to get the last write of the old one",
        "it takes writes; where it gets no nearer for 10 s the failover is given up"},
    [PHASE_WITHDRAWING] = {ACTIVE_HOLDS, OTHER_WITHDRAWS, 0,
        "the agent of %s to take it that its primary is not to become one any more",
        "the agent has taken that, or it takes writes already"},
    [PHASE_SETTLING] = {ACTIVE_SERVES, OTHER_FOLLOWS, 0, "all regions to follow the new primary",
        "all nodes that answer and can be reached are in step"},
    [PHASE_REVIVING] = {ACTIVE_RECEIVES, OTHER_GIVES, 0, "the dead primary to get its data back from %s", "it has all of them"},
    [PHASE_RETURNING] = {ACTIVE_RETURNS, OTHER_GIVES, 10000, "the primary to take writes again, with the data from %s",
        "it takes them; after 10 s it begins anew"},
};

const struct phase *phase_of(enum global_phase phase)
{
    return &phases[word_knows(&words_global_phase, phase) ? phase : PHASE_STEADY]; /* invariant 7 tells of any other */
}
