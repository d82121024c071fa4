#pragma once
#include "step.h"
/* Does what a step says, now. */
void deed_do(const struct step *s);
/* How long everything still stands still: a machine that sleeps. */
int64_t deed_pause_left_ms(void);
