#pragma once
/*
 * What is known of a region whose agent is not in touch: serve has just started, or the
 * agent has just died. What it said last may be true still, as engines outlive both; or
 * nothing of it, as after a power failure. So the processes themselves are looked for.
 */
struct sessions;
struct world;

/* Marks the nodes and endpoints of such regions: world_node.vanished and unattended, world_endpoint.unattended. */
void absent_mark(const struct sessions *all, struct world *w);
