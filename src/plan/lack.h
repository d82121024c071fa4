#pragma once
#include "plan/world.h"
/*
 * What a node, an endpoint or a whole resource lacks to be as the rows want it: the reasons behind want_in_force() and its like,
 * and behind every status that is not 'available' yet. A rule that only has to know whether all is in force stops at the
 * first; why.h tells all of them in sentences.
 */
enum lack {
    LACK_NOTHING,
    LACK_END,        /* it shall not run, and its process or its data are still there */
    LACK_PROCESS,    /* that answers */
    LACK_RESTART,    /* the restart that was asked for */
    LACK_CLUSTER,    /* of Redis Cluster: a sound view, with all of its nodes */
    LACK_VERSION,    /* its process runs for another engine version */
    LACK_ENDPOINT,   /* a floating address that it shall hold, or the forwarder of one */
    LACK_FENCE,      /* its writes are not held */
    LACK_WRITES,     /* its writes are held still */
    LACK_ROLE,       /* it tells none */
    LACK_PRIMARY,    /* the role */
    LACK_REPLICA,    /* the role */
    LACK_LINK,       /* to the upstream that is wanted */
    LACK_USERS,      /* as they are now */
    LACK_ENCRYPTION, /* as it is to be */
    LACK_SETTINGS,   /* the values of its parameter group */
    LACK_UPDATE,     /* of the whole: a service update is under way */
    LACK_LOGS,       /* delivered as they are to be */
    LACK_STEP,       /* a status of its own that is under way */
    LACK_SLOTS,      /* of a replication group in cluster mode: slots at rest, and nodes that agree about them */
    LACK_ROOM,       /* of a change of the node type: whether the data fit is not known yet */
    LACK_DATASTORE,  /* of a member: it has not joined yet, or not left */
    LACK_NODES,      /* of a memcached cluster: the number asked for */
};

struct lack_item {
    struct lack_item *next;
    enum lack lack;
    const struct world_node *node;         /* or */
    const struct world_endpoint *endpoint; /* or neither: of the whole */
};

/* Zeroed, it only counts, and is full after one. */
struct lacks {
    struct arena *arena; /* to keep all items in; NULL: keep none */
    size_t n;
    struct lack_item *first, **end;
};

/* LACK_NOTHING adds nothing. */
void lacks_add(struct lacks *l, enum lack lack, const struct world_node *n, const struct world_endpoint *e);
/* True while there is reason to look on. */
bool lacks_want_more(const struct lacks *l);

/* The node of a replication group: how it shall be, its users, its encryption. */
enum lack node_lack(struct world *w, struct world_rg *rg, struct world_node *n);
/* What keeps a replication group from being available. */
void rg_find_lacks(struct world *w, struct world_rg *rg, struct lacks *l);
/* What keeps a stand-alone cluster from being available. */
void cluster_find_lacks(struct world *w, struct world_cluster *c, struct lacks *l);
/* Which nodes of the replication group don't have its users as they are now. */
void rg_find_users_lacking(struct world *w, struct world_rg *rg, struct lacks *l);
/* The same of all replication groups that have the user group. */
void user_group_find_lacks(struct world *w, const struct world_user_group *g, struct lacks *l);
