#pragma once
#include "agent/node_int.h"
#include "agent/rconn.h"
/* What the files of a node that is a redis-server share. */

/* node_redis.c: questions and answers. An answer ends in node_step(). */
void redis_greet(struct node *n);
void redis_do(struct node *n, enum step s);
void redis_answer(struct node *n, const struct redisReply *r);
void redis_shutdown(struct node *n);

/* node_redis_ops.c */
int redis_write_conf(struct node *n, struct err *e);
bool redis_conf_differs(struct node *n);
