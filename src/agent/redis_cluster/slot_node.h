#pragma once
#include "agent/redis/rconn.h"
#include "agent/redis_cluster/cluster_view.h"
#include <stdbool.h>
struct node;
struct node_host;
/* What whoever moves slots sees of a node: whether it takes part, its slots, and a connection to it. */

/* The primary of that order, if it is up and both its INFO and its view say so; else NULL. */
struct node *slot_node_primary(struct node_host *h, const char *order);
/* The node of that order, whatever it does; NULL where there is none. */
struct node *slot_node_find(struct node_host *h, const char *order);
const char *slot_node_id(const struct node *n);
/* Where it is reached and what a mover shows there; valid as long as the order. False where it has no order. */
struct slot_node_address {
    const char *host;
    int port;
    const char *password; /* NULL: none is needed */
};
bool slot_node_address(const struct node *n, struct slot_node_address *out);
/* Its last view. */
const struct cluster_view *slot_node_view(const struct node *n);
/* True if nothing was done since that may have changed it. */
bool slot_node_is_fresh(const struct node *n);
/* It has the slot now, or has it no more. */
void slot_node_gets(struct node *n, int slot);
void slot_node_loses(struct node *n, int slot);
/* Something was done that may have changed its view. */
void slot_node_changed(struct node *n);
/* It moves keys: that is work, too. */
void slot_node_works(struct node *n, bool yes);
/* Gives it all its settings anew, as after an agent that died in between. */
void slot_node_restore_settings(struct node *n);
/* Another connection to it, logged in: how many answers come before the first that was asked for, in '*unread'. NULL where nobody listens. */
struct rconn *slot_node_connect(const struct node *n, const struct rconn_events *events, void *arg, int *unread);
