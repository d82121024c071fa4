#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct node;
struct redisReply;
/*
 * The users of a node that is a redis-server: made what the order says they are, one
 * ACL SETUSER each, and all others deleted, whose connections Redis then closes. Words
 * that this redis-server does not know name commands that it does not have: they are
 * left out, which neither gives nor takes anything.
 *
 * While writes are held by a fence, no user may run the commands that end or change a pause.
 */

enum access_state { ACCESS_UNKNOWN, ACCESS_SEND, ACCESS_SWEEP, ACCESS_IN_FORCE };

struct access {
    int state;          /* enum access_state */
    int64_t generation; /* of the users that were in force last; -1: not known */
    size_t user;        /* how many users of the order's generation were sent */
    bool barring;       /* whether the users in force, or those that are being sent, are kept from lifting a fence */
    int64_t held_at;    /* since when a script has kept rights from being changed; 0: none has; INT64_MAX: its end was tried */
};

/* Nothing is known of the process's users; it was started with the order's. */
void access_forget(struct node *n);
void access_begin(struct node *n);
/* Of the users in force; -1: not known. */
int64_t access_generation(const struct node *n);
/* Another order has come, whose users may be others. */
void access_ordered(struct node *n);
/* True while the engine's users are not known to be the order's. */
bool access_is_stale(const struct node *n);
/* True while it is not known of all users that they are kept from lifting a fence, where one is there or ordered; else that they are not. */
bool access_bar_is_stale(const struct node *n);
/* The process would not start because it does not know a word of a rule: leaves it out of the next start. False if that was not the reason. */
bool access_leave_out(struct node *n, const char *log);

/* STEP_ACCESS */
void access_ask(struct node *n);
void access_done(struct node *n, const struct redisReply *r);
void access_refused(struct node *n, const struct redisReply *r);
/* Changed users wait because a script runs: ends it once that has taken too long. */
void access_held_up(struct node *n);
