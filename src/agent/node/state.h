#pragma once
#include "agent/engine/engine.h"
#include "agent/engine/role.h"
#include "agent/engine/server_info.h"
#include "agent/node/lifecycle.h"
#include "agent/node/node.h"
#include "agent/os/backoff.h"
#include "agent/os/proc.h"
#include "base/err.h"
/*
 * What a node keeps, whatever its engine: the files of node/ share it, and engines read it. What an engine alone keeps is behind
 * 'engine'. Times are in ms of the loop's clock.
 */

/* What serve orders because of a sighting is here this long after it has stored that. */
enum { ORDER_MOMENT_MS = 500 };

/* Why nobody gets an answer from a process that lives. */
enum blocked { BLOCKED_NOT, BLOCKED_BUSY, BLOCKED_PAUSED };

/* What is known of one process; forgotten with it. */
struct life {
    bool ready; /* it answers, and what it is is known */
    bool hung;
    int misses;     /* beats that saw no answer */
    int unanswered; /* beats that saw no answer to a question, and no other than BUSY */
    bool must_not;  /* since then, it was found to turn its loop */
    bool says_busy; /* and BUSY was an answer */
    enum blocked blocked;
    bool working; /* it does something that its agent gave it, which may take as long as it takes */
    struct server_info server;
    int64_t generation;         /* of the settings in force; -1: not known */
    struct string_list pending; /* settings that take a restart */
    char refused[160];          /* what was said of the last setting that was refused; "" for none */
};

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

/* Its seed on the way into its folder. */
enum seed_state { SEED_IDLE, SEED_WORK, SEED_REFUSED };
struct node_seed {
    int state;            /* enum seed_state */
    struct seed_job *job; /* of SEED_WORK */
    char refused[200];    /* of SEED_REFUSED: why the order's seed can't be used; else "" */
    int kills;            /* how often the process was killed while it loaded its seed */
};

/* Whether what it saved last is of one database, or was made so. */
enum fit_state { FIT_UNKNOWN, FIT_WORK, FIT_STALE, FIT_KNOWN };
struct node_fit {
    int state;           /* enum fit_state */
    struct fit_job *job; /* of FIT_WORK and FIT_STALE */
};

struct node {
    struct node_host *host;
    void (*step)(struct node *n);   /* node.c's, which whoever learns something calls: node_step() */
    const struct engine_kind *kind; /* of the process, or else of the order */
    void *engine;                   /* what the kind keeps of it */
    char *id, *dir;
    const struct proto_node_order *order;
    bool assigned; /* an assignment came: without an order, the node shall go */
    bool stopping; /* the agent stops */
    bool adopted;  /* the process is another agent's child, and was not ready yet in this one's eyes */
    bool
        moved; /* the process has another address than the order, was started from another program, or with another password than the order's */
    bool refused; /* the order makes no sense, so there is none */
    bool died;    /* its last process ended by itself, when the order was: died_role */
    enum node_state state;
    uv_timer_t timer;
    struct proc *proc;
    void *conn;    /* the engine's; NULL while there is none */
    bool asking;   /* a question waits for its answer */
    bool stirred;  /* something that a sighting tells has changed, or its order, since node_settle() */
    long log_from; /* where the process's own part of the log begins */
    struct life life;
    struct ending ending;
    int64_t asked_at;        /* when the question was asked that waits for its answer */
    enum node_role began_as; /* the role that the process was started for; ROLE_UNKNOWN: an adopted one */
    int64_t connect_at, boot_since;
    int64_t greet_at; /* when to greet again */
    int64_t ready_at; /* when its process became ready */
    int64_t known_at; /* when serve had stored a sighting of that; 0: not yet */
    int64_t read_at;  /* when it last told where it stands */
    int64_t retry_at;
    enum node_trouble trouble;
    enum node_role died_role;         /* ROLE_UNKNOWN: there was none */
    int64_t spare_until, spare_limit; /* 0, or how long it stays dead so that others can load their data first */
    int64_t spare_since;              /* when they were last seen to load, or to be there without serve knowing */
    struct backoff backoff;
    struct string_list left_out; /* settings of the order's generation that the engine does not take */
    char reason[200];
    int64_t unsaved_ms; /* wall time of the last stop that lost its data; 0: none since a stop that kept them */
    int restarts;
    bool damaged;     /* its saved data can't be loaded */
    int load_crashes; /* how often its engine fell over them */
    struct node_seed seed;
    struct node_fit fit;
    char trace[40];        /* the request of the trace that it is part of; "": it is part of none */
    int64_t keys_left_out; /* of what it saved last: those of other databases than 0, in cluster mode */
};
