#pragma once
#include "plan/world.h"
/*
 * Encryption in transit: what the nodes of a replication group shall speak, and when a change of
 * it has come about. Changes are made while the processes run, in such an order that
 * no node is asked for what its neighbours can't do yet: links between nodes are
 * encrypted once their upstreams take both, and are plain again before nobody may
 * speak TLS any more.
 */
struct want_encryption {
    enum encryption_mode mode;
    bool links; /* the node's link to its upstream is encrypted */
};

/* None for a node of a stand-alone cluster. */
struct want_encryption want_encryption(struct world_rg *rg, const struct world_node *n);

/* True where the last sighting of the node shows just that. */
bool encryption_in_force(struct world_rg *rg, const struct world_node *n);

/* All nodes of the replication group are as wanted: what was under way is done. */
void encryption_settle(struct world *w, struct world_rg *rg);

/* The API's word: required or preferred; NULL for none. */
const char *encryption_word(enum encryption_mode mode);

/* The names and addresses that clients and other nodes know the node by, sorted, one space between them. */
const char *encryption_names(struct world *w, const struct world_node *n);

/* Where the engine listens whose clients come through a splitter: an address that is nobody else's. */
const char *encryption_inner_address(struct world *w, const struct world_node *n);
