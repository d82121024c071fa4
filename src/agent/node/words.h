#pragma once
#include "agent/node/state.h"
#include "base/buf.h"
/* What a node's process says of itself in its log. */

/* How much the engine has logged. */
long node_log_size(const struct node *n);
/* Where the lines of a process that is started now will begin: the log is kept from growing for ever. */
long node_log_end(const struct node *n);
/* Adds the last lines of the process. */
void node_last_lines(const struct node *n, struct buf *out);
/* Adds the last of its lines from that place of its log on. */
void node_lines_since(const struct node *n, long from, struct buf *out);
/* The process ended: puts what its log says of the reason into 'out', if it says anything. True if its address was somebody else's. */
bool node_last_words(struct node *n, char *out, size_t size);
/* The process would not start with one of its settings: leaves it out of the next start. False if that was not the reason. */
bool node_leave_out(struct node *n);
