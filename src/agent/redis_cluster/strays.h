#pragma once
#include "base/slots.h"
#include <stdbool.h>
#include <stdint.h>
struct cluster_map;
struct node;
struct redisReply;
/*
 * Keys of a secondary that stand in a shard which has not their slot: the primary region was moving the slot when it was lost. A
 * node that becomes primary then asks its engine which slots it has keys of, and waits for what the others tell, but not for long.
 * In the instant in which it takes writes it marks these slots as half moved: clients find each key by way of ASK, and the slot mover
 * brings the slots to rest.
 */

/* What the engine told last of the slots that it has keys of. */
struct strays {
    struct slots held;
    int64_t since; /* ms: when the node was first to become primary; 0: it is not to */
    int64_t at;    /* ms: when the engine was asked last; 0: it did not tell yet */
};

/* True if the node is to become primary and has to wait: something was asked, or it is to look again soon. */
bool strays_wait(struct node *n, const struct cluster_map *map);
/* The answer to the question. */
void strays_know(struct node *n, const struct redisReply *r);
/* Sends what marks the slots, within a transaction. */
void strays_mark(struct node *n, const struct cluster_map *map);
