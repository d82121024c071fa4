#pragma once
#include "base/index.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * What is known of a region whose agent is not in touch: serve has just started, or the agent has just died. What it said last may be
 * true still, as engines outlive both; or nothing of it, as after a power failure. So the processes themselves are looked for: as
 * soon as the agent is out of touch, and again when somebody asks for it. In between, what was found is taken for true, so that a pass
 * costs no more while an agent is away.
 */
struct rows;
struct sessions;
struct world;

/* Zeroed: no agent is known to be away. */
struct absences {
    struct absence *items; /* one for each such region */
    size_t n;
    bool again; /* processes are to be looked for anew */
};

/* Looks which agents are away. The plans are to look at whatever was found otherwise than it was: rows_mark(). */
void absences_look(struct absences *x, const struct sessions *all, struct rows *r);
/* Marks the nodes and endpoints of such regions: world_node.vanished and unattended, world_endpoint.unattended. */
void absences_mark(const struct absences *x, struct world *w);
void absences_fini(struct absences *x);
