#pragma once
#include "step.h"
/* One run: a fresh installation, the steps, the peace after them, and the end of everything. */

struct outcome {
    bool done; /* it came to its end; else 'failure' says what does not hold, or how the process ended */
    char failure[1200];
    uint64_t hash;
    uint64_t events, passes;
    int64_t virtual_ms;
};

/* Runs in a process of its own, with a folder of its own in 'dir'. 'story' non-NULL: the run line by line goes there, '*story' is to be freed. */
void run_steps(const struct steps *s, const char *dir, struct outcome *out, char **story);
/* Makes what every run begins with in 'dir'. */
void run_prepare(const char *dir);
