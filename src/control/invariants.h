#pragma once
#include <stdbool.h>
/* Whether the plans keep what they promise: asked after every look of theirs with --check, and wherever a sanitizer watches too. */
struct world;

/* Logs what does not hold. False where something does not, and this program was built for tests: then nothing of it is to be stored. */
bool invariants_hold(struct world *w, bool check);
