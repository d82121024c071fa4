#pragma once
#include "plan/plan.h"
#include "plan/want.h"
/* Worlds for tests, built by hand: groups of one node group, as agents would report them when all is well. */

enum { BUILD_MAX = 32 };

struct build {
    struct world w;
    struct world_region regions[BUILD_MAX];
    struct world_rg rgs[BUILD_MAX];
    struct world_node_group node_groups[BUILD_MAX];
    struct world_cluster clusters[BUILD_MAX];
    struct world_node nodes[BUILD_MAX];
    struct world_endpoint endpoints[BUILD_MAX];
    struct world_shard shards[BUILD_MAX];
    struct world_shard_node shard_nodes[BUILD_MAX];
    struct world_resharding reshardings[BUILD_MAX];
    struct world_global globals[BUILD_MAX];
    struct world_member members[BUILD_MAX];
};

/* An empty world in the arena, at the date 1000000, with the steady clock at 5000000. */
void build_init(struct build *b, struct arena *a);
/* A group of 'n' nodes with that status, none of them seen yet. Groups must be added in the order of (region, id). */
void build_rg(struct build *b, const char *region, const char *id, const char *status, int n);
/* A group in cluster mode: 'shards' node groups of 'n' nodes, an equal part of the slots each, failover on. */
void build_shards(struct build *b, const char *region, const char *id, const char *status, int shards, int n);
/* Slots are on their way in that group; the shards' rows tell where. */
void build_resharding(struct build *b, const char *region, const char *rg_id, int64_t before, int64_t after);
/* A stand-alone cluster of 'n' nodes; a memcached one with its configuration endpoint. Before the groups of its region, in the order of their ids. */
void build_cluster(struct build *b, const char *region, const char *id, const char *engine, const char *status, int n);
/* A global datastore, and its members in the order of their regions. Gateways come with the members. */
void build_global(struct build *b, const char *id, const char *status);
void build_member(
    struct build *b, const char *global_id, const char *region, const char *rg_id, const char *role, const char *status);
/* Links the world; to be called once after all was added. */
void build_link(struct build *b);
/* Every node and endpoint is seen just as it is wanted now. */
void build_see_all(struct build *b);
void build_see(struct build *b, struct world_node *n);
/* The node is there and takes itself for a 'role' with these slots, whatever is wanted. */
void build_see_as(struct build *b, struct world_node *n, const char *role, const char *slots);
struct world_rg *build_find(struct build *b, const char *region, const char *id);
