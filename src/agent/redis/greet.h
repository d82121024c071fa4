#pragma once
#include "agent/redis/talk.h"
/* The greeting of a redis-server: log in, wait until it has loaded, make sure that it is the process we mean, see what it listens on. */

/* Asks the next question. */
void redis_greet(struct node *n);
/* Its answer. */
void redis_greeted(struct node *n, enum redis_ask what, const struct redisReply *r);
/* It goes on with this question, after so many ms. */
void redis_greet_again(struct node *n, enum redis_ask from, int64_t ms);
/* It loads its data again, or is a copy of another's: nothing is known until it has. */
void redis_load_again(struct node *n);
