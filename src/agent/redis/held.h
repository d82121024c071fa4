#pragma once
#include <stdbool.h>
#include <stdint.h>
struct node;
struct redisReply;
/*
 * Whether a client's CLIENT PAUSE … WRITE holds up a primary's writes. Nothing that an agent
 * asks tells so, as none of it may write. So a primary is asked once a second whether
 * anybody is blocked; if so, a connection of its own asks for what may write and writes
 * nothing. While that has no answer though everything else has, writes are held.
 */
enum held_state { HELD_REST, HELD_TRY, HELD_UP };

struct held {
    int state;          /* enum held_state */
    struct rconn *conn; /* on which something is asked that may write; NULL: nothing is */
    int64_t look_at;    /* when to look again whether that is to be found out */
};

void held_forget(struct node *n);
/* STEP_CLIENTS */
bool held_is_due(const struct node *n);
void held_know_clients(struct node *n, const struct redisReply *r);
/* True while writes are held up, and not by the agent. */
bool held_is_seen(const struct node *n);
