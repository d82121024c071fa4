#include "plan/phase.h"
#include <stddef.h>

/*
 *           failover asked           fenced, passed over           promoted              all follow
 *     steady ──────────────► fencing ────────────────────► promoting ─────────► settling ────────────► steady
 *       │                       │                           │     ▲                ▲
 *       │                       │                   overdue │     │ passed over,   │
 *       │                       │                           │     │ begun          │
 *       │                       │                           ▼     │                │
 *       │                       │                         withdrawing ────────────►┤ promoted, given up
 *       │                       └─────────────────────────────────────────────────►┤ given up
 *       │ primary lost       data given                                            │
 *       └────────────► reviving ──────► returning ────────────────────────────────►┘ returned (reviving, too)
 *                          ▲                │
 *                          └── restarted ───┘
 *
 * A failover that is asked for ends reviving and returning, too. Promoting and withdrawing end in steady where the target is gone, reviving
 * and returning where nobody is left who has the data.
 *
 * A primary that is alive and can be reached is never passed over: what does not come about in time is given up. The new one may have become
 * primary in that very moment, so the order is withdrawn first, and only when its agent has taken that does the old one take writes again.
 * In cluster mode each shard has an old and a new primary. None of the new ones takes writes before all may, and where one does, the
 * failover is not given up any more: its writes would be lost.
 *
 * Where the old primary is dead, or out of reach, nothing is waited for; fork.c tells what becomes of writes that it took since. The same
 * becomes of a new primary that is out of reach, so that the order can't be taken back.
 *
 * A dead primary that no replica of its own region replaces would come back empty and empty its secondaries. It gets its data back from one
 * of them instead: that one holds all writes, gives the data (reviving), and goes back to following as soon as the primary has them
 * (returning). While the giver lives, nobody becomes primary without all that it gives.
 */

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
        "all nodes that answer, can be reached and can follow are in step"},
    [PHASE_REVIVING] = {ACTIVE_RECEIVES, OTHER_GIVES, 0, "the dead primary to get its data back from %s", "it has all of them"},
    [PHASE_RETURNING] = {ACTIVE_RETURNS, OTHER_GIVES, 10000, "the primary to take writes again, with the data from %s",
        "it takes them; after 10 s it begins anew"},
};

const struct phase *phase_of(enum global_phase phase)
{
    return &phases[word_knows(&words_global_phase, phase) ? phase : PHASE_STEADY]; /* invariant 7 tells of any other */
}

/* The first row whose facts are all there tells how a phase ends. */
static const struct phase_end {
    enum global_phase phase;
    unsigned facts;
    enum global_phase_event event;
} ends[] = {
    {PHASE_STEADY, FACT_OLD_IS_DATALESS | FACT_OTHER_SOURCE, PHASE_PRIMARY_LOST},

    {PHASE_FENCING, FACT_OLD_PASSED_OVER | FACT_OLD_SETTLED, PHASE_PASSED_OVER},
    {PHASE_FENCING, FACT_OLD_FENCED, PHASE_FENCED},
    {PHASE_FENCING, FACT_LATE | FACT_OLD_REPORTS, PHASE_GIVEN_UP},

    {PHASE_PROMOTING, FACT_TARGET_NONE, PHASE_TARGET_GONE},
    {PHASE_PROMOTING, FACT_TARGET_BEGUN | FACT_TARGET_WRITES, PHASE_PROMOTED},
    /* its next process may just have become primary by the same order */
    {PHASE_PROMOTING, FACT_TARGET_LOST | FACT_TARGET_WAITS, PHASE_OVERDUE},
    {PHASE_PROMOTING, FACT_TARGET_UNREACHED | FACT_TARGET_WAITS, PHASE_OVERDUE},
    {PHASE_PROMOTING, FACT_OFFSET_IN_VAIN, PHASE_PASSED_OVER}, /* goes on without an offset */
    {PHASE_PROMOTING, FACT_OFFSET | FACT_LATE | FACT_TARGET_WAITS, PHASE_OVERDUE},

    {PHASE_WITHDRAWING, FACT_TARGET_NONE, PHASE_TARGET_GONE},
    {PHASE_WITHDRAWING, FACT_TARGET_BEGUN | FACT_TARGET_WRITES, PHASE_PROMOTED},
    {PHASE_WITHDRAWING, FACT_TARGET_BEGUN, PHASE_BEGUN}, /* the other shards follow suit */
    {PHASE_WITHDRAWING, FACT_TARGET_UNREACHED, PHASE_GIVEN_UP},
    {PHASE_WITHDRAWING, FACT_TARGET_WITHDREW, PHASE_GIVEN_UP},
    {PHASE_WITHDRAWING, FACT_OLD_LOST | FACT_TARGET_LIVES, PHASE_PASSED_OVER},

    {PHASE_SETTLING, FACT_FOLLOWED, PHASE_ALL_FOLLOW},

    {PHASE_REVIVING, FACT_OLD_WRITES, PHASE_RETURNED},                          /* it just did return */
    {PHASE_REVIVING, FACT_TARGET_LOST | FACT_OTHER_SOURCE, PHASE_PRIMARY_LOST}, /* goes on with another giver */
    {PHASE_REVIVING, FACT_TARGET_LOST, PHASE_SOURCE_GONE},
    {PHASE_REVIVING, FACT_TARGET_GAVE, PHASE_DATA_GIVEN},

    {PHASE_RETURNING, FACT_OLD_WRITES, PHASE_RETURNED},
    {PHASE_RETURNING, FACT_OLD_GONE, PHASE_SOURCE_GONE},
    {PHASE_RETURNING, FACT_TARGET_LOST, PHASE_SOURCE_GONE},
    /* one that nobody hears of may take writes already */
    {PHASE_RETURNING, FACT_TARGET_GONE | FACT_OLD_TELLS, PHASE_RESTARTED},
    {PHASE_RETURNING, FACT_LATE | FACT_OLD_TELLS, PHASE_RESTARTED},
};

bool phase_next(enum global_phase phase, unsigned facts, enum global_phase_event *event)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i].phase != phase || (facts & ends[i].facts) != ends[i].facts) continue;
        *event = ends[i].event;
        return true;
    }
    return false;
}
