#pragma once
#include "agent/redis_cluster/cluster_map.h"
#include <stdbool.h>
/*
 * A Redis Cluster of nodes without processes: who is a shard's primary has the slots that the map gives it and nobody else has, and
 * slots that are to move do so at once. Every node knows every other one that answers.
 */
struct arena;
struct dry_host;
struct dry_node;

/* What all nodes of a Redis Cluster see alike. */
struct dry_cluster {
    struct cluster_map map;
    bool whole;    /* every slot is served */
    bool agrees;   /* everything is as the map says */
    int64_t known; /* how many nodes answer */
};

/* Gives out and moves slots, then looks at the Redis Cluster. */
void dry_cluster_turn(struct dry_cluster *c, struct dry_host *h);
/* What the node sees of it, in the arena; NULL where the map has no such node. */
struct proto_cluster_seen *dry_cluster_see(const struct dry_cluster *c, const struct dry_node *n, struct arena *a);
