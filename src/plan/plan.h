#pragma once
#include "plan/world.h"
/*
 * The decisions. Each rule is level-triggered: it looks at what is, not at what
 * happened, and may run any number of times. plan_world() runs them all until
 * nothing changes any more.
 */
void plan_world(struct world *w);

/* Tells in an event why a node can't be started, each time there is another reason. To be run once per look, before the rules. */
void plan_trouble(struct world *w);
/* True where the world shows for the first time that the node was stopped and could not save its data, and it is no replica. */
bool plan_has_not_saved(const struct world_node *n);

/* Since when the node answers nobody, on the steady clock, as far as this control plane was there to see. */
int64_t plan_blocked_since(const struct world *w, const struct world_node *n);

/* Gives an address to whatever has none, and another one to what found its own taken before it ever ran. */
void plan_addresses(struct world *w);
/* Statuses of a replication group, its node groups and member clusters; rows of what is gone. */
void plan_rg(struct world *w, struct world_rg *rg);
/* Who is primary: replaces one that is dead or hung, and carries out orderly changes of the primary. */
void plan_failover(struct world *w, struct world_rg *rg);
/* A hung process: it is killed where another node has its data, and else left alone. */
void plan_hung(struct world *w, struct world_node *n);
/* A primary that lives and has answered nobody for too long: it is killed where a replica is to take its place, and else left alone. */
void plan_blocked(struct world *w, struct world_node *n);
/* Which process is to become primary, until it has: another one in its place is chosen anew, or not at all. */
void plan_promotions(struct world *w, struct world_rg *rg);
/* Of a node that is in no replication group (any more): it is to be primary with whatever data it has. */
void promotion_forget(struct world *w, struct row_node *n);
/* A replication group in cluster mode: takes over what the engine has elected by itself, and who holds which slots. */
void plan_shards(struct world *w, struct world_rg *rg);
/* Moves slots to the shards that shall have them, and takes out those that have none any more. */
void plan_resharding(struct world *w, struct world_rg *rg);
/* Makes the changes that wait for the replication group's maintenance window, once it is open or a request has asked for them. */
void plan_pending(struct world *w, struct world_rg *rg);
bool plan_has_pending(struct world_rg *rg);
/* Another node type for a replication group, or a stand-alone cluster, once it is known that its data fit; one that they don't fit is not taken. */
void plan_scaling(struct world *w, struct world_rg *rg);
void plan_cluster_scaling(struct world *w, struct world_cluster *c);
/* The same for all members of a global datastore at once: none is changed if one has no room. */
void plan_global_scaling(struct world *w, struct world_global *g);
/* Rolls a new engine version through a replication group, one node at a time, the primary last. */
void plan_upgrade(struct world *w, struct world_rg *rg);
/* The primary of a node group hands over to that replica in good order, unless it does so already. */
void upgrade_hand_over(struct world *w, struct world_rg *rg, const struct world_node *first, const struct world_node *next);
/* A node whose creation or restart has come to its end is available. */
void plan_node(struct world *w, struct world_node *n);
/* A stand-alone cluster: its status, its pending changes, the rows of what is gone. */
void plan_stand_alone(struct world *w, struct world_cluster *c);
/* The cache cluster's next node, in that zone; belongs to the arena. */
struct row_node plan_new_node(struct arena *a, struct row_cache_cluster *c, const char *zone, int64_t now_ms);
/* Snapshots: their statuses and those of their sources, automatic ones, and what replication groups begin with. */
void plan_snapshots(struct world *w);
/* How far the values of a cache cluster's parameter group have come: in-sync, applying, pending-reboot. */
void plan_parameters(struct world *w, struct world_cluster *c);
/* Statuses of users and user groups, whose changes are through once every engine that they are for has told so; rows of what is gone. */
void plan_users(struct world *w);
/* Since when a node, cache cluster, node group or replication group is not served, if that is so, whatever its status. */
void plan_serving(struct world *w);
/* The writes of primaries that were passed over while they were out of reach: counted, told of, then discarded. */
void plan_forks(struct world *w, struct world_global *g);
/* 'old', whose first node may be alive, is primary no more from here on. */
void plan_fork_open(struct world *w, struct world_node_group *old);
/* 'target' may have become primary by an order that nobody can take back, as its region is out of reach; but it is none. */
void plan_fork_doubt(struct world *w, struct world_node_group *target);
/* Statuses and phases of a global datastore: joining, leaving, failover, deletion. */
void plan_global(struct world *w, struct world_global *g);

/*
 * The id's own region in 127.0.0.0/8: the number of host 'n' (1 … 65278) of the
 * region with that second octet as a dotted quad. Hosts .0 and .255 are left out.
 */
enum { PLAN_HOSTS = 254 * 256 };
const char *plan_host_address(struct arena *a, int octet, int64_t n);
