#pragma once
#include "agent/redis/host.h"
/* The steps that a redis-server can take: how each is asked for, and what follows from the answer. */

/* Asks for it. */
void redis_do(struct node *n, enum step s);
/* The answer to the step that was asked for. */
void redis_step_answered(struct node *n, const struct redisReply *r);
void redis_step_refused(struct node *n, const struct redisReply *r);
/* The value of a setting that only a start can change. */
void redis_compared(struct node *n, const struct redisReply *r);

/* What follows where it was told to follow, or has become a primary. */
void redis_followed(struct node *n, const struct redisReply *r);
void redis_promoted(struct node *n, const struct redisReply *r);
