#pragma once
#include "plan/world.h"
/*
 * Who may take a primary's place, and how the rows tell that it has. Why a primary is replaced, its callers say: it is dead
 * (failover.c), hangs or is blocked (hung.c), the engine has elected another (shard.c), or it is another process than the one that was
 * chosen (promotion.c).
 */

/* The node of the node group that has most of the data, but for 'first', of those that answer; NULL: none does. *all_told: the link of
 * every candidate is down, so that its offset is its last. */
struct world_node *candidate_best(
    struct world_rg *rg, struct world_node_group *ng, const struct world_node *first, bool *all_told);

/* The row names another primary of the node group, and events tell. */
void candidate_make_primary(
    struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first, struct world_node *next);
