#pragma once
#include "agent/redis_cluster/cluster_map.h"
#include "agent/redis_cluster/cluster_host.h"
#include <stdbool.h>
#include <uv.h>
/*
 * Moves hash slots of one Redis Cluster between shards, as the moves of its map say: a few slots
 * at a time, from one primary to another, while clients go on. It remembers nothing that
 * matters: which slots are still to be moved, and which are half moved, is read from the
 * nodes, so that whoever is killed in the middle, the next attempt goes on from there.
 *
 * Where the map says that slots in flight shall settle, those of which the target has nothing yet stay where they were,
 * and the others are moved to their end; the target's memory limit is off meanwhile.
 *
 * Keys go by MIGRATE, which blocks the source until the target has them: as many at a time
 * as take a few milliseconds. One very large key takes as long as it takes.
 */
struct slot_mover;
struct node_host;

/* What it needs of the agent; outlives it. */
struct slot_mover_host {
    uv_loop_t *loop;
    struct node_host *nodes;
    struct cluster_host *clusters;
    /* What slot_mover_stuck() tells has changed. */
    void (*changed)(void *arg);
    void *arg;
};

/* For the Redis Cluster of that name. */
struct slot_mover *slot_mover_open(const struct slot_mover_host *h, const char *cluster);
const char *slot_mover_cluster(const struct slot_mover *m);
/* Starts to move if there is something to move and the nodes are there; to be called on every beat, and once there is another map. */
void slot_mover_step(struct slot_mover *m);
/* True if nothing is in flight. */
bool slot_mover_is_idle(const struct slot_mover *m);
/* Why no slot has got any further for a while, though it is tried again and again; NULL while that is not so. *settling: of those
 * that the map wants to come to rest. */
const char *slot_mover_stuck(const struct slot_mover *m, bool *settling);
/* Calls 'fn' for each slot in flight, with the names of the nodes that it leaves and goes to, and their shards. */
typedef void slot_in_flight(void *arg, int slot, const struct proto_cluster_node *from, const struct proto_cluster_node *to);
void slot_mover_each(const struct slot_mover *m, slot_in_flight *fn, void *arg);
/* True if that slot is in flight. */
bool slot_mover_has(const struct slot_mover *m, int slot);
/* Ends it at once; slots in flight stay what they are in the nodes. */
void slot_mover_close(struct slot_mover *m);
