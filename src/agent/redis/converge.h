#pragma once
#include "agent/redis/info.h"
#include "agent/redis/lockout.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * Decides what a running node needs next so that it becomes what its order says.
 * Pure: the order and what is known of the node in, one step out; the node takes the
 * step, learns from the answer and asks again, until there is nothing left.
 */

enum fence {
    FENCE_UNKNOWN, /* an adopted node: its last agent may have fenced it */
    FENCE_OFF,
    FENCE_QUIET,  /* no PING enters the replication stream, writes are not held (yet or any more) */
    FENCE_PAUSED, /* writes are held; the offset was not read since */
    FENCE_ON,     /* writes are held and the offset stands */
};

enum step {
    STEP_NONE,        /* the node is as ordered */
    STEP_WAIT,        /* for its upstream */
    STEP_WAIT_OFFSET, /* for what it replicates to reach promote_offset */
    STEP_READ,        /* INFO replication */
    STEP_RELEASE,     /* give up the addresses that are not in the order */
    STEP_DROP,        /* close what is still connected to an address that was given up */
    STEP_SECRET,      /* know the passwords of its peers */
    STEP_CERTIFY,     /* have the certificate of the order read */
    STEP_LISTEN,      /* with TLS, without, or behind a splitter */
    STEP_ENCRYPT,     /* say whether the next link to an upstream is encrypted */
    STEP_RELINK,      /* close the link, so that it is made again */
    STEP_WRITE_CONF,  /* replace redis.conf */
    STEP_FOLLOW,      /* REPLICAOF host port; CLUSTER REPLICATE in a Redis Cluster */
    STEP_PROMOTE,     /* REPLICAOF NO ONE; CLUSTER FAILOVER TAKEOVER in a Redis Cluster */
    STEP_SOURCE,      /* in a Redis Cluster: name the address in another region that the shard's primary follows, or none */
    STEP_QUIET,       /* stop the PINGs in the replication stream */
    STEP_PAUSE,       /* hold writes */
    STEP_UNPAUSE,
    STEP_LOUD,          /* let the PINGs go on */
    STEP_LOCK_OUT,      /* refuse all writes, before it becomes primary */
    STEP_LET_IN,        /* refuse them no more: they are held, or it takes them */
    STEP_TAKE,          /* listen on all ordered endpoints, or on what it had before one was refused */
    STEP_ACCESS,        /* make the next user what the order says, or delete those that are not in it */
    STEP_SET,           /* the next setting */
    STEP_WEIGH,         /* ask how much memory it uses */
    STEP_CLIENTS,       /* ask whether clients are blocked */
    STEP_CLUSTER_INFO,  /* of a node of a Redis Cluster: whether it finds every slot served */
    STEP_CLUSTER_NODES, /* whom it knows, and who has which slots */
    STEP_CLUSTER_SLOTS, /* whom it names to clients */
    STEP_MEET,          /* introduce itself to a node of the map */
    STEP_FORGET,        /* forget one that is not in it */
    STEP_MEND,          /* a slot in flight has another node at its other end now, or is in flight no more */
    STEP_CLAIM,         /* take slots that are its own and that nobody has */
    STEP_ANNOUNCE,      /* tell clients of another host, or of its address again */
    STEP_PATIENCE,      /* the Redis Cluster is formed: suspect nobody as soon as while it was not */
    STEP_STIR,          /* have the stream say something: Redis does not name replicas that got nothing yet */
    STEP_HAIL,          /* a replica has data: have all other nodes know, since Redis does not name one that has none */
    STEP_SAVE,          /* begin to write a snapshot */
    STEP_SAVE_LOOK,     /* ask whether it is at work still */
    STEP__COUNT
};

struct node_now {
    struct replication_info info;
    bool info_old;                  /* what was done since may have changed it */
    const struct string_list *held; /* endpoints it listens on */
    bool dropping;                  /* connections to released endpoints are still to be closed */
    bool relisten;                  /* it may listen nowhere, since an endpoint was refused */
    enum fence fence;
    enum lockout lockout;
    bool conf_stale;                                        /* redis.conf is not what the order says */
    bool certificate_stale, listens_otherwise, links_stale; /* the same of what belongs to encryption in transit */
    bool secret_stale;                                      /* its peers' passwords are not known to be the order's */
    bool encryption_blocked;                                /* one of these steps was refused just now */
    bool relink;                                            /* the link to its upstream is not what it shall be */
    bool access_stale;                                      /* the engine's users are not known to be the order's */
    bool bar_stale;               /* clients can lift a fence that is ordered, or can't where there is none */
    bool settings_stale;          /* settings of the order's generation are not all in force */
    bool weigh_due;               /* the order asks how much memory it uses */
    bool take_blocked;            /* an endpoint was refused just now */
    bool save_due, save_look_due; /* a snapshot is to be begun, or asked after */
    bool other_process;           /* the order to become primary is for another than this one */
    bool upstream_ready;          /* nobody this agent runs, or one that can be followed */
    bool shard_primary;           /* in a Redis Cluster, by its table */
    bool unable;                  /* to follow another region, which it is to do */
    bool attached;                /* a primary in its Redis Cluster, though it follows another region */
    bool has_source;              /* in a Redis Cluster: it knows an address in another region */
    bool source_stale;            /* in a Redis Cluster: the address in another region is not known to be the order's */
};

enum step converge(const struct proto_node_order *o, const struct node_now *now);
const char *step_name(enum step s);
