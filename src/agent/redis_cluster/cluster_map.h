#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slots.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * The Redis Cluster that a replication group shall be: its ClusterMap, made ready to be looked things up
 * in, and the nodes.conf by which a node knows it from its start on. Pure text work.
 *
 * A redis-server that starts as a master whose nodes.conf leaves slots unserved takes nothing for
 * two seconds; one that starts as a replica does not wait. So the nodes of a shard whose
 * primary is still to take over start as replicas of a phantom: a master that has the
 * shard's slots, and no address, so that nobody tries to reach it. The primary takes the
 * slots over from it, the others follow, and the phantom is forgotten.
 *
 * Every takeover is told to all nodes, and every phantom is forgotten by each of them. In a large
 * Redis Cluster that takes longer than two seconds. So a large one that is new comes up with all
 * that it will know: its primaries have their slots, each with an epoch of its own. And no node calls those that start after it,
 * which would be in vain ten times a second for each of them: their addresses are left out, and learnt when they call.
 */
enum { CLUSTER_NAME = 40 }; /* hexadecimal digits of an engine's node id */

struct cluster_map {
    const struct proto_cluster_map *m;
    uint64_t serial;                             /* another number exactly where the map says something else */
    const struct proto_cluster_node **sorted;    /* by name */
    const struct proto_cluster_node **ordered;   /* by the id of the node's order */
    const struct proto_cluster_node **primaries; /* of each node's shard, in the order of the nodes; NULL where there is none */
    struct slots *slots;                         /* the nodes' own */
};

/* Checks what a message says: ERR_USAGE with one line that says what is wrong with it. */
int cluster_map_check(const struct proto_cluster_map *m, struct err *e);
/* 'm' is checked, and outlives 'out'; what is made of it is in the arena. */
void cluster_map_init(struct cluster_map *out, const struct proto_cluster_map *m, uint64_t serial, struct arena *a);
/* NULL where there is none. */
const struct proto_cluster_node *cluster_node_named(const struct cluster_map *map, const char *name);
const struct proto_cluster_node *cluster_node_ordered(const struct cluster_map *map, const char *order);
/* The primary of a node's shard, or of a shard; NULL where there is none. */
const struct proto_cluster_node *cluster_primary_of(const struct cluster_map *map, const struct proto_cluster_node *node);
const struct proto_cluster_node *cluster_primary(const struct cluster_map *map, const char *shard);
const struct slots *cluster_slots_of(const struct cluster_map *map, const struct proto_cluster_node *node);
/* How many nodes follow this one. */
int cluster_followers(const struct cluster_map *map, const struct proto_cluster_node *primary);
/* Where the other nodes reach it: the port that is told, else 10000 above its own, or below where above is the system's. */
int cluster_bus_port(const struct proto_cluster_node *node);
/* True for CLUSTER_NAME lower case hexadecimal digits. */
bool cluster_name_ok(const char *name);

enum shard_start {
    SHARD_LIVES,    /* its primary has its slots: those that live know since when, and tell */
    SHARD_NEWBORN,  /* nobody knows it yet: its primary starts with its slots */
    SHARD_HEADLESS, /* its primary is still to take its slots over */
};
struct cluster_scene {
    /* How the shard of that primary starts. */
    enum shard_start (*shard)(void *arg, const struct proto_cluster_node *primary);
    /* False: it starts later, and calls all others then. */
    bool (*is_there)(void *arg, const struct proto_cluster_node *node);
    void *arg;
    /* The engine keeps the shards' ids there, as Redis does from 7.2 on. One that is not told makes an id up for each node, and takes
     * a failover for a move of slots to another shard until it has heard from the node that took over. */
    bool names_shards;
};
/* Adds the nodes.conf of the node of this name. 'epoch' is the highest that is known to be in use: whoever takes over from a
 * phantom comes after it. */
void cluster_nodes_conf(
    const struct cluster_map *map, const char *name, int64_t epoch, const struct cluster_scene *scene, struct buf *out);
/* True for the text of a nodes.conf by which the node of this name is a master. */
bool cluster_conf_is_primary(const char *text, const char *name);
