#pragma once
#include "control/internal.h"
#include "plan/world.h"
/*
 * What is known of a region whose agent is not in touch: serve has just started, or the
 * agent has just died. What it said last may be true still, as engines outlive both; or
 * nothing of it, as after a power failure. So the processes themselves are looked for.
 */

/* Marks the nodes and endpoints of such regions: world_node.vanished and unattended, world_endpoint.unattended. */
void absent_mark(struct control *c, struct world *w);
/* True if the process works in the data directory: so it is no other's that got its number later. 'pid' may be 0. */
bool absent_is_there(const struct control *c, int64_t pid);
