#pragma once
#include "agent/node_int.h"
/*
 * What a new node begins with: a snapshot, or a file of somebody else's, is put into
 * its folder as if the node had been stopped with these data, and so loaded by its
 * next start. As long as the order names a seed, every start without data of its own
 * has it: a node that dies before its group is made is not to come back empty.
 *
 * The file is checked before any engine sees it: a snapshot's both ends, anybody
 * else's as a whole.
 */

/* True once the node may start. False: the work on its seed is under way (node_step() follows), or the seed can't be used. */
bool node_seed_ready(struct node *n);
/* Another order has come: what was refused may be tried again if it is another seed. */
void node_seed_ordered(struct node *n, const struct proto_node_order *before);
/* The process ended before it was ready, by itself (signal 0) or not. True: its seed is to blame, which is refused from now on. */
bool node_seed_is_to_blame(struct node *n, int signal, const char *why);
/* The node is closed: whatever is under way ends without it. */
void node_seed_close(struct node *n);
