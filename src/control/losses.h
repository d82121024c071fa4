#pragma once
#include "base/arena.h"
#include "base/index.h"
#include <stddef.h>
/*
 * What becomes of nodes' data while everything stops, told on standard error as it happens:
 * once each, however often it is seen, and whether or not the database still takes it.
 */
struct world;

struct losses {
    struct arena arena;
    struct index told; /* the lines that were logged */
    size_t n;          /* nodes that were stopped without their data */
};

/* Looks at a world that has the latest sighting. */
void losses_look(struct losses *l, const struct world *w);
void losses_fini(struct losses *l);
