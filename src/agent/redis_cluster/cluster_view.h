#pragma once
#include "agent/redis_cluster/cluster_nodes.h"
#include "agent/redis/info.h"
#include <hiredis/hiredis.h>
/*
 * What one node says of its Redis Cluster, held against the map. Reads the engine's answers,
 * asks nothing itself.
 */
struct cluster_view {
    bool read;                 /* there was an answer, and it was one */
    enum node_role role;       /* its own, as the Redis Cluster has it */
    int known, strangers;      /* nodes of the map that it knows, itself included; and others */
    int64_t epoch;             /* its own configuration epoch */
    int64_t latest;            /* the highest of all that it knows */
    struct slots assigned;     /* those that somebody has, whoever it is */
    bool agrees;               /* slots belong to whom the map says; and those that live follow whom it says */
    struct slots slots;        /* its own, as a master */
    struct cluster_open *open; /* its slots in flight */
    size_t n_open;
    struct string_list missing; /* names of nodes that live and that it neither knows nor is about to */
    struct string_list forget;  /* names of strangers without slots, whom it does not follow */
};

/* Whether the agent has the node of this order up: only then can it be met, or be expected to follow. */
typedef bool cluster_lives(void *arg, const char *order);

/* Reads CLUSTER INFO: whether the node finds every slot served, and how many nodes it knows, itself included. False where it
 * does not tell. */
bool cluster_info_read(const struct redisReply *r, bool *whole, int64_t *known);
/* What CLUSTER NODES said, into an empty view; whoever owns it gives it up with cluster_view_clear(). */
void cluster_view_read(
    struct cluster_view *out, const struct cluster_nodes *nodes, const struct cluster_map *map, cluster_lives *lives, void *arg);
void cluster_view_clear(struct cluster_view *v);
/* The slots of 'open' into a set. */
void cluster_view_moving(const struct cluster_view *v, struct slots *out);
/* True if the answer to CLUSTER SLOTS gives every slot to whom the map gives it, and names every node of the map that lives and
 * follows a primary with slots. */
bool cluster_slots_complete(const struct redisReply *r, const struct cluster_map *map, cluster_lives *lives, void *arg);
