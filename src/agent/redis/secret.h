#pragma once
#include <stdbool.h>
struct node;
struct redisReply;
/*
 * What a node's peers show it, and what it shows its upstream: the passwords of the users
 * by which replicas follow and slots move. They are those of a group, or of a global
 * datastore while the group is in one, so they change when it joins or leaves.
 */

/* The process was started with the order's. */
void secret_begin(struct node *n);
bool secret_is_stale(const struct node *n);
/* STEP_SECRET */
void secret_do(struct node *n);
void secret_done(struct node *n, const struct redisReply *r);
