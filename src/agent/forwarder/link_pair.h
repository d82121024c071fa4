#pragma once
#include "agent/forwarder/link.h"
#include "agent/forwarder/steer.h"
#include "agent/forwarder/target.h"
#include "base/buf.h"
/*
 * The connections of a link: each is a pair, a client and the target that it is passed on to. Here is the link as they see it;
 * link.c keeps it, with its order and its listener.
 */

struct pair;

/* A process that the kernel gives connections to. */
struct steered {
    struct target target;
    pid_t pid;
};

struct link {
    struct link_host *host;
    char *id;
    enum link_kind kind;
    struct target listen;
    char address[INET6_ADDRSTRLEN]; /* of 'listen' as the order has it */
    int64_t port;
    struct targets targets;
    struct wan_region *far; /* of a gateway: where its target is. NULL: in this region */
    struct buf nodes;       /* LINK_CONFIGURATION: what clients are told, see discovery.h */
    int64_t nodes_version;
    char engine_version[32];
    struct listener *listener; /* NULL: not listening */
    uv_timer_t timer;          /* tries again to listen */
    int tries;
    int code;         /* why it does not listen: 0, ERR_IN_USE or another err_code */
    char reason[600]; /* as long as an error */
    struct pair *pairs;
    int n_pairs;
    size_t n_served; /* those whose clients are not waited for any more */
    bool placed;     /* it has a 'place' among what the kernel steers */
    int place;
    struct steered steered[STEER_SOCKETS];
    size_t n_steered; /* 0: every connection comes to the listener */
    bool closing, timer_closed;
    void (*emptied)(struct link *l); /* the last connection of a closing link is gone */
};

/* Takes over the accepted connection 'fd' of a client at 'from'. */
void pair_open(struct link *l, int fd, const struct sockaddr *from);
void pair_close(struct pair *p);
/* Closes the link's connections to targets that it no longer has, or can't reach; the others go by what the network is like now. */
void pairs_check(struct link *l);
struct pair *pair_next(struct pair *p);
