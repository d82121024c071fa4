#pragma once
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * What a node without a process waits for before it is started. Pure: what is known of it
 * in, the first reason to wait out. docs/waits.md draws who waits for whom, and why that
 * never runs in a circle.
 */
enum start_wait {
    START_NOW,
    START_HELD,     /* for serve: another may be taking its place, or it was to become primary with data that it lost */
    START_SPARING,  /* for those that follow it and load what they saved: it would empty them */
    START_BACKOFF,  /* for the time to try again */
    START_SWITCH,   /* for another node that takes a role or an address: milliseconds */
    START_UPSTREAM, /* for the node that it is to follow */
};

struct start_facts {
    bool replica;      /* ordered to be one */
    bool for_another;  /* ordered to become primary with the data of a process that it does not have */
    bool held;         /* it died and is ordered to stay down then, or an outage keeps it down */
    bool sparing;      /* its followers load, or did a moment ago */
    bool backs_off;    /* it failed just now */
    bool switching;    /* another node of the agent switches */
    bool at_once;      /* in a Redis Cluster: both start as replicas of a phantom */
    bool to_load;      /* it has data that its last stop saved */
    bool has_upstream; /* the one that it is to follow is run by the same agent; */
    bool feeds;        /* that can be followed; */
    bool lost;         /* that has no process though it should have one: it died, or can't be started */
};

/* A dead node must stay dead where another may be taking its place: as long as its order is the one by which it died, or would make it a
 * primary. That order may have come after its death, from a serve that did not know of it. */
bool start_is_held(const struct proto_node_order *o, enum node_role died_role);
enum start_wait start_waits_for(const struct start_facts *f);
/* Nobody keeps it from following. Where its upstream is lost, its own data may be all there are: it does not wait with them. */
bool start_may_follow(const struct start_facts *f);
