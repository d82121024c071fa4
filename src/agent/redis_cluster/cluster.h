#pragma once
#include "agent/redis/redis.h"
/*
 * What a node of a cluster does besides what every redis does: it comes up knowing its
 * cluster, meets and forgets other nodes as the map says, takes slots over, and tells what
 * it sees of the cluster. All functions but the first are for nodes whose order names one.
 */
bool cluster_ordered(const struct node *n);
/* Writes nodes.conf, unless there is the one of a primary that starts again in its place. */
int cluster_prepare(struct node *n, struct err *e);
/* It was started, just after that. */
void cluster_begin(struct node *n);
/* Adds to redis.conf what stands last there. */
void cluster_conf(const struct node *n, struct buf *out);
/* True if its upstream is not awaited: both start as replicas of a phantom. */
bool cluster_starts_at_once(const struct node *n);
/* What it needs next for its cluster; STEP_NONE if nothing, or nothing now. */
enum step cluster_next(struct node *n);
/* When to ask for the next step, in ms of the loop's clock, if the next beat is not soon enough; else 0. */
int64_t cluster_next_at(const struct node *n);
/* NULL where nothing was seen yet. */
struct proto_cluster_seen *cluster_seen(struct node *n);
/* The map of its cluster; NULL where the assignment has none. */
const struct cluster_map *cluster_map_of(const struct node *n);

/* Asks for CLUSTER INFO, whose answer is that to 'what', and for CLUSTER NODES, whose answer comes behind it: of the same instant, so
 * that the one tells how many nodes the other has to name. */
void cluster_ask_view(struct node *n, enum node_ask what);
/* The first of both was refused. */
void cluster_view_refused(struct node *n);
/* The first answers to both; ERR_PARSE where the second is none. */
void cluster_know_count(struct node *n, const struct redisReply *r);
int cluster_know_myself(struct node *n, const struct redisReply *r, struct err *e);
/* A replica of a phantom is a master where INFO replication tells of it: puts that right. */
void cluster_correct(struct node *n, struct replication_info *info);

/* The node of that order if it is ready and answers, else NULL. */
const struct node *cluster_ready_node(const struct node *n, const char *order);
/* A step was refused because of something that will have changed before long. */
void cluster_try_again(struct node *n);

/* The steps, for redis_steps[]. */
void cluster_do_follow(struct node *n);
void cluster_follow_refused(struct node *n, const struct redisReply *r);
void cluster_do_meet(struct node *n);
void cluster_do_forget(struct node *n);
void cluster_do_view(struct node *n);
void cluster_know_info(struct node *n, const struct redisReply *r);
void cluster_know_nodes(struct node *n, const struct redisReply *r);
void cluster_know_slots(struct node *n, const struct redisReply *r);
void cluster_met(struct node *n, const struct redisReply *r);
void cluster_forgot(struct node *n, const struct redisReply *r);
void cluster_do_patience(struct node *n);
void cluster_patient(struct node *n, const struct redisReply *r);
void cluster_stirred(struct node *n, const struct redisReply *r);

/* slots.c: what a death leaves to be done about slots. Slots in flight that are to be mended, and slots that are nobody's
 * (noted when a view was read). */
bool cluster_has_to_mend(const struct node *n, const struct cluster_map *map);
void cluster_note_unclaimed(struct node *n, const struct cluster_map *map);
void cluster_do_promote(struct node *n);
/* False if the answer to that says that it has not. */
bool cluster_took_over(struct node *n, const struct redisReply *r);
void cluster_do_mend(struct node *n);
void cluster_mended(struct node *n, const struct redisReply *r);
void cluster_do_claim(struct node *n);
void cluster_claimed(struct node *n, const struct redisReply *r);
