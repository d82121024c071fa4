#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
struct cluster_map;
struct node;
/* How a node of a Redis Cluster is started: it comes up knowing the other nodes, perhaps as a replica of a phantom (cluster_map.h). */

/* cluster-node-timeout in ms: until the Redis Cluster is formed, and after that. */
int64_t cluster_timeout_ms(const struct cluster_map *map, bool formed);
/* So many nodes that it takes them seconds to learn from each other's gossip what has changed. */
bool cluster_is_large(const struct cluster_map *map);
/* Writes nodes.conf, unless there is the one of a primary that starts again in its place. */
int cluster_prepare(struct node *n, struct err *e);
/* Adds to redis.conf what stands last there. */
void cluster_conf(const struct node *n, struct buf *out);
/* It was started, just after that. */
void cluster_begin(struct node *n);
/* True if its upstream is not awaited: both start as replicas of a phantom, or knowing each other. */
bool cluster_starts_at_once(const struct node *n);
/* Where the other nodes reach it; 0: it has no entry in the map. */
int cluster_second_port(const struct node *n);
/* Keeps room for what the engine writes to nodes.conf on a full disk. */
void cluster_keep_room(const struct node *n);
