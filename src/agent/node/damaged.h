#pragma once
#include "agent/node/state.h"
/*
 * Saved data that can't be loaded. A primary stays down with them: they may be all there are,
 * and another node with data of its own takes its place. A replica gets its data from its
 * upstream, so that it puts the file aside, where it harms nobody and is not lost, either.
 */

/* The process ended while it loaded what the node's last stop saved. True if that was the reason, which is told then. */
bool node_data_is_to_blame(struct node *n, int signal, const char *why);
/* A replica does without saved data that can't be loaded. */
void node_put_damaged_aside(struct node *n);
