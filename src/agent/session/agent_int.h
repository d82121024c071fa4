#pragma once
#include "agent/session/agent.h"
#include "agent/redis_cluster/cluster_map.h"
#include "agent/session/dial.h"
#include "agent/engine/engine.h"
#include "agent/forwarder/link.h"
#include "agent/node/node.h"
#include "agent/snapshots/shelf.h"
#include "agent/redis/host.h"
#include "agent/redis_cluster/cluster_host.h"
#include "agent/redis_cluster/slot_mover.h"
#include "base/arena.h"
#include "base/index.h"
#include <sys/stat.h>
/* What agent.c (the life of the process) and assignment.c (orders in, sightings out) share. */

struct agent {
    const struct agent_options *o;
    uv_loop_t loop;
    uv_prepare_t before_wait; /* once per turn of the loop: whatever changed is told once */
    uv_signal_t sigterm, sigint;
    uv_timer_t tick, beat;
    struct node_host node_host;
    struct redis_host redis_host;
    struct cluster_host cluster_host;
    struct slot_mover_host mover_host;
    struct link_host link_host;
    struct engine_map engines;
    struct dial *dial;
    struct node **nodes;
    struct link **links;
    size_t n_nodes, n_links;
    struct index node_index; /* the nodes by id */
    struct arena orders[2];  /* the assignment that nodes point into, and room for the next */
    int current;
    struct cluster_map *clusters; /* of the assignment, and in its arena */
    size_t n_clusters;
    struct slot_mover **movers; /* of clusters that have slots to move */
    size_t n_movers;
    uint64_t cluster_serial; /* the last that a map was given */
    int64_t version;         /* of the assignment; 0: none yet */
    uint64_t quiet_until;    /* ms of the loop's clock: until then, adopted nodes may keep us from telling anything */
    char *trips;             /* as they were last armed */
    struct stat dir;
    int lock;      /* the descriptor that holds AGENT_LOCK */
    bool dirty;    /* something that a sighting tells has changed */
    bool stopping; /* every node stops, then the agent */
    bool stopped;  /* the last sighting is on its way */
    struct err end;
};

/* Applies an assignment: the version, or -1 if it is of no use. */
int64_t agent_assign(struct agent *a, const char *json, size_t len);
void agent_sighting(struct agent *a, struct buf *out);
/* Makes room for a node, and adopts what runs in its folder. */
struct node *agent_add_node(struct agent *a, const char *id);
struct node *agent_find_node(const struct agent *a, const char *id);
/* To be called when nodes were taken out of the list. */
void agent_index_nodes(struct agent *a);
const struct cluster_map *agent_find_cluster(const struct agent *a, const char *group);
struct slot_mover *agent_find_mover(const struct agent *a, const char *group);
/* Moves slots where there are some to be moved; a mover without work goes. */
void agent_move_slots(struct agent *a);
/* Lets every node look at its order, and at the others. */
void agent_wake(struct agent *a);
/* Stops every node, then the agent. */
void agent_stop(struct agent *a, const char *why);
