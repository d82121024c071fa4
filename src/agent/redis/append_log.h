#pragma once
#include "agent/node/state.h"
/*
 * The append-only file of a durable replication group's node: whatever the engine has acknowledged stands there, and a process that follows one
 * that died begins with it. The engine writes and reads it; here is only decided which data a start has. What a process saved when it was told to
 * end, or a seed, takes the file's place: as its base, which the engine does not load for itself once it keeps such a file.
 */

/* True where the order has the engine keep one. */
bool append_log_is_kept(const struct proto_node_order *o);
/* Before a start, once the saved data are in their place. */
int append_log_prepare(struct node *n, struct err *e);
