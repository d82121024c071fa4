#pragma once
#include "agent/redis/converge.h"
#include "agent/redis/rconn.h"
#include <stdbool.h>
#include <stdint.h>
struct node;
/* The conversation of a node with its redis-server: one question at a time, and what its answer is about. */

#define WORDS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

/* The question that waits for its answer. All but the last three make the process known. */
enum redis_ask {
    ASK_NONE,
    ASK_AUTH,
    ASK_PING,
    ASK_SERVER,
    ASK_WEIGHT,
    ASK_PORTS,
    ASK_BIND,
    ASK_CLUSTER,
    ASK_NODES,
    ASK_SOURCE,
    ASK_WHOLE,
    ASK_STEP,
    ASK_COMPARE,
    ASK_SLOW_LOG
};

struct talk {
    enum redis_ask ask;
    enum step step;          /* of ASK_STEP; STEP_NONE: the answer is about what counts no more */
    enum redis_ask greeting; /* the next question of those that make the process known */
    int unread;              /* answers that come before the one that is waited for, and say nothing */
    bool followed;           /* another answer comes behind the one that is waited for */
};

/* Asks. The answer ends in node_step(). */
void redis_ask(struct node *n, enum redis_ask what, const char *const words[], size_t count);
/* The question whose answer comes next, of two that were asked at once. */
void redis_await(struct node *n, enum redis_ask what, enum step step);
/* Asks what has an answer that says nothing. */
void redis_send_unread(struct node *n, const char *const words[], size_t count);
/* The answer to the question that waits for one is about what counts no more. */
void redis_disregard(struct node *n);
/* True while the step's answer is awaited. */
bool redis_is_taking(const struct node *n, enum step step);
/* True if the answer's text begins so. */
bool redis_says(const struct redisReply *r, const char *start);
/* The step is refused: tells why, and lets it rest for a moment. */
void redis_refused(struct node *n, const struct redisReply *r);
/* Ends the script or function that runs, if the engine lets itself be told so: what has written goes on. */
void redis_kill_scripts(struct node *n);
/* Another connection to the node; NULL where nobody listens. The caller logs in: redis_log_in(). */
struct rconn *redis_open(const struct node *n, const struct rconn_events *events, void *arg);
/* Sends the agent's password, if there is one: true, and its answer comes. */
bool redis_log_in(const struct node *n, struct rconn *conn);
/* Redis Cluster's part, for a node whose order names one; else NULL. */
const struct redis_cluster_part *redis_cluster_part(const struct node *n);
