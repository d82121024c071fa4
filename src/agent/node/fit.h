#pragma once
#include "agent/node/state.h"
/*
 * What a node saved before its replication group's cluster mode was changed may be of several
 * databases. In cluster mode there is one, and an engine that finds another in its file
 * does not load any of it (Redis 7.0 even ends with a crash). So before a start in
 * cluster mode with saved data, the keys of database 0 are taken out of such a file; the
 * file itself is kept aside, and how many keys it has besides is told.
 */

/* True once the saved data, if there are any, can be loaded. False: the work is under way (node_step() follows). */
bool node_fit_ready(struct node *n);
/* It is about to save other data, or has them from somewhere: of those nothing is known. */
void node_fit_saved_anew(struct node *n);
/* They are known to be of one database. */
void node_fit_known(struct node *n);
/* The node is closed: whatever is under way ends without it. */
void node_fit_close(struct node *n);
