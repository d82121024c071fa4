#pragma once
#include "agent/node/state.h"
/*
 * The life of a node: whether it has a process, and how far it has come with it. Whoever learns something notes it and lets the node
 * live on (node_step()); what follows is decided in one place.
 */

void node_live(struct node *n);

/* What an engine tells of its process. The connection stands: time to greet. */
void node_connected(struct node *n);
/* The connection is gone, and not by disconnect(). */
void node_lost(struct node *n);
/* It answered; where that means that it can be used: */
void node_became_ready(struct node *n);

/* Its order to become primary is for the data of a process that it does not have (any more). */
bool node_is_for_another(const struct node *n);
/* False while the order says to follow a node of this agent that can't be followed yet. */
bool node_upstream_ready(const struct node *n);
