#pragma once
#include "agent/node/state.h"
/* How a node's process ends: told to, with its data saved or not, or by itself; and what follows from that. */

/* The process is told to end, as what is wanted instead needs it; and what is done while it has not. */
void node_begin_end(struct node *n, enum node_want want);
void node_await_end(struct node *n, enum node_want want);
/* True while it is to end with its data saved, and is at work on that. */
bool node_is_saving(const struct node *n);
/* It has answered that it does not end; with 'at_once' it is told again without a pause. Ends in node_step(). */
void node_refused_to_end(struct node *n, const char *why, bool at_once);
/* It has ended: of the type proc_exited, for the node. */
void node_exited(void *arg, int status, int signal);
