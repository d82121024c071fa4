#pragma once
#include "agent/cluster_map.h"
#include "agent/info.h"
#include <hiredis/hiredis.h>
/*
 * What one node says of its cluster, held against the map. Reads the engine's answers,
 * asks nothing itself.
 */
struct cluster_view {
    bool read;                  /* there was an answer, and it was one */
    enum role role;             /* its own, as the cluster has it */
    int known, strangers;       /* nodes of the map that it knows, itself included; and others */
    int64_t epoch;              /* its own configuration epoch */
    int64_t latest;             /* the highest of all that it knows */
    struct slots assigned;      /* those that somebody has, whoever it is */
    bool agrees;                /* slots belong to whom the map says; and those that live follow whom it says */
    struct slots slots;         /* its own, as a master */
    struct string_list open;    /* its slots in flight: "93->NAME" to another node, "93<-NAME" from one */
    struct string_list missing; /* names of nodes that live and that it neither knows nor is about to */
    struct string_list forget;  /* names of strangers without slots, whom it does not follow */
};

/* Whether the agent has the node of this order up: only then can it be met, or be expected to follow. */
typedef bool cluster_lives(void *arg, const char *order);

/* Reads CLUSTER NODES into an empty view; whoever owns it gives it up with cluster_view_clear(). */
void cluster_view_read(
    struct cluster_view *out, const char *text, const struct cluster_map *map, cluster_lives *lives, void *arg);
void cluster_view_clear(struct cluster_view *v);
/* The slots of 'open' into a set. */
void cluster_view_moving(const struct cluster_view *v, struct slots *out);
/* Reads "93->NAME" or "93<-NAME": the name, or NULL. */
const char *cluster_open_slot(const char *text, int *slot, bool *leaves);
/* True if the answer to CLUSTER SLOTS names every node of the map that lives and follows a primary with slots. */
bool cluster_slots_complete(const struct redisReply *r, const struct cluster_map *map, cluster_lives *lives, void *arg);
