#pragma once
#include "agent/node/core.h"
#include "agent/redis/access.h"
#include "agent/redis/conf_file.h"
#include "agent/redis/converge.h"
#include "agent/redis/delivery.h"
#include "agent/redis/encryption.h"
#include "agent/redis/endpoints.h"
#include "agent/redis/held.h"
#include "agent/redis/host.h"
#include "agent/redis/info.h"
#include "agent/redis/lockout.h"
#include "agent/redis/save.h"
#include "agent/redis/peers.h"
#include "agent/redis/talk.h"
#include "agent/redis/tally.h"
#include "agent/redis/unlinked.h"
/*
 * What is kept of a node that is a redis-server, besides what every node has. What a file of its name has in a struct of its own, that
 * file alone touches. Times are in ms of the loop's clock.
 */
enum { EAGER_MS = 3000 };

struct redis {
    struct talk talk;
    struct conf_file conf;
    struct endpoints endpoints;
    struct access access;
    struct encryption encryption;
    struct peers peers;
    struct save save;
    struct delivery delivery;
    struct held held;
    struct unlinked unlinked;
    struct tally tally;
    void *cluster; /* what Redis Cluster's part keeps; NULL where there is no such part */
    /* Of the process: */
    struct replication_info info;
    bool info_old; /* where it stands is to be read again before anything is decided */
    int fence;     /* enum fence */
    enum lockout lockout;
    size_t setting;            /* how many settings of the order's generation were sent */
    int64_t weighing, weighed; /* the order's question that was asked last, and that 'memory' answers; 0: none */
    struct memory_info memory;
    int64_t hold_until;  /* a step was refused: until then, only look */
    int64_t look_until;  /* 0, or its upstream is in trouble: how far it has followed is read before anything is told */
    int64_t eager_until; /* until then, what does not yet link is asked often */
    int64_t nudge_at;    /* 0: the replica needs no nudge */
    int nudges;
    bool rests;         /* the last look at it left nothing to do or to wait for */
    struct rconn *poke; /* by which it is found out whether it does not answer or only must not; NULL: none */
};

static inline struct redis *redis_of(const struct node *n)
{
    return n->engine;
}
