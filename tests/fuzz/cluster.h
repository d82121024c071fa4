#pragma once
#include "agent/redis_cluster/cluster_map.h"
/* A cluster of two shards, the first with a replica, for targets that read what a node says of it. */
#define CLUSTER_A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define CLUSTER_A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define CLUSTER_B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"

static struct proto_cluster_node cluster_nodes[] = {
    {.order = "a1",
        .name = CLUSTER_A1,
        .host = "127.0.0.1",
        .port = {true, 6379},
        .shard = "a",
        .primary = {true, true},
        .slots = "0-8191"},
    {.order = "a2", .name = CLUSTER_A2, .host = "127.0.0.2", .port = {true, 6379}, .shard = "a"},
    {.order = "b1",
        .name = CLUSTER_B1,
        .host = "127.0.0.3",
        .port = {true, 6379},
        .shard = "b",
        .primary = {true, true},
        .slots = "8192-16383"},
};
static const struct proto_cluster_map cluster_message = {.group = "g", .nodes = {true, 3, cluster_nodes}};

static inline bool all_live(void *arg, const char *order)
{
    (void)arg;
    return order != NULL;
}
