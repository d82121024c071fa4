#pragma once
#include "catalog/words.gen.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * The phases of a datastore: what each asks of the first nodes of its regions, how long it may take, and what is told of it. A failover
 * between regions runs through fencing, promoting and settling, and through withdrawing where it is given up; a dead primary gets its data
 * back in reviving and returning. What leads from one to the other, plan/global.c decides, by the moves of schema/words.json.
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
