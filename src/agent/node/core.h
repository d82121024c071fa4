#pragma once
#include "agent/node/state.h"
/* What every file of a node, and every engine, does with it: the time, its state, its reason, its questions. */

int64_t node_now(const struct node *n);
/* Something was learned, or time has passed: the node does what follows. */
void node_step(struct node *n);
/* node_step() again after at most 'ms'. */
void node_timer(struct node *n, int64_t ms);
/* Something happened to its process, and the node takes the state that follows; aborts where lifecycle.h has none. */
void node_event(struct node *n, enum node_event event);
/* Something that a sighting tells has changed. */
void node_changed(struct node *n);
/* A line of the trace that it is part of, if it is; never with the values of settings or passwords. */
void node_trace(const struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line, cut to its size; "" for none. Tells of a change. */
void node_reason(struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A question was asked, one at a time; it has its answer, or will get none. */
void node_asks(struct node *n);
void node_has_answer(struct node *n);
/* Closes the connection, if there is one; node_lost() is not called. */
void node_drop_conn(struct node *n);

/* The kind is this one from now on, with nothing known of the node. Not while a connection of another kind stands. */
void node_be(struct node *n, const struct engine_kind *kind);
/* Nothing is known of its process any more. */
void node_forget(struct node *n);

/* It has no process though it should have one: that died, or can't be started. */
bool node_is_down(const struct node *n);
/* It has one that this agent knows, or an agent before it knew. */
bool node_has_run(const struct node *n);
/* The order wants another process than this one. */
bool node_is_outdated(const struct node *n);
/* Its process comes up as a primary, and shall be a replica: it would take writes that are lost. The nodes of a Redis Cluster find out
 * themselves who is primary. */
bool node_is_out_of_role(const struct node *n);
