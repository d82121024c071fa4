#pragma once
#include "agent/node/state.h"
#include "agent/redis_cluster/cluster_host.h"
#include "agent/redis_cluster/cluster_map.h"
#include "agent/redis_cluster/cluster_view.h"
#include "agent/redis_cluster/strays.h"
#include "base/arena.h"
#include "base/host.h"
struct redis;
/* What a node of a Redis Cluster is known to see of it, and what others may know of that. */

enum {
    SOURCE_SIZE = 80, /* of "HOST PORT" */
    ANNOUNCED_SIZE = 64 + HOST_TEXT_SIZE,
};

/* How it is to become primary of its shard; slots.c has what is sent. */
enum rise {
    RISE_ALONE,    /* it takes its shard over, and takes writes */
    RISE_ATTACHED, /* it takes its shard over, and follows another region as its primary */
    RISE_LEAVING,  /* it follows another region as its primary, and follows nobody from then on */
    RISE_LOOKS,    /* not yet: which slots it has keys of was asked first */
};

/* What is asked of it: cluster_see.c has the moves. */
enum view_state { VIEW_REST, VIEW_INFO, VIEW_NODES, VIEW_SLOTS };

struct cluster_state {
    struct cluster_view view;
    int asks;                       /* enum view_state */
    struct proto_cluster_seen seen; /* what is told of that; strings belong to 'told' */
    struct arena told;
    enum node_role role; /* its own, when the view was asked for */
    uint64_t pulse;      /* of the host, then */
    uint64_t serial;     /* of the map that the view was held against */
    int64_t read_at;     /* when it was asked for */
    bool stale;          /* something was done or seen that may have changed it */
    bool whole;          /* cluster_state is ok */
    int64_t count;       /* how many nodes CLUSTER INFO told */
    bool doubted;        /* the last answer to CLUSTER NODES was none: the view is an older one */
    bool mended;         /* slots in flight were, since the view was read */
    bool complete;       /* CLUSTER SLOTS named every replica since the view last disagreed */
    bool fine;           /* the last view that is whole was as the map says; and when that was: */
    uint64_t fine_pulse, fine_serial;
    bool from_phantom;              /* it was started as a replica of one */
    bool newborn;                   /* it is the first process of its shard's primary, and was started with the shard's slots */
    int64_t barred_since;           /* ms: since when it may not follow, having keys and no slots; 0: it is not so */
    bool unclaimed;                 /* slots that are its own were nobody's when the view was read */
    bool claim;                     /* and the time before, too; or it has been outvoted for long */
    int64_t outvoted_since;         /* somebody knows a holder of its slots by a later epoch than its own; 0: nobody does */
    bool unfollowing;               /* INFO replication calls it a master, or did not say yet */
    bool orphan;                    /* and yet it is a replica: of a phantom */
    bool announces;                 /* it has been told so: */
    char announced[ANNOUNCED_SIZE]; /* where it is met, and the host that clients are told, a space between */
    size_t awaited;                 /* where the map has a node that was not ready when it was last looked for */
    int64_t patience;               /* cluster-node-timeout in ms, once it is the one that lasts; else 0 */
    char source[SOURCE_SIZE];       /* the address in another region that the process knows, see source.h; "": none */
    char asked_source[SOURCE_SIZE]; /* what it was told last */
    enum rise rise;                 /* how it was told to become primary last */
    struct strays strays;
    char unable[120]; /* why it can follow no other region; "": it can */
    bool hailed;      /* the others have heard of it since it has data */
    int64_t stir_at;  /* when the replication stream may be stirred again; 0: it never was */
};

void *cluster_state_new(void);
void cluster_state_free(void *state);
/* Nothing is known of the node's process any more. */
void cluster_state_forget(void *state);

/* Of a node that is a redis-server. */
struct cluster_state *cluster_of(const struct node *n);
struct cluster_host *cluster_host_of(const struct node *n);
/* The map of the Redis Cluster that its order names; NULL where there is none. */
const struct cluster_map *cluster_map_of(const struct node *n);
/* The address at which other nodes of its Redis Cluster are to meet it. */
const char *cluster_meeting_address(const struct node *n);
/* It is being told to announce that, and the host that its order names. */
void cluster_announce(struct node *n);
/* Whether its process announces what it shall. */
bool cluster_announces(const struct node *n);
/* Its entry there; NULL where it has none. */
const struct proto_cluster_node *cluster_entry_of(const struct node *n);

/* The node of that order, if it is a redis-server; else NULL. */
struct node *cluster_find(struct node_host *h, const char *order);
/* The same, if it is ready and answers. */
const struct node *cluster_find_ready(struct node_host *h, const char *order);
/* Whether it follows another region, as a primary of its Redis Cluster. */
bool cluster_is_attached(const struct node *n);
/* Whether it is a primary by its own INFO, or one that follows another region. */
bool cluster_is_primary(const struct node *n);
/* A step was refused because of something that will have changed before long. */
void cluster_try_again(struct node *n);
/* How soon it is tried: often while it is young. */
bool cluster_is_eager(const struct node *n);
