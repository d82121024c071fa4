#pragma once
#include "base/digest.h"
#include <stdbool.h>
struct node;
struct redisReply;
/*
 * What a node's peers show it, and what it shows its upstream: the passwords of the users
 * by which replicas follow and slots move. They are those of a replication group, or of a global
 * datastore while the replication group is in one, so they change when it joins or leaves.
 */

struct peers {
    uint8_t known[DIGEST_SIZE], sent[DIGEST_SIZE]; /* hashes of its peers' passwords; zero: not known */
};

/* Nothing is known of what the process knows; it was started with the order's. */
void peers_forget(struct node *n);
void peers_begin(struct node *n);
bool peers_is_stale(const struct node *n);
/* STEP_SECRET */
void peers_do(struct node *n);
void peers_done(struct node *n, const struct redisReply *r);
