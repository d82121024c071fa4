#pragma once
#include "plan/world.h"
/*
 * Whether there is room for data where they shall go: into a smaller node type, or
 * into fewer shards. Nodes tell how much memory they use when they are asked, and
 * are asked only before such a change: the rows' weighing_ms, when that began on the steady clock, is the question. Until
 * all that are concerned have answered, nothing changes.
 */
enum room {
    ROOM_UNKNOWN, /* somebody has not answered yet */
    ROOM_ENOUGH,
    ROOM_LACKING,
    ROOM_UNTOLD, /* somebody did not answer in time */
};

/* The number of the question that a node's order asks; 0: none. */
int64_t scaling_question(const struct world_node *n);

/* Whether a node has answered the question: ROOM_ENOUGH, ROOM_UNKNOWN or ROOM_UNTOLD. 'n' may be NULL. */
enum room scaling_answer(struct world *w, const struct world_node *n, int64_t question);
