#pragma once
#include "step.h"
/*
 * Which moves of the lifecycles (schema/words.json) a storm has met, and while which fault was under way: its last one, for a few
 * seconds. Counted over all runs.
 */

/* Makes room for the counts, which the runs' processes share. */
void coverage_open(void);
/* A run begins. */
void coverage_begin(void);
/* A step is taken, now. */
void coverage_step(const struct step *s);
/* Prints how many moves, and pairs of a move and a fault, were met, and the moves that were not: returns how many these are. */
size_t coverage_print(void);
