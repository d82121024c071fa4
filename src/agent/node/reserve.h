#pragma once
#include "agent/node/state.h"
/* When a node's process is about to listen, and when nobody listens in its place any more: see reservations.h. */

/* Its process is about to be started. */
void node_lend_start(struct node *n);
/* It is about to be asked to listen on its own address and on these. */
void node_lend(struct node *n, const struct string_list *addresses);
/* It listens, or will not. */
void node_lend_back(struct node *n);
/* It has ended. A node without an order has nothing to reserve. */
void node_reserve(struct node *n);
/* True for a replica that would follow a stranger in its upstream's place. */
bool node_is_misled(const struct node *n);
