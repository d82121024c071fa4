#pragma once
#include <stdint.h>
struct cluster_map;
struct slot_mover;
/* What the nodes of Redis Clusters need of the agent; outlives every node. */
struct cluster_host {
    uint64_t pulse; /* counts the nodes of Redis Clusters that came, linked or went: time for the others to look who is there */
    /* The map of that Redis Cluster, or NULL; lives as long as the orders do. */
    const struct cluster_map *(*map)(struct cluster_host *h, const char *cluster);
    /* Who moves its slots, or NULL. */
    const struct slot_mover *(*mover)(struct cluster_host *h, const char *cluster);
};
