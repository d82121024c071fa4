#pragma once
#include "plan/world.h"
#include "protocol/protocol.gen.h"
/* The maps of a region's replication groups in cluster mode: all their nodes, the slots' holders, and what moves. In the world's arena. */
struct proto_cluster_map_list assign_maps(struct world *w, const char *region);
