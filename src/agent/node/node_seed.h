#pragma once
#include "agent/node/state.h"
/*
 * What a new node begins with: a snapshot, or a file of somebody else's, is put into
 * its folder as if the node had been stopped with these data, and so loaded by its
 * next start. As long as the order names a seed, every start without data of its own
 * has it: a node that dies before its replication group is made is not to come back empty.
 *
 * The shards of a Redis Cluster begin with the same files, of which each gets the keys of
 * its slots; those that wait at the same time share the work (seed.h).
 */

/* True once the node may start. False: the work on its seed is under way (node_step() follows), or the seed can't be used. */
bool node_seed_ready(struct node *n);
/* Another order has come: what was refused may be tried again if it is another seed. */
void node_seed_ordered(struct node *n, const struct proto_node_order *before);
/* The process ended before it was ready, by itself (signal 0) or not. True: its seed is to blame, which is refused from now on. */
bool node_seed_is_to_blame(struct node *n, int signal, const char *why);
/* True for a process that has loaded its seed, or is about to: node_seed_weigh() is to be told how much that is once it answers. */
bool node_seed_is_loaded(const struct node *n);
/* Ends a process whose data take more memory than its node has: they would be evicted, or nothing could be written. 'used' and
 * 'limit' (0: none) in bytes, 'evicted' keys. */
void node_seed_weigh(struct node *n, int64_t used, int64_t limit, int64_t evicted);
/* The node is closed: whatever is under way ends without it. */
void node_seed_close(struct node *n);
