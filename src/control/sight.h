#pragma once
struct told;
struct world;
/*
 * Puts what a region's agent has told last into the seen_… columns of the nodes and endpoints of that region in this world. What was
 * not told of does not exist there. What no row speaks of (any more) is passed over.
 */
void sight(struct world *w, const char *region, const struct told *told);
