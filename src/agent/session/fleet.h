#pragma once
#include "agent/engine/engine.h"
#include "agent/forwarder/link.h"
#include "agent/node/node.h"
#include "agent/redis_cluster/cluster_host.h"
#include "agent/redis_cluster/cluster_map.h"
#include "agent/redis_cluster/slot_mover.h"
#include "agent/session/account.h"
#include "agent/session/agent.h"
#include "agent/session/assembly.h"
#include "agent/session/engines.h"
#include "agent/snapshots/shelf.h"
#include "base/arena.h"
#include "base/index.h"
/*
 * Everything that an agent looks after: the nodes, links, snapshots and slot movers of its region. The fleet finds them for each
 * other, and notes that something has changed; an assignment (assignment.h) tells how they shall be, a sighting (sighting.h) how
 * they are, and the agent (agent.c) gives them their turns.
 */
struct fleet {
    const char *region;
    uv_loop_t *loop;
    struct node_host node_host;
    struct engine_hosts engine_hosts;
    struct cluster_host cluster_host;
    struct slot_mover_host mover_host;
    struct link_host link_host;
    struct engine_map engines;
    struct node **nodes;
    struct link **links;
    size_t n_nodes, n_links;
    struct index node_index;  /* the nodes by id */
    struct assembly assembly; /* of the assignment */
    struct account account;   /* of the sightings */
    struct arena orders[2];   /* the assignment that nodes point into, and room for the next */
    int current;
    struct cluster_map *clusters; /* of the assignment, and in its arena */
    size_t n_clusters;
    struct slot_mover **movers; /* of Redis Clusters that have slots to move */
    size_t n_movers;
    uint64_t cluster_serial; /* the last that a map was given */
    int64_t version;         /* of the assignment; 0: none yet */
    uint64_t quiet_until;    /* ms of the loop's clock: until then, adopted nodes may keep us from telling anything */
    uint64_t told;           /* ms of the loop's clock: of the last sighting */
    char *trips;             /* as they were last armed */
    size_t beats;            /* so far */
    bool changed;            /* something that a sighting tells */
    bool stopping;           /* every node stops, then the agent */
    bool stopped;            /* the last sighting is on its way */
};

/* The loop and the options must outlive it; the data directory exists. */
void fleet_init(struct fleet *f, uv_loop_t *loop, const struct agent_options *o);
/* Gives up everything in it; processes of nodes live on. Memory goes a few turns of the loop later. */
void fleet_close(struct fleet *f);
/* To be called once the loop has ended. */
void fleet_fini(struct fleet *f);

/* Makes room for a node, and adopts what runs in its folder. */
struct node *fleet_add_node(struct fleet *f, const char *id);
struct link *fleet_add_link(struct fleet *f, const char *id);
struct node *fleet_find_node(const struct fleet *f, const char *id);
/* To be called when nodes were taken out of the list. */
void fleet_index_nodes(struct fleet *f);
/* The map of the replication group's Redis Cluster, and what moves its slots; NULL where there is none. */
const struct cluster_map *fleet_find_cluster(const struct fleet *f, const char *id);
struct slot_mover *fleet_find_mover(const struct fleet *f, const char *id);
/* Moves slots where there are some to be moved; a mover without work goes. */
void fleet_move_slots(struct fleet *f);
/* Serve has stored the sighting that was told last. */
void fleet_stored(struct fleet *f);
/* Lets every node that may have to look at its order, and at the others. */
void fleet_wake(struct fleet *f);
/* To be called every BEAT_MS: nodes are asked where they stand, a hundred at a time, and slots are moved. */
void fleet_beat(struct fleet *f);
/* Closes the nodes of which nothing is left. */
void fleet_close_gone_nodes(struct fleet *f);
bool fleet_any_running(const struct fleet *f);
/* False while more is about to be known, for a moment. */
bool fleet_may_report(struct fleet *f);
/* Stops every node; 'why' is logged. Done again, it does nothing. */
void fleet_stop(struct fleet *f, const char *why);
