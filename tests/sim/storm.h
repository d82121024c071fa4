#pragma once
#include "step.h"
/*
 * Storms: what a seed asks and breaks, over three regions. Each seed has a mood of its own (few groups and
 * many deaths, datastores that change hands, shards that move …), so that rare orders of events are met.
 */
enum { STORM_STEPS = 220 };

void storm(uint64_t seed, size_t n_steps, struct steps *out);
