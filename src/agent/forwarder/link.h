#pragma once
#include "agent/forwarder/wan.h"
#include "base/connections.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>
/*
 * A TCP forwarder: listens on one address and passes each connection on to one of its
 * targets, as its order says (docs/protocol.md). It follows every change of the order;
 * a listener that can't be had is tried again until it can.
 */
struct link;
struct reservations;
struct steer;

struct link_host {
    uv_loop_t *loop;
    /* Something that link_see() tells has changed, but for the number of connections. */
    void (*changed)(struct link_host *h);
    struct reservations *reservations;
    /* False where that is the address of a node of this agent whose process is not known to listen there: who does is a stranger. */
    bool (*leads_to_ours)(struct link_host *h, const char *address, int64_t port);
    struct connections connections; /* of clients, over all links */
    struct steer *steer;            /* NULL: the kernel steers no connections for this process */
    /* The process of this agent's node at that address, if it is ready; else 0. To be there where 'steer' is. */
    pid_t (*process_at)(struct link_host *h, const char *address, int64_t port);
    /* The node at that address, if it is one of this agent's, is told what clients of the link are told: a list, see discovery.h. */
    void (*publish)(struct link_host *h, const char *address, int64_t port, int64_t version, const char *list);
    struct wan_region *regions; /* that gateways lead to, and the network on the way there */
};

/* Sets the limits for clients' connections, by how many files the process may open. */
void link_host_limit(struct link_host *h);
/* What the network to other regions is like from now on; links are to be ordered anew after it. A region that is not named is next door. */
void link_host_network(struct link_host *h, const struct proto_far_region_list *network);
struct link *link_open(struct link_host *h, const char *id);
/* How it shall be from now on; the order is copied. */
void link_order(struct link *l, const struct proto_link_order *o);
/* Closes it with all its connections; its memory goes a few turns of the loop later. */
void link_close(struct link *l);
const char *link_id(const struct link *l);
bool link_is_listening(const struct link *l);
/* True if that is where it listens, or is to. */
bool link_is_at(const struct link *l, const char *address, int64_t port);
/* Fills 'out'; strings live as long as the link does not change. */
void link_see(const struct link *l, struct proto_link_seen *out);
