#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
struct node;
struct redisReply;
/*
 * A shard of a datastore's secondary region takes its data from the same shard of the primary region: its primary follows the address that
 * the order calls its source, by the module that the program carries (src/attach), and the replicas know the address for the moment in
 * which one of them is promoted.
 */

#define SOURCE_SETTING "meridian.upstream"

/* Puts the module into the node's folder, where it is not there already. */
int source_prepare(struct node *n, struct err *e);
/* What the engine reads of it at its start. */
void source_conf(const struct node *n, struct buf *out);
/* The process was started with that. */
void source_begin(struct node *n);

/* The question of the greeting that tells which address the process knows, and its answer. */
void source_ask(struct node *n);
void source_know(struct node *n, const struct redisReply *r);

/* See struct redis_cluster_part. */
bool source_is_stale(const struct node *n);
const char *source_why_unable(const struct node *n);
/* STEP_SOURCE. */
void source_do(struct node *n);
void source_done(struct node *n, const struct redisReply *r);
/* Sends what makes an attached node follow nobody, within a transaction. */
void source_leave(struct node *n);
