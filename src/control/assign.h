#pragma once
#include <stdbool.h>
struct arena;
struct authority;
struct certificates;
struct proto_assignment;
struct proto_target_list;
struct world;
struct world_node_group;
struct world_rg;
/*
 * What an agent has to know to make its region so. The same rows give the same orders, but for certificates: those that are missing, or
 * expire, are issued, and those of nodes that need none are forgotten.
 */
struct assign_secrets {
    const char *admin_password, *replication_password;
    struct authority *authority;
    struct certificates *certificates;
};
struct outages;
/* The lists of the region's orders that follow from this world. */
void assign(struct world *w, const char *region, const struct assign_secrets *secrets, const struct outages *outages,
    struct proto_assignment *out);
/* Adds where connections to the reader endpoint of a node group go; to the configuration endpoint of a replication group in cluster mode.
 * There is room for all nodes of the replication group, and one more. */
void assign_reader_targets(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct proto_target_list *list);
void assign_cluster_targets(const struct world_rg *rg, struct proto_target_list *list);
/* Whatever is no list; 'version' is the caller's. 'authority' is its certificate, NULL where no node has one of its own. */
void assign_head(struct arena *a, const char *region, const char *authority, bool shutdown, struct proto_assignment *out);
