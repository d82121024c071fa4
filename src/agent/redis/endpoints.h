#pragma once
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <stdint.h>
struct node;
struct redisReply;
/*
 * The addresses that a redis-server listens on besides its own: given up before anything else, with the connections to them, and
 * taken once its role is what it shall be. Redis is told all of them at once, closes all its sockets, and goes back to what it had where
 * it can't have all that it is asked to. It does not say whether it could: its own address may be taken meanwhile, and then it listens
 * nowhere. So it is told again what it had. Where a splitter has the endpoints (encryption.h), each is taken alone.
 */
enum endpoints_state { ENDPOINTS_REST, ENDPOINTS_BIND, ENDPOINTS_LATER, ENDPOINTS_DOUBT, ENDPOINTS_REBIND };

struct endpoints {
    int state;                   /* enum endpoints_state */
    struct string_list held;     /* it listens on */
    struct string_list binding;  /* it was asked to listen on */
    struct string_list missed;   /* it was asked to listen on in vain, because somebody else holds one */
    struct string_list drop;     /* it gave up, with connections still to be closed */
    bool dropping_all;           /* its own address is among 'drop', as it listens in another way now */
    int64_t take_since, take_at; /* since when an endpoint is refused (0: it is not), and when to try again */
};

void endpoints_forget(struct node *n);
/* An order has come: what was refused is tried again. */
void endpoints_try_again(struct node *n);
/* The answer to CONFIG GET bind. Whatever it was thought to listen on and does not is an address it gave up, perhaps with connections
 * left. 'apart': a splitter has them, and the engine's answer tells nothing of them. */
void endpoints_know(struct node *n, const struct redisReply *r, bool apart);
/* Whatever was asked has its answer: what was lent for it comes back. */
void endpoints_answered(struct node *n);
/* The answer to what was asked will not come, or says nothing. */
void endpoints_unanswered(struct node *n);
const struct string_list *endpoints_held(const struct node *n);
/* One that the splitter has; all that it has kept; all of them are taken; these are still somebody else's. */
void endpoints_hold(struct node *n, const char *address);
void endpoints_keep(struct node *n, const struct string_list *held);
void endpoints_taken(struct node *n);
void endpoints_take_later(struct node *n, const struct string_list *missed);
/* It is told to listen in another way, without any of them, and refuses. 'apart': a splitter had them, and gave them up. */
void endpoints_leave(struct node *n, bool apart);
void endpoints_leave_refused(struct node *n, bool apart);
/* It listens in another way: it holds none any more. Whoever is connected to an address that the engine itself had ('drops') is to
 * connect again, and finds what stands there now. */
void endpoints_lost(struct node *n, bool drops);
/* When to try again what was refused, in ms of the loop's clock; 0: nothing was. */
int64_t endpoints_next_take(const struct node *n);
void endpoints_take_at(struct node *n, int64_t at);
/* What was asked was refused, and it may listen nowhere. */
bool endpoints_are_in_doubt(const struct node *n);
/* Connections to those that it gave up are still to be closed; to its own address, too. */
bool endpoints_are_dropping(const struct node *n);
bool endpoints_are_dropping_all(const struct node *n);
/* An endpoint is refused. */
bool endpoints_are_refused(const struct node *n);
void endpoints_see(const struct node *n, struct proto_node_seen *out);

/* STEP_RELEASE, STEP_DROP, STEP_TAKE */
void endpoints_release(struct node *n);
void endpoints_bound(struct node *n, const struct redisReply *r);
void endpoints_release_refused(struct node *n, const struct redisReply *r);
void endpoints_drop(struct node *n);
void endpoints_dropped(struct node *n, const struct redisReply *r);
void endpoints_take(struct node *n);
void endpoints_take_refused(struct node *n, const struct redisReply *r);
