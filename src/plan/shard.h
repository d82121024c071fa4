#pragma once
#include "base/slots.h"
#include "plan/world.h"
/*
 * Replication groups in cluster mode, as far as the rows alone tell: which nodes make up the
 * Redis Cluster, whether they see each other, and which slots have to move.
 */

/* Whether the replication group's nodes are one Redis Cluster: cluster mode enabled, or compatible. */
bool shard_is_clustered(const struct world_rg *rg);

/* A node that all others of its Redis Cluster shall know. */
bool shard_has_node(const struct world_node *n);
size_t shard_count_nodes(const struct world_rg *rg);

/* The node takes part: its view of the Redis Cluster is sound, and it knows all its nodes and no other. True outside cluster mode. */
bool shard_node_joined(struct world *w, const struct world_node *n);

/* It is to go and holds no slot any more: nothing of it is handed over or waited for. False outside cluster mode. */
bool shard_is_emptied(const struct world_node_group *ng);
/* Every shard's primary has become it, and all nodes see the same holders of all slots as the rows. */
bool shard_views_agree(const struct world_rg *rg);
/* They do, and nothing is to move any more. True outside cluster mode. */
bool shard_is_settled(const struct world_rg *rg);

struct slot_move {
    const char *slots;     /* ranges */
    const char *from, *to; /* ids of node groups */
};
/* What can move now of all that has to, in the world's arena: returns how many entries. */
size_t shard_moves(struct world *w, struct world_rg *rg, struct slot_move **out);
/* The change that moves slots is given up: those in flight come to rest. */
bool reshard_is_given_up(const struct world_rg *rg);
/* Slots in flight come to rest; one that can't stays as it is: clients find its keys, some on this side and some on the other. */
bool shard_is_settling(const struct world_rg *rg);
bool shard_is_stuck(const struct world_resharding *r);
/* No slot is in flight, nor will be: the agent has taken it that the change is given up. It stays so: writes that are held for it must not
 * be let in again for a moment. True where nobody hears of the region. */
bool shard_is_at_rest(struct world *w, const struct world_rg *rg);
/* The agent of the active region may move slots: no failover is under way, and every secondary is ready to do the same. */
bool reshard_may_move(struct world *w, struct world_rg *rg);
/* The region has become primary amid a resharding that it has mirrored: that ends, and every slot comes to rest. */
void reshard_take_over(struct world *w, struct world_rg *rg);
/* Events for pairs of node groups between which slots can move now, and for new node groups: each once. Only during a resharding. */
void reshard_tell_moves(struct world *w, struct world_rg *rg);
/* Events for the same pairs once all has moved. */
void reshard_tell_moved(struct world *w, const struct world_rg *rg);
/* How many slots are not where they shall be. */
int shard_count_moves(const struct world_rg *rg);
