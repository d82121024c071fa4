#pragma once
#include "plan/world.h"
/*
 * What holds of the world after every look of the plans, whatever was seen and asked before. Operations, sightings and
 * plans rely on it. docs/architecture.md has the same table.
 */
enum invariant {
    INVARIANT_POINTERS = 1,
    INVARIANT_PRIMARY_OF_NODE_GROUP,
    INVARIANT_ONE_PRIMARY_REGION,
    INVARIANT_ONE_TAKES_WRITES,
    INVARIANT_SLOTS,
    INVARIANT_ADDRESSES,
    INVARIANT_STATUS_WORDS,
    INVARIANT_SWITCH_TARGET,
    INVARIANT_PHASES,
    INVARIANT_PAST,
    INVARIANT_REST,
    INVARIANT__END
};

struct violation {
    struct violation *next;
    enum invariant number;
    const char *text; /* of what, and how; in the world's arena */
};

/* The sentence of an invariant. */
const char *invariant_text(enum invariant number);

/* To be asked after plan_world(). NULL where all hold. Changes nothing in the rows. */
struct violation *plan_check(struct world *w);

/* The one about rest alone: how a second look, at the same sightings and the same time, would change the rows that the first one left. NULL: it does not. */
const char *plan_unrest(struct world *w);
