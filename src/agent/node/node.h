#pragma once
#include "base/arena.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <uv.h>
/*
 * One node: a process of an engine, made to be what its order says and kept so. The node
 * starts it, talks to it, starts it again when it dies, and tells what it sees; it
 * decides nothing that its order leaves open.
 */
struct node;
struct engine_map;
struct link_host;
struct shelf;
struct reservations;

enum { BEAT_MS = 100 };

/* What a node needs of the agent; outlives every node. */
struct node_host {
    uv_loop_t *loop;
    const char *dir;             /* the region's folder: a node's own is DIR/ID */
    struct engine_map *engines;  /* the programs, and the kinds of engine that there are */
    void *engine_host;           /* what session hands to its engines besides: theirs alone */
    struct link_host *link_host; /* for links of a node's own */
    /* Something that node_see() tells has changed. */
    void (*changed)(struct node_host *h);
    /* The node of that id, or NULL. */
    struct node *(*find)(struct node_host *h, const char *id);
    /* One after the other, from 0 on; NULL after the last. */
    struct node *(*nth)(struct node_host *h, size_t i);
    /* The node of that id died or hangs: those that follow it had better look where they stand. */
    void (*upstream_lost)(struct node_host *h, const char *id);
    /* The node of that id listens in another way than before: the links of those that follow it end. */
    void (*upstream_listens)(struct node_host *h, const char *id);
    /* True while a node that follows that one has data to load that its last stop saved, or has data that serve may not know of. */
    bool (*followers_bring)(struct node_host *h, const char *id);
    /* True while some node is switching: to start a process takes so long that this comes first. */
    bool (*switching)(struct node_host *h);
    uint64_t known;        /* ms of the loop's clock: serve has looked at a sighting of that moment; 0: at none yet */
    int64_t stop_limit_ms; /* how long a node may take to save its data where everything stops; 0: for ever */
    struct shelf *shelf;   /* where its snapshots go and come from */
    struct reservations *reservations;
    /* True if a link of this agent listens there. */
    bool (*has_link)(struct node_host *h, const char *address, int64_t port);
};

/* The id is a proper one. Adopts the process that runs in the node's folder, if there is one. */
struct node *node_open(struct node_host *h, const char *id);
/* How the node shall be from now on: node_wake() makes it so. The order stays the caller's and must live until the next call.
 * NULL: it shall not be at all. */
void node_order(struct node *n, const struct proto_node_order *o);
/* Ends the process, its data saved, and lets it rest whatever the order says. */
void node_stop(struct node *n);
/* Ends the process at once. */
void node_kill(struct node *n);
/* To be called about once a second: keeps the log of its process from growing for ever. */
void node_bound_log(struct node *n);
/* To be called about once a second: keeps room for what its engine writes on a full disk. */
void node_keep_room(const struct node *n);
/* To be called every BEAT_MS, for all nodes at once; 'ask': it is its turn to be asked where it stands, if it is not asked anything. */
void node_beat(struct node *n, bool ask);
/* Its order changed, or somebody else did: the upstream that this node waits for may be ready. */
void node_wake(struct node *n);
/* True for one that node_wake() would have do nothing, unless its upstream has changed. */
bool node_rests(const struct node *n);
/* True where it, or its order, has changed since node_settle(). */
bool node_is_stirred(const struct node *n);
void node_settle(struct node *n);
/* Gives up a node without a process; its memory goes a turn of the loop later. */
void node_close(struct node *n);
bool node_is_running(const struct node *n);
/* Asks the node at once where it stands, because its upstream is in trouble. */
void node_look(struct node *n);
/* From now on it tells its clients that list of nodes (discovery.h), if they ask nodes for it. */
void node_publish(struct node *n, int64_t version, const char *list);
/* Has it make its link to its upstream again, because that one listens in another way now. */
void node_relink(struct node *n);
/* True until node_look() has its answer, for a moment at most. */
bool node_is_looking(const struct node *n);
/* True while it takes another role or address, for a moment at most. */
bool node_is_switching(const struct node *n);
/* True for an adopted process that did not yet say what it is. */
bool node_is_unknown(const struct node *n);
/* To be called whenever the host's 'known' has changed. */
void node_stored(struct node *n);
/*
 * True while serve may not know yet that its process is there with its data: it has heard nothing from this agent, or nothing since
 * the process was ready. It stays so for a moment: orders may still be those that serve gave before it knew.
 */
bool node_is_news(const struct node *n);
/* True once nothing is left of a node that is not ordered any more: time to close it. */
bool node_is_gone(const struct node *n);
/* True if a replica of this node could synchronise now. */
bool node_can_feed(const struct node *n);
/* True if that is its address by its order. */
bool node_is_at(const struct node *n, const char *address, int64_t port);
/* True while its process has told, through its own socket, that it is there. */
/* 0 where it is not ready. */
pid_t node_ready_process(const struct node *n);
bool node_is_ready(const struct node *n);
const char *node_id(const struct node *n);
/* The id of the node that this one is ordered to follow, or NULL. */
const char *node_upstream(const struct node *n);
/* True from a stop that saved its data until it has loaded them. */
bool node_is_to_load(const struct node *n);
/* Fills 'out'; strings live as long as the node does not step. */
void node_see(const struct node *n, struct proto_node_seen *out);
