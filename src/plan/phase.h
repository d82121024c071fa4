#pragma once
#include "plan/moves.gen.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * The phases of a datastore: what each asks of the first nodes of its regions, how long it may take, what is told of it, and what ends it. A
 * failover between regions runs through fencing, promoting and settling, and through withdrawing where it is given up; a dead primary gets
 * its data back in reviving and returning. This file knows no rows: plan/want.c gives the nodes what a phase asks, plan/global.c collects
 * the facts and carries out the events.
 */

/* What the first node of the region that is primary by its role does. */
enum phase_active {
    ACTIVE_SERVES,   /* it takes writes */
    ACTIVE_HOLDS,    /* it holds its writes: they go to another region */
    ACTIVE_RECEIVES, /* it follows the region that has its data */
    ACTIVE_RETURNS,  /* it takes writes again once it has all that the other region gave */
};

/* What that of the region does that shall become primary, or that a dead primary gets its data back from. */
enum phase_other {
    OTHER_FOLLOWS,
    OTHER_RISES,     /* it becomes primary once it has reached the offset at which the old one stands */
    OTHER_WITHDRAWS, /* neither does it become primary any more, nor is it told to follow: it may just have become one */
    OTHER_GIVES,     /* it is a primary that holds its writes, and gives its data */
};

struct phase {
    enum phase_active active;
    enum phase_other other;
    int64_t limit_ms; /* 0: none. What has not come about by then: see phase.c */
    const char *what; /* what it waits for, with a %s for the region where it has one; NULL: for nothing */
    const char *ends;
};

const struct phase *phase_of(enum global_phase phase);

/*
 * What a phase goes by. "Old" is the first node of the region that is primary by its role; "target" that of the region which shall become
 * primary, or gives a dead primary its data (switch_region). In cluster mode each shard has both: a fact with "some" is there where it is
 * true of one shard, any other one where it is true of all, or of all that are concerned. While a dead primary gets its data back, those
 * are the shards that do.
 */
enum phase_fact {
    FACT_LATE = 1 << 0,              /* the phase has lasted for its limit; one without a limit is late at once */
    FACT_OFFSET = 1 << 1,            /* some: an offset is known that the next primary has to reach */
    FACT_OLD_REPORTS = 1 << 2,       /* the agent of its region is in touch */
    FACT_OLD_GONE = 1 << 3,          /* some: there is none, or it is dead, or another process in the place of a dead one */
    FACT_OLD_LOST = 1 << 4,          /* some: the same, and no replica of its region is about to take its place */
    FACT_OLD_IS_DATALESS = 1 << 5,   /* some: it is lost, and has nobody to wait for that may have its data */
    FACT_OLD_PASSED_OVER = 1 << 6,   /* some: nobody waits for it in a failover: it is dead, or its region is out of reach */
    FACT_OLD_FENCED = 1 << 7,        /* it holds its writes, and nothing else is under way with it or the target */
    FACT_OLD_WRITES = 1 << 8,        /* it takes writes again, with all that it was given */
    FACT_TARGET_NONE = 1 << 9,       /* some: the region has no first node */
    FACT_TARGET_GONE = 1 << 10,      /* some: as with the old one */
    FACT_TARGET_LOST = 1 << 11,      /* some: as with the old one */
    FACT_TARGET_LIVES = 1 << 12,     /* it is not lost */
    FACT_TARGET_UNREACHED = 1 << 13, /* in a failover its region is out of reach */
    FACT_TARGET_WRITES = 1 << 14,    /* it takes writes, or can't (it is lost, or its region out of reach) */
    FACT_TARGET_WITHDREW = 1 << 15,  /* its agent has taken it that it is not to become primary, and it is none, or lost */
    FACT_TARGET_GAVE = 1 << 16,      /* it holds its writes, and the dead primary's node has all of its data */
    FACT_OTHER_SOURCE = 1 << 17,     /* a region that can be reached has data to give */
    FACT_FOLLOWED = 1 << 18,         /* all nodes that answer, can be reached and can follow are in step */
    FACT_OLD_SETTLED = 1 << 19,      /* it is fenced or passed over */
    FACT_OFFSET_IN_VAIN = 1 << 20,   /* some: an offset is known, but of an old one that is passed over */
    FACT_TARGET_BEGUN = 1 << 21,     /* some: it takes writes */
    FACT_TARGET_WAITS = 1 << 22,     /* it takes no writes */
    FACT_OLD_TELLS = 1 << 23,        /* its agent is in touch, and it tells where it stands, or is dead */
};

/* Gives in *event what ends the phase, as those facts are (an enum phase_fact each); false where it goes on. */
bool phase_next(enum global_phase phase, unsigned facts, enum global_phase_event *event);
