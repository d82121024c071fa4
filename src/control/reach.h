#pragma once
#include "control/rows.h"
/*
 * Which units the plans look at together, and which they shall look at again when a row has changed: all of it stands here.
 *
 * A rule that looks at a unit sees the units that it reaches, and what these reach. A component is all that hangs together in this way:
 * the plans look at it as at a world of its own, and find in it whatever they would find in the whole one. Users and user groups
 * at rest are seen by many and change nothing: they hang nothing together.
 */

struct component {
    struct unit_list units; /* empty: it has become a part of another one */
};

enum { COMPONENTS_MAX = 64 };

struct components {
    struct component items[COMPONENTS_MAX]; /* unit.component is the number of one, from 1 on */
    size_t n;
};

/* Takes marked units ('looked' tells that they were) and what they reach, as many as there is room for. */
void components_take(struct components *all, struct rows *r);
/* The units are in no component any more. */
void components_fini(struct components *all);
/* Adds what the unit reaches to a component that stands alone; the unit itself comes first. To be called while there are no others. */
void component_add(struct components *all, struct unit *u);

/* A row has changed: marks whatever depends on it. A component's own rows were looked at until they came to rest. */
void reach_changed(struct rows *r, const struct rows_change *c);
/* Marks what looks at whether the region's agent is in touch, or how long it has not been. */
void reach_region(struct rows *r, const char *region);
/* Marks what waits until an agent has taken all that was ordered. */
void reach_obedience(struct rows *r);
