#pragma once
#include "agent/node/node_int.h"
#include "agent/redis/rconn.h"
/* What the files of a node that is a redis-server share. */

#define WORDS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

/*
 * How a step is taken: asked for by 'ask', or by a command that is always the same. 'done'
 * and 'refused' draw the conclusions; without 'refused' the reason is told, and the step
 * tried again a little later. Whoever brings a new step adds it to converge.h and to this table.
 */
struct redis_step {
    void (*ask)(struct node *n);
    const char *const *words;
    size_t n_words;
    void (*done)(struct node *n, const struct redisReply *r);
    void (*refused)(struct node *n, const struct redisReply *r);
};
extern const struct redis_step redis_steps[STEP__COUNT]; /* redis_steps.c */

/* redis.c: questions and answers. An answer ends in node_step(). */
void redis_ask(struct node *n, enum node_ask what, const char *const words[], size_t count);
/* The question whose answer comes next, of two that were asked at once. */
void redis_await(struct node *n, enum node_ask what, enum step step);
/* The step is refused: tells why, and lets it rest for a moment. */
void redis_refused(struct node *n, const struct redisReply *r);
/* True if the answer's text begins so. */
bool redis_says(const struct redisReply *r, const char *start);
void redis_greet(struct node *n);
void redis_do(struct node *n, enum step s);
void redis_answer(struct node *n, const struct redisReply *r);
void redis_shutdown(struct node *n);
/* Ends the script or function that runs, if the engine lets itself be told so: what has written goes on. */
void redis_kill_scripts(struct node *n);
/* It has answered that order, so it did not end. */
void redis_goes_on(struct node *n, const struct redisReply *r);

/* redis_steps.c: the value of a setting that only a start can change. */
void redis_compared(struct node *n, const struct redisReply *r);

/* held.c: whether a client holds up the primary's writes. */
bool held_is_due(const struct node *n);
void held_know_clients(struct node *n, const struct redisReply *r);
void held_forget(struct node *n);

/* save.c: whether BGSAVE is to be asked for, or what became of it; when to look again, 0: need not. */
bool redis_save_is_due(struct node *n);
bool redis_save_look_is_due(const struct node *n);
int64_t redis_save_at(const struct node *n);
/* True if the file was there, and went to the shelf. */
bool redis_save_has_ended(struct node *n);
void redis_ask_save(struct node *n);
void redis_saving(struct node *n, const struct redisReply *r);
void redis_save_refused(struct node *n, const struct redisReply *r);
void redis_save_seen(struct node *n, const struct redisReply *r);
/* What its log says since 'from' of a file that could not be written: one line; "" where it says nothing. */
void redis_save_trouble(const struct node *n, long from, char *out, size_t size);
/* Of the end of a process: node_ops. */
int64_t redis_written(const struct node *n);
void redis_why_not_saved(const struct node *n, char *out, size_t size);

/*
 * redis_ops.c: the order, but for one that would follow a stranger: that one is to follow itself, which comes to nothing
 * and keeps what it has. A stranger would hear the password, and what he sends would take the place of the data.
 */
struct proto_node_order redis_safe_order(const struct node *n);
int redis_write_conf(struct node *n, struct err *e);
bool redis_conf_differs(struct node *n);
/* Another connection to the node; NULL where nobody listens. The caller logs in. */
struct rconn *redis_open(const struct node *n, const struct rconn_events *events, void *arg);
