#pragma once
#include "agent/redis/converge.h"
#include "agent/redis/talk.h"
#include "base/buf.h"
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
struct node;
/*
 * What session hands to the nodes that are redis-servers: what a node of a Redis Cluster does besides. That part is in
 * redis_cluster/, and knows redis/, which calls it by this table alone, and only for nodes whose order names a Redis Cluster, but for
 * open(), close() and forget().
 */
/*
 * How a step is taken: asked for by 'ask', or by a command that is always the same. 'done' and 'refused' draw the conclusions; without
 * 'refused' the reason is told, and the step tried again a little later.
 */
struct redis_step {
    void (*ask)(struct node *n);
    const char *const *words;
    size_t n_words;
    void (*done)(struct node *n, const struct redisReply *r);
    void (*refused)(struct node *n, const struct redisReply *r);
};

struct redis_cluster_part {
    /* What it keeps of a node, in the heap. */
    void *(*open)(void);
    void (*close)(void *kept);
    /* Another process is about to be started, or adopted. */
    void (*forget)(void *kept);
    /* What the engine reads at its start besides redis.conf; and what stands last there. */
    int (*prepare)(struct node *n, struct err *e);
    void (*conf)(const struct node *n, struct buf *out);
    /* It was started, just after that. */
    void (*begin)(struct node *n);
    /* See struct engine_kind. */
    int (*bus_port)(const struct node *n);
    bool (*starts_at_once)(const struct node *n);
    void (*keep_room)(const struct node *n);
    /* Asks one of the last questions of the greeting, beginning with ASK_CLUSTER; and its answer, the last of which moves it to NODE_UP. */
    void (*greet)(struct node *n, enum redis_ask what);
    void (*greeted)(struct node *n, enum redis_ask what, const struct redisReply *r);
    /* Of two questions that were asked at once, the first was refused: the second's answer says nothing. */
    void (*view_refused)(struct node *n);
    /* A replica of a phantom is a master where INFO replication tells of it: puts that right. */
    void (*correct)(struct node *n, struct replication_info *info);
    /* True for a primary of its Redis Cluster by the last view of its table. */
    bool (*is_shard_primary)(const struct node *n);
    /* True for one that follows another region; for one that knows an address there; and while that is not known to be the order's. */
    bool (*is_attached)(const struct node *n);
    bool (*has_source)(const struct node *n);
    bool (*source_is_stale)(const struct node *n);
    /* Why the engine can follow no other region, though its order asks for that; NULL where it can, or need not. */
    const char *(*why_unable)(const struct node *n);
    /* It came, linked or went: time for the others to look who is there. */
    void (*came_or_went)(struct node *n);
    /* What it needs next for its Redis Cluster; STEP_NONE if nothing, or nothing now. */
    enum step (*next)(struct node *n);
    /* When to ask for the next step, in ms of the loop's clock, if the next beat is not soon enough; else 0. */
    int64_t (*next_at)(const struct node *n);
    /* True while an answer about its Redis Cluster is not believed, which is the node's reason. */
    bool (*doubts)(const struct node *n);
    /* True once its connection has waited (STEP_STIR). */
    bool (*has_waited)(const struct node *n);
    /* NULL where nothing was seen yet. */
    struct proto_cluster_seen *(*seen)(struct node *n);
    /* How its steps are taken, by their number: those that are its own, and STEP_FOLLOW and STEP_PROMOTE. */
    const struct redis_step *steps;
};

struct redis_host {
    const struct redis_cluster_part *cluster; /* NULL: there are no such nodes */
    void *clusters;                           /* that part's: cluster_host.h */
};
