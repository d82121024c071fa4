#pragma once
#include "agent/redis/host.h"
/*
 * What a node of a Redis Cluster does besides what every redis-server does: it comes up knowing the other nodes, meets and forgets
 * nodes as the map says, takes slots over, and tells what it sees of the Redis Cluster.
 */
extern const struct redis_cluster_part cluster_part;
