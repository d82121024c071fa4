#pragma once
#include "agent/os/backoff.h"
#include "agent/redis_cluster/cluster_view.h"
#include "agent/node/converge.h"
#include "agent/engine/engine.h"
#include "agent/node/node.h"
#include "agent/os/proc.h"
#include "agent/forwarder/split.h"
#include "agent/redis/tls.h"
#include "base/err.h"
#include <limits.h>
#include <nettle/sha2.h>
/* What the files of a node share, and nobody else sees. Times are in ms of the loop's clock. */

enum node_state {
    NODE_REST,  /* no process: waits for an order, its upstream, or the end of the back-off */
    NODE_BOOT,  /* a process: waits for it to take a connection */
    NODE_GREET, /* connected: waits for it to tell who it is */
    NODE_UP,    /* known: becomes, and then is, what the order says */
    NODE_STOP,  /* told to end: waits for its exit, or the deadline */
    NODE_GONE,  /* its folder is deleted: waits for another order */
    NODE_CLOSED
};

/* WANT_AGAIN: the process shall end, and another start. */
enum node_want { WANT_NOTHING, WANT_RUN, WANT_AGAIN, WANT_STOP, WANT_GONE };

/* Why there is no process although there should be one. */
enum node_trouble { TROUBLE_NONE, TROUBLE_EXITED, TROUBLE_CONFLICT, TROUBLE_BROKEN };

/* The question that waits for its answer: one at a time. */
enum node_ask {
    ASK_NONE,
    ASK_AUTH,
    ASK_PING,
    ASK_SERVER,
    ASK_WEIGHT,
    ASK_PORTS,
    ASK_BIND,
    ASK_CLUSTER,
    ASK_NODES,
    ASK_WHOLE,
    ASK_STEP,
    ASK_COMPARE
};

/* What a node of a cluster is known to see of it. */
struct cluster_life {
    struct cluster_view view;
    struct proto_cluster_seen seen; /* what is told of that; strings belong to 'told' */
    struct arena told;
    enum role role;   /* its own, when the view was asked for */
    uint64_t pulse;   /* of the host, then */
    uint64_t serial;  /* of the map that the view was held against */
    int64_t read_at;  /* when it was asked for */
    bool stale;       /* something was done or seen that may have changed it */
    bool whole;       /* cluster_state is ok */
    bool answered;    /* CLUSTER INFO was, CLUSTER NODES is next */
    int64_t count;    /* how many nodes CLUSTER INFO told */
    bool doubted;     /* the last answer to CLUSTER NODES was none: the view is an older one */
    bool mended;      /* slots in flight were, since the view was read */
    bool slots_asked; /* CLUSTER SLOTS was, since the view was read */
    bool complete;    /* CLUSTER SLOTS named every replica since the view last disagreed */
    bool fine;        /* the last view that is whole was as the map says; and when that was: */
    uint64_t fine_pulse, fine_serial;
    bool from_phantom; /* it was started as a replica of one */
    bool unclaimed;    /* slots that are its own were nobody's when the view was read */
    bool claim;        /* and the time before, too */
    bool unfollowing;  /* INFO replication calls it a master, or did not say yet */
    bool orphan;       /* and yet it is a replica: of a phantom */
    int64_t patience;  /* cluster-node-timeout in ms, once it is the one that lasts; else 0 */
    int64_t stir_at;   /* when the replication stream may be stirred again */
};

/* Why nobody gets an answer from a process that lives. */
enum blocked { BLOCKED_NOT, BLOCKED_BUSY, BLOCKED_PAUSED };

/* Whether the engine's users are kept from lifting a fence. */
enum bar { BAR_NONE, BAR_PARTLY, BAR_SET };

/* What is known of one process; forgotten with it. */
struct life {
    bool ready; /* it answers, and its role is known */
    bool hung;
    int misses;         /* beats that saw no answer */
    struct rconn *poke; /* by which it is found out whether it does not answer or only must not; NULL: none */
    int unanswered;     /* beats that saw no answer to a question, and no other than BUSY */
    bool must_not;      /* since then, a poke was answered */
    bool says_busy;     /* and BUSY was */
    enum blocked blocked;
    struct rconn *try; /* on which something is asked that may write, to find out whether writes are held up; NULL: nothing is */
    int64_t held_at;   /* when to look again whether that is to be found out */
    bool held_up;      /* they are, by a client */
    bool migrating;    /* it waits for the node that it gives keys to: that is work, too */
    bool info_old;     /* where it stands is to be read again before anything is decided */
    bool relink;       /* its link to its upstream is to be made again */
    bool links, linking; /* whether that link is encrypted, from the next one on; and what it was told */
    struct server_info server;
    struct replication_info info;
    int64_t look_until;         /* 0, or its upstream is in trouble: how far it has followed is read before anything is told */
    struct string_list held;    /* endpoints it listens on */
    struct string_list binding; /* endpoints it was asked to listen on */
    struct string_list missed;  /* those it was asked to listen on in vain, because somebody else holds one */
    struct string_list drop;    /* endpoints it gave up, with connections still to be closed */
    bool dropping_all;          /* its own address is among them, as it listens in another way now */
    enum fence fence;
    int64_t generation;       /* in force; -1: not known */
    size_t setting;           /* how many settings of the order's generation were sent */
    int64_t users_generation; /* in force; -1: not known */
    uint8_t secret[SHA256_DIGEST_SIZE], sent_secret[SHA256_DIGEST_SIZE]; /* hashes of its peers' passwords; zero: not known */
    int64_t rights_held_at; /* since when a script has kept them from being changed; 0: none has; INT64_MAX: its end was tried */
    size_t user;            /* how many users of the order's generation were sent */
    enum bar bar;           /* whether the users in force are kept from lifting a fence */
    bool barring;           /* and whether those that are being sent are */
    int64_t weighing, weighed; /* the order's question that was asked last, and that 'memory' answers; 0: none */
    struct memory_info memory;
    struct string_list pending; /* settings that take a restart */
    char refused[160];          /* what was said of the last setting that was refused; "" for none */
    int64_t eager_until;        /* until then, what does not yet link is asked often */
    int64_t nudge_at;           /* 0: the replica needs no nudge */
    int nudges;
    enum tls_mode listens, listening; /* how it does, and how it was told to; TLS_UNKNOWN: not known yet */
    int64_t encrypt_at;               /* something of its encryption could not be had: when to try again */
    uint8_t certificate[SHA256_DIGEST_SIZE], sent_certificate[SHA256_DIGEST_SIZE]; /* hashes; zero: not known */
    struct cluster_life cluster;
    bool saving;                 /* a snapshot is under way */
    char save_id[104];           /* which */
    int64_t save_since, save_at; /* since when; when to try to begin it */
    int64_t save_look_at;        /* when to ask whether it is at work still */
    long save_log_from;
    int64_t take_since, take_at; /* since when an endpoint is refused (0: it is not), and when to try again */
};

struct node;
struct seed_job;
struct fit_job;

/* What differs from engine to engine. */
struct node_ops {
    enum engine_kind kind;
    /* It saves its data where it is told to end so, and loads them at the next start. Without, 'written' and 'why_not_saved' are NULL. */
    bool keeps_data;
    /* Whether the order can be carried out at all: ERR_USAGE with one line that says what is wrong with it. */
    int (*check)(const struct proto_node_order *o, struct err *e);
    /* A checked order to run has come. */
    void (*ordered)(struct node *n);
    /* Writes what the process reads at its start. */
    int (*prepare)(struct node *n, struct err *e);
    /* Adds the program's arguments. */
    void (*args)(const struct node *n, struct string_list *out);
    /* The process was started as the order says, or is another agent's child. */
    void (*begin)(struct node *n);
    /* Starts to connect: node_connected() and node_lost() tell what comes of it. NULL where not even that was possible. */
    void *(*connect)(struct node *n);
    void (*disconnect)(void *conn);
    /* Asks the next question of those that make the process known; the last answer moves the node to NODE_UP. */
    void (*greet)(struct node *n);
    /* Known, and no question is open: what it needs next so that it is as ordered. */
    void (*up)(struct node *n);
    /* Asks where it stands. */
    void (*look)(struct node *n);
    /* Finds out whether one that owes an answer still turns its loop: then its misses are forgotten. NULL: nothing tells. */
    void (*poke)(struct node *n);
    /* Tells the process to end, with its data saved if n->ending.saves: the quickest way, which it may refuse. */
    void (*end)(struct node *n);
    /* How many bytes of its data it has written so far at its end. */
    int64_t (*written)(const struct node *n);
    /* Why it could not save its data yet: one line, "" where nothing tells. */
    void (*why_not_saved)(const struct node *n, char *out, size_t size);
    /* The setting that keeps it from starting, by what its log says; "" for none. */
    void (*wrong_setting)(const char *log, char name[64]);
    /* By what its log says, the data that it was to load can't be loaded. NULL: it loads none. */
    bool (*wrong_data)(const char *log);
    /* By what its log says, a rule of a user keeps it from starting, which is left out from now on. NULL: it knows no users. */
    bool (*wrong_rule)(struct node *n, const char *log);
};
extern const struct node_ops node_redis, node_memcached;

/* How a process that was told to end was told, and what came of it. */
struct ending {
    enum node_want want; /* what it is to end for */
    bool gently;         /* its data count */
    bool saves;          /* it is to save them */
    bool talks;          /* its connection stood */
    int asks;            /* how often it was told */
    int64_t since, ask_at;
    long log_from;     /* its log has its reasons from here on */
    int64_t written;   /* bytes of the file that it saves to, as it was last seen */
    int64_t wrote_at;  /* when it was last seen at work on that; 0: never */
    char refused[120]; /* what it answered; "": nothing */
    char why[160];     /* what is known of why it goes on; "": nothing */
};

struct node {
    struct node_host *host;
    const struct node_ops *ops; /* of the process, or else of the order */
    char *id, *dir;
    const struct proto_node_order *order;
    bool assigned; /* an assignment came: without an order, the node shall go */
    bool stopping; /* the agent stops */
    bool adopted;  /* the process is another agent's child, and was not ready yet in this one's eyes */
    bool
        moved; /* the process has another address than the order, was started from another program, or with another password than the order's */
    bool refused; /* the order makes no sense, so there is none */
    bool binds;   /* it was asked to listen on other addresses, and did not answer yet */
    bool conf_stale;
    bool died; /* its last process ended by itself, when the order was: died_role, died_incarnation */
    int state;
    uv_timer_t timer;
    struct proc *proc;
    void *conn;    /* the engine's; NULL while there is none */
    int unread;    /* answers that come before the one that is waited for, and say nothing */
    bool followed; /* another answer comes behind the one that is waited for */
    long log_from; /* where the process's own part of the log begins */
    struct life life;
    struct ending ending;
    enum node_ask ask;
    enum step step; /* of ASK_STEP */
    enum node_ask greeting;
    int64_t asked_at;
    int64_t connect_at, boot_since;
    int64_t greet_at;   /* when to greet again */
    int64_t read_at;    /* of the last INFO replication */
    int64_t hold_until; /* a step was refused: until then, only look */
    int64_t retry_at;
    enum node_trouble trouble;
    enum role died_role;              /* ROLE_UNKNOWN: there was none */
    int64_t died_incarnation;         /* -1: not known; then it is the next order's */
    int64_t spare_until, spare_limit; /* 0, or how long it stays dead so that others can load their data first */
    struct backoff backoff;
    struct string_list left_out;      /* settings of the order's generation that redis-server does not take */
    struct string_list unknown_rules; /* of users: those that redis-server knows nothing of */
    char reason[200];
    int64_t unsaved_ms; /* wall time of the last stop that lost its data; 0: none since a stop that kept them */
    int restarts;
    bool damaged;                            /* its saved data can't be loaded */
    int load_crashes;                        /* how often its engine fell over them */
    uint8_t conf_hash[SHA256_DIGEST_SIZE];   /* of redis.conf as it was last written */
    uint8_t certificate[SHA256_DIGEST_SIZE]; /* the order's, hashed */
    int inner_port;                          /* where a splitter's engine takes TLS; 0: none was needed yet */
    struct split split;
    struct seed_job *seed_job; /* NULL: nothing is under way */
    char seed_refused[200];    /* why the order's seed can't be used; "": it can, or is not known yet */
    struct fit_job *fit_job;   /* NULL: nothing is under way */
    bool fits;                 /* what it saved last is known to be of one database, or was made so */
    int64_t keys_left_out;     /* of what it saved last: those of other databases than 0, in cluster mode */
    int seed_kills;            /* how often the process was killed while it loaded its seed */
};

/* Its process was told to end: what it left may be loaded, and it did not die. */
#define NODE_SAVED "saved"
/* It was, and could not save its data: as old as the stop that lost them. */
#define NODE_UNSAVED "unsaved"
/* The process writes its pid there. */
#define NODE_PIDFILE "engine.pid"
/* What the process writes to its standard output and error. */
#define NODE_LOG "engine.log"

enum {
    EAGER_MS = 3000,
};

void node_step(struct node *n);
void node_move(struct node *n, int to);
int64_t node_now(const struct node *n);
/* node_step() again after at most 'ms'. */
void node_timer(struct node *n, int64_t ms);
void node_changed(struct node *n);
/* A line of the trace that its order is part of, if it is; never with the values of settings or passwords. */
void node_trace(const struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line, cut to its size; "" for none. Tells of a change. */
void node_reason(struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* It has no process though it should have one: that died, or can't be started. */
bool node_is_down(const struct node *n);
/* Its order to become primary is for the data of a process that it does not have (any more). */
bool node_is_for_another(const struct node *n);
/* False while the order says to follow a node of this agent that can't be followed yet. */
bool node_upstream_ready(const struct node *n);
/* The connection stands: time to greet, beginning with this question. */
void node_connected(struct node *n, enum node_ask first);
/* The connection is gone, and not by disconnect(). */
void node_lost(struct node *n);
/* It answered; where that means that it can be used: */
void node_became_ready(struct node *n);

/* watch.c: tells whether the process answers */
void node_set_hung(struct node *n, bool hung);
/* It has answered as it shall. */
void node_answered(struct node *n);
/* It has just told where it stands. */
void node_looked(struct node *n);

/* Closes the connection, if there is one; node_lost() is not called. */
void node_drop_conn(struct node *n);
/* The order wants another process than this one. */
bool node_is_outdated(const struct node *n);

/* order.c: those of the engine that the order asks for */
const struct node_ops *node_ops_of(const struct proto_node_order *o);

/* end.c: the process is told to end, as what is wanted instead needs it; what is done while it has not; and it has. */
void node_begin_end(struct node *n, enum node_want want);
void node_await_end(struct node *n, enum node_want want);
/* True while it is to end with its data saved, and is at work on that. */
bool node_is_saving(const struct node *n);
/* It has answered that it does not end; with 'at_once' it is told again without a pause. Ends in node_step(). */
void node_refused_to_end(struct node *n, const char *why, bool at_once);
void node_exited(void *arg, int status, int signal);

/* reserve.c: its process is about to be started; to be asked to listen on 'held' and 'binding'; it listens, or will not; it
 * has ended. A node without an order has nothing to lend. */
void node_lend_start(struct node *n);
void node_lend_bind(struct node *n);
void node_lend_back(struct node *n);
void node_reserve(struct node *n);
/* True for a replica that would follow a stranger in its upstream's place. */
bool node_is_misled(const struct node *n);

/* spawn.c: the process and its folder */
int node_spawn(struct node *n, struct err *e);
/* The engine and version that the order asks for: "redis 7.1.0". */
void node_asked(const struct proto_node_order *o, char *out, size_t size);
void node_adopt(struct node *n);
int node_delete(struct node *n, struct err *e);
/* From here on what the process leaves when it ends is to be loaded again; what was left before is not. */
void node_mark_saved(struct node *n);
void node_drop_saved(struct node *n);
/* True from then on once the data are written, until they were loaded. The mark alone says that an agent before this one had begun to
 * have them saved. */
bool node_has_saved(const struct node *n);
/* The process did not save its data when it was told to: they are lost, and every agent from now on tells so. */
void node_mark_unsaved(struct node *n);
/* Learns of such a mark of an agent before. */
void node_find_unsaved(struct node *n);
/* How much the engine has logged. */
long node_log_size(const struct node *n);
/* A child that still writes a snapshot must not put it in the place of what the process saves at its end, or loads at its start. */
void node_drop_unfinished(const struct node *n);
/* The process is ready: what it loaded must not be loaded again after a crash. */
void node_data_loaded(struct node *n);
/* damaged.c: the process ended while it loaded what the node's last stop saved. True if that was the reason, which is told then. */
bool node_data_is_to_blame(struct node *n, int signal, const char *why);
/* A replica does without saved data that can't be loaded. */
void node_put_damaged_aside(struct node *n);
/* Notes a process that ended while no agent was looking. */
void node_account(struct node *n);
/* The process ended: puts what its log says of the reason into 'out', if it says anything. True if its address was somebody else's. */
bool node_last_words(struct node *n, char *out, size_t size);
/* The process would not start with one of its settings: leaves it out of the next start. False if that was not the reason. */
bool node_leave_out(struct node *n);
/* Gives up what 'l' owns; it is zeroed then. */
void node_life_clear(struct life *l);

/* The file's path in the node's folder. */
const char *node_path(const struct node *n, const char *file, char out[PATH_MAX]);
bool node_has_file(const struct node *n, const char *file);
void node_unlink(const struct node *n, const char *file);
