#pragma once
#include "agent/node/start.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * The life of a node's process. Pure: the state, what happened and what is known of the node in; the next state and what is to be done
 * out. Nothing here knows a clock, a process or a socket: life.c and end.c find out the facts, and carry out what is decided. Times are
 * in ms of any clock.
 */

enum node_state {
    NODE_REST,  /* no process: waits for an order, its upstream, or the end of the back-off */
    NODE_BOOT,  /* a process: waits for it to take a connection */
    NODE_GREET, /* connected: waits for it to tell who it is */
    NODE_UP,    /* known: becomes, and then is, what the order says */
    NODE_STOP,  /* told to end: waits for its exit, or the deadline */
    NODE_GONE,  /* its folder is deleted: waits for another order */
    NODE_CLOSED,
    NODE_STATES
};

enum node_event {
    EVENT_STARTED,   /* a process was started, or adopted */
    EVENT_CONNECTED, /* it takes a connection */
    EVENT_KNOWN,     /* it has told who it is */
    EVENT_LOADS,     /* it loads its data anew: it is as if it had just been connected */
    EVENT_LOST,      /* the connection is gone */
    EVENT_TOLD,      /* it was told to end */
    EVENT_ENDED,     /* it has */
    EVENT_DELETED,   /* nothing of it is left */
    EVENT_REVIVED,   /* and yet it shall run again */
    EVENT_CLOSED,    /* the agent gives it up */
    NODE_EVENTS
};

const char *lifecycle_state_name(enum node_state state);
const char *lifecycle_event_name(enum node_event event);
/* The state that follows, which may be the same. False where the event can't come in that state. */
bool node_lifecycle_move(enum node_state from, enum node_event event, enum node_state *to);

/* What shall be of the process. WANT_AGAIN: it shall end, and another start. */
enum node_want { WANT_NOTHING, WANT_RUN, WANT_AGAIN, WANT_STOP, WANT_GONE };

enum lifecycle_do {
    DO_NOTHING,
    DO_START,     /* a process, once the data that it is to load are ready */
    DO_DELETE,    /* its folder */
    DO_REVIVE,    /* the deleted node */
    DO_CONNECT,   /* to the process */
    DO_GREET,     /* ask its next question */
    DO_CONVERGE,  /* have it become what the order says */
    DO_END,       /* tell the process to end */
    DO_AWAIT_END, /* lifecycle_end() */
    LIFECYCLE_DOS
};

struct lifecycle_facts {
    /* What is wanted: */
    bool stopping; /* the agent stops */
    bool assigned; /* an assignment came: without an order, the node shall go */
    bool refused;  /* the order makes no sense, so there is none: what runs goes on */
    bool run;      /* there is an order, and it is to run */
    /* The process: */
    bool has_process;
    bool misfit;                            /* it is not the one that the order wants */
    bool connected;                         /* or just about to be */
    bool asking;                            /* a question waits for its answer */
    int64_t connect_at, greet_at, retry_at; /* not before that */
    struct start_facts start;               /* of a node that rests */
};

struct lifecycle_next {
    enum lifecycle_do what;
    int64_t at; /* where there is nothing to do: when to look again; 0: once something has happened */
};

enum node_want lifecycle_want(const struct lifecycle_facts *f);
struct lifecycle_next lifecycle_next(enum node_state state, const struct lifecycle_facts *f, int64_t now);

/* Why there is no process although there should be one. */
enum node_trouble { TROUBLE_NONE, TROUBLE_EXITED, TROUBLE_CONFLICT, TROUBLE_BROKEN };

/* Of a process that ended by itself. 'has_run': it was ready before; 'in_use': its log says that its address is somebody else's. Whoever
 * was refused an endpoint has said that, too: only a start that ends itself because of it is a conflict. */
enum node_trouble lifecycle_trouble(bool has_run, int signal, bool in_use);

/* ---- its end ---- */

struct end_facts {
    enum node_want want;
    bool saves;            /* its data are to be saved */
    bool replica;          /* its primary has them, too */
    int64_t since;         /* it was told first */
    int64_t ask_at;        /* when to tell it again */
    int64_t wrote_at;      /* when it was last seen at work on that; 0: never */
    int64_t stop_limit_ms; /* how long the user lets it take where everything stops; 0: for ever */
};

enum end_do { END_WAIT, END_ASK, END_KILL };

struct end_next {
    enum end_do what;
    int64_t deadline; /* when it is killed; INT64_MAX: never */
};

struct end_next lifecycle_end(const struct end_facts *f, int64_t now);
/* True while it is at work on saving its data. */
bool lifecycle_is_writing(const struct end_facts *f, int64_t now);
