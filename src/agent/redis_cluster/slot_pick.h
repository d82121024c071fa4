#pragma once
#include "agent/redis_cluster/cluster_map.h"
struct node;
struct node_host;
/* Which slots are next to go from one primary to another, as far as the nodes' own views tell. Asks nothing, changes nothing. */

enum { SLOT_TRIP = 64 };

struct slot_trip {
    struct node *from, *to; /* primaries that take part */
    int slots[SLOT_TRIP], n;
};

/* False where nothing of the move can go now. */
bool slot_pick_move(
    struct node_host *h, const struct cluster_map *map, const struct proto_slot_move *move, struct slot_trip *out);
/* Slots that an earlier move has left open between two primaries. False where there are none, as far as views are fresh. */
bool slot_pick_open(struct node_host *h, const struct cluster_map *map, struct slot_trip *out);
