#pragma once
#include "base/err.h"
/* The lock of a running agent on its data directory: one process at a time looks after the nodes in it. */
struct agent_options;

/* *out is the descriptor that holds the lock until it is closed. ERR_IN_USE: another agent has it. ERR_IO. */
int lock_take(const struct agent_options *o, int *out, struct err *e);
/*
 * To be called about once a second. Whoever deletes the lock's file would have a second agent started for the same nodes: the file
 * is put back. Where a second agent runs already, it has the nodes: this process ends, and leaves them as if it had died.
 */
void lock_keep(const struct agent_options *o, int *held);
