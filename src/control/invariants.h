#pragma once
#include <stdbool.h>
struct world;
/*
 * Whether what a pass has made of the world violates an invariant (plan/check.h); 'check' is --check. Each one that is violated is logged.
 * A program that ends with a mistake (base/mistake.h) must not go on then: false.
 */

/* True where it is worth the while to look at the whole world. */
bool invariants_are_asked(bool check);
/* Of a component, before it is stored. */
bool invariants_hold_in(struct world *component, bool check);
/* Of all there is, after the pass. */
bool invariants_hold(struct world *w, bool check);
