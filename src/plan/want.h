#pragma once
#include "plan/lack.h"
#include "plan/world.h"
/*
 * How a node and a gateway shall be, derived from the rows alone: used to write
 * assignments and to judge whether a sighting shows what was wanted. Nothing of
 * this is stored, so it can't disagree with the rows.
 */
enum { WANT_ENDPOINTS = 2 }; /* the primary's and the readers' */

struct want_node {
    bool primary; /* accepts writes, once it may (promote_offset); until then, or else, it follows 'upstream_address' */
    const char *upstream_address; /* NULL: it follows nobody */
    int64_t upstream_port;
    const char *upstream_node;             /* the upstream's id where it runs in the same region, else NULL */
    const char *endpoints[WANT_ENDPOINTS]; /* the floating addresses it shall listen on too */
    size_t n_endpoints;
    bool fence;                 /* hold writes and let the replication offset stand still */
    int64_t count_from;         /* count the writes from this offset of its stream on; 0: none */
    int64_t promote_offset;     /* become primary only at this offset; -1: at once */
    bool hold;                  /* once dead, stay dead until the order changes: a replica may have taken its place */
    bool takeover;              /* cluster mode: become primary though the shard's others have not elected it */
    const char *source_address; /* cluster mode: the gateway that the shard's primary follows; NULL: it takes writes */
    int64_t source_port;
};

/* A node of a stand-alone cluster is a primary that nobody follows. */
struct want_node want_node(struct world *w, struct world_node *n);

/*
 * The node that listens on the reader endpoint itself, as nobody else is to serve reads of
 * 'ng': its only replica, or the primary where there is none. NULL where a forwarder does: it
 * spreads connections over two or more replicas, stands in for one that can't serve, and is
 * what ports mode has. How many replicas there are to be decides, not how many live. To listen
 * elsewhere costs an engine the connections it is about to accept, so a primary does not take
 * the endpoint from its replica; one that was the replica keeps it until the new one can serve.
 * In a Redis Cluster it is always the primary: replicas send clients away that don't know Redis Clusters.
 */
struct world_node *want_reader(struct world *w, struct world_rg *rg, const struct world_node_group *ng);

/* True for an endpoint that is an address of a node, and not a forwarder's. Ports mode has none of the kind. */
bool want_floats(struct world *w, struct world_rg *rg, const struct world_endpoint *e);

/* Old data are better than none: without a primary that answers, a replica that lost its link goes on. */
bool want_in_step(const struct world *w, const struct world_node *n);

/* True where the node listens on all floating endpoints that it shall have. */
bool want_holds_endpoints(struct world *w, struct world_node *n);

/* The node that a passive member's gateway for 'ng' leads to; NULL where the replication group is no passive member, or has no primary yet. */
struct world_node *want_gateway_target(struct world_rg *rg, const struct world_node_group *ng);

/* True while automatic failover is on, or being turned on. */
bool want_failover(const struct world_rg *rg);

/*
 * True where a dead primary is started again where it died, whoever could take its place: it has whatever it acknowledged on its disk, and a
 * replica may not. So it is with the durability sync.
 */
bool want_recovers_itself(const struct world_rg *rg);

/*
 * True where a replica of its own region is to take the place of 'first' if that one is dead. One that holds nothing would empty all
 * others: it stands aside while another region has the data, or may bring them (want_awaits_secondary()).
 */
bool want_has_stand_in(struct world *w, const struct world_rg *rg, const struct world_node *first);

/* True for a replica that has not linked since its process was started, and loaded nothing then that it had saved as one. */
bool want_holds_nothing(const struct world_node *n);

/*
 * True while a replica of the dead 'first' loads what it saved when everything stopped: it may have got further than whoever was quicker to
 * load, or is elsewhere. It is done without after WANT_SAVED_MS.
 */
enum { WANT_SAVED_MS = 60000 };
bool want_awaits_saved(struct world *w, const struct world_node *first);

/*
 * True while a replica hangs, or starts, that may take the place of the dead 'first', and that may have more than whoever answers: one that
 * hangs is woken after WANT_ROUSE_MS. It is done without after WANT_SILENT_MS.
 */
enum { WANT_SILENT_MS = 8000 };
bool want_awaits_silent(struct world *w, struct world_rg *rg, const struct world_node *first);

/* True for the active replication group of a datastore while a failover takes its role away. */
bool want_hands_over(const struct world_rg *rg);

/* True for a node group of a datastore's active replication group whose data a secondary has at hand. */
bool want_has_ready_secondary(const struct world_rg *rg, const struct world_node_group *ng);

/* True for the replication group in the datastore's switch_region. */
bool want_is_switch_target(const struct world_rg *rg);

/* The process that was chosen to become primary ended before it did, and another one answers. */
bool want_other_process(const struct world_node *n);

/*
 * True while 'first', the dead primary of the active replication group, has to wait for what secondaries bring that are only just
 * starting: at most WANT_SECONDARY_MS, as long as an agent waits for replicas of its own region.
 */
enum { WANT_SECONDARY_MS = 60000 };
bool want_awaits_secondary(struct world *w, const struct world_rg *rg, const struct world_node *first);

/* The member in the datastore's switch_region, or NULL. */
struct world_member *want_switch_member(struct world_global *g);

/* True for a replication group that follows another region. */
bool want_passive(const struct world_rg *rg);

/* What the last sighting shows otherwise than it is wanted; the first of it where there is more. */
enum lack want_lack(struct world *w, struct world_node *n);
/* The same of its own orders alone, whatever its Redis Cluster lacks: a shard whose nodes are dead must not keep the others from a failover. */
enum lack want_orders_lack(struct world *w, struct world_node *n);

/* True where the last sighting shows the node just as wanted: it answers, has its role, its link is up, its endpoint bound, nothing held. */
bool want_in_force(struct world *w, struct world_node *n);

/* True for a process that has hung for WANT_ROUSE_MS, and that nobody can replace: if it was made to stand still, it is woken. */
enum { WANT_ROUSE_MS = 5000 };
bool want_rouse(const struct world *w, const struct world_node *n);
