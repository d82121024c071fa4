#pragma once
#include "control/trace.h"
#include "protocol/protocol.gen.h"
struct told;
struct world;
/* The lines of a trace that a pass writes; see trace.h. Where nothing is traced each returns at once. */

/* What the region's agent has told of nodes whose last request serve does not know any more. */
void trace_recall_seen(struct trace *t, const struct world *w, const char *region, const struct told *told);
/* What the sighting and the plans have changed in the rows, once that is committed. */
void trace_changes(struct trace *t, struct world *w);
/* Gives the orders of nodes that are traced their request's id, for the agent to tell in its own log. */
void trace_orders(struct trace *t, struct world *w, struct proto_assignment *a);
/* The assignment has become the region's newest, of this version. */
void trace_assigned(const struct trace *t, const struct proto_assignment *a, int64_t version);
