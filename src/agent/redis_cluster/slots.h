#pragma once
#include <stdbool.h>
struct cluster_map;
struct node;
struct redisReply;
/* What becomes of a node's slots when nodes die: those in flight, and those that nobody has any more. */

/* A replica takes over. STEP_PROMOTE in a Redis Cluster. */
void slots_promote(struct node *n);
void slots_promoted(struct node *n, const struct redisReply *r);
/* Slots in flight are not what they were. STEP_MEND. */
bool slots_are_to_mend(const struct node *n, const struct cluster_map *map);
void slots_mend(struct node *n);
void slots_mended(struct node *n, const struct redisReply *r);
/* Slots that nobody has: to be noted when a view was read. STEP_CLAIM. */
void slots_note_unclaimed(struct node *n, const struct cluster_map *map);
void slots_claim(struct node *n);
void slots_claimed(struct node *n, const struct redisReply *r);
