#pragma once
#include "step.h"
/* Does what a step says, now. */
void deed_do(const struct step *s);
