#pragma once
#include "agent/forwarder/link.h"
#include "base/buf.h"
#include "base/err.h"
#include <netinet/in.h>
#include <stdbool.h>
/* What link.c (the order, the listener) and link_pair.c (one connection) share. */

struct target {
    char host[INET6_ADDRSTRLEN]; /* "" for a socket in the file system */
    int64_t port;
    struct sockaddr_storage address;
    socklen_t size;
};

enum link_kind { LINK_READER, LINK_PRIMARY, LINK_GATEWAY, LINK_CONFIGURATION, LINK_SPLITTER };

struct pair;

struct link {
    struct link_host *host;
    char *id;
    enum link_kind kind;
    struct target listen;
    char address[INET6_ADDRSTRLEN]; /* of 'listen' as the order has it */
    int64_t port;
    struct target *targets;
    size_t n_targets, next_target;
    struct buf nodes; /* LINK_CONFIGURATION: what clients are told, see discovery.h */
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
    bool closing, timer_closed;
};

/* Takes over the accepted connection 'fd' of a client at 'from'. */
void pair_open(struct link *l, int fd, const struct sockaddr *from);
void pair_close(struct pair *p);
/* Closes the link's connections to targets that it no longer has. */
void pairs_check(struct link *l);
struct pair *pair_next(struct pair *p);
/* The pair is gone; it was taken out of l->pairs. */
void link_pair_gone(struct link *l);
/* The target for a new connection, or NULL where there is none. */
const struct target *link_pick(struct link *l);
bool link_has_target(const struct link *l, const struct target *t);
