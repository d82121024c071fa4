#pragma once
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Engines as models: redis-server 7.0.15, a valkey-server and a memcached as deterministic state machines over virtual time, many
 * in one process, without sockets. A model begins as the real program does, with its arguments, in its folder, from its file; it
 * answers commands, replicates over the network of its world, writes and loads its files, and dies. What happens by itself happens
 * in model_tick(). A model that is asked for what it does not know tells so through the hook 'unknown' and never guesses.
 *
 * Times are microseconds of the world's own clock. All randomness comes from the world's seed. Whoever opens a world owns it, and the world
 * owns everything in it. Nothing here is safe for threads.
 */

enum model_kind { MODEL_REDIS, MODEL_VALKEY, MODEL_MEMCACHED };

struct model_world;
struct model_engine; /* one process */
struct model_conn;   /* one client's connection to it */

/* What becomes of what one engine sends to another. */
enum model_reach {
    MODEL_REACHED,
    MODEL_REFUSED, /* nobody listens there; of a connection that stands: it is closed, and both ends hear of it */
    MODEL_SILENT,  /* nothing arrives, and nobody hears of it */
};

/* A connection from one engine to another. */
struct model_wire {
    struct model_engine *from, *to;
    const char *host; /* as it was dialled */
    int port;
    uint64_t tag; /* what the network made of it */
    bool bus;     /* it is one of Redis Cluster's bus */
};

struct model_path {
    struct model_engine *to;
    const char *host; /* where its last leg leads; NULL: as dialled */
    int port;
    uint64_t tag; /* the network's own: what model_cut() is told */
    bool any_tls; /* a splitter stands there, which takes clients with TLS and without */
};

/* What the world outside does. 'arg' goes to each; any of them may be NULL but 'unknown'. */
struct model_hooks {
    void *arg;
    /* The number of the process that is about to start; NULL: one more than the last. */
    long (*pid)(void *arg);
    /* A process has ended. The engine stays for who looks at it until model_forget(). */
    void (*exited)(void *arg, struct model_engine *e, int status, int signal);
    /* Who answers at an address; NULL: whichever engine listens there. */
    enum model_reach (*dial)(void *arg, const struct model_engine *from, const char *host, int port, struct model_path *out);
    /* Whether something gets over a wire now, and in how many microseconds; NULL: always, in model_knobs.delay_us. */
    enum model_reach (*carry)(void *arg, const struct model_wire *wire, int64_t now, int64_t *delay_us);
    /* True where somebody who is no engine listens at an address. */
    bool (*taken)(void *arg, const char *host, int port);
    /* An engine is asked for what its model does not know. Does not return, or the program ends. NULL: the program ends, with that on
     * standard error. */
    void (*unknown)(void *arg, const struct model_engine *e, const char *what);
};

/* How fast the machine of all engines of a world is; changed at any time. */
struct model_knobs {
    int64_t delay_us;    /* one way over a wire, where no hook says otherwise */
    int64_t start_us;    /* from a process's start until it listens */
    int64_t load_us;     /* to load a file */
    int64_t fork_us;     /* a fork, in which the engine stands still */
    int64_t save_us;     /* to write a file */
    int64_t transfer_us; /* to send all data to a replica, once it begins */
};

struct model_world *model_world_new(uint64_t seed, const struct model_hooks *hooks);
void model_world_free(struct model_world *w);
struct model_knobs *model_knobs(struct model_world *w);
/* When the next thing happens by itself, INT64_MAX: never. */
int64_t model_next(const struct model_world *w);
/* Lets happen what is due until 'now', in order. */
void model_tick(struct model_world *w, int64_t now);
/* The wall clock is that much ahead of the world's: keys expire and pauses end by it. */
void model_wall(struct model_world *w, int64_t offset_us);
/* The network has closed all wires with that tag. */
void model_cut(struct model_world *w, uint64_t tag, int64_t now);
/* The engine's name and version, as the program tells with --version: "Redis server v=7.0.15 ". */
const char *model_version_line(enum model_kind kind);

/* ---- processes ---- */

/* Starts args[0] in the folder 'dir', its output appended to 'log' there. Never NULL: one that can't start ends in model_tick(). */
struct model_engine *model_spawn(struct model_world *w, enum model_kind kind, const char *dir, const char *log, int argc,
    const char *const argv[], int64_t now);
/* Ends it, stops it or lets it go on: SIGKILL, SIGTERM, SIGINT, SIGSTOP, SIGCONT. */
void model_signal(struct model_engine *e, int signal, int64_t now);
/* The world needs it no more: it has ended. */
void model_forget(struct model_engine *e);
long model_pid(const struct model_engine *e);
const char *model_dir(const struct model_engine *e);
enum model_kind model_kind_of(const struct model_engine *e);
bool model_is_alive(const struct model_engine *e);
bool model_is_stopped(const struct model_engine *e);
/* It answers a command now. */
bool model_answers(const struct model_engine *e, int64_t now);
/* It has ended as it was told to, and its data are in its file. */
bool model_has_saved(const struct model_engine *e);
/* It is at work, and not only waiting: it computes, or writes a file. */
bool model_works(const struct model_engine *e, int64_t now);
/* The engine that lives in that folder; NULL for none. */
struct model_engine *model_in(const struct model_world *w, const char *dir);
/* The engine that listens at an address, for clients with or without TLS; NULL for none. */
struct model_engine *model_at(const struct model_world *w, const char *host, int port, bool *tls);
/* Some engine listens there, for clients or for other nodes of a Redis Cluster. */
bool model_listens(const struct model_world *w, const char *host, int port);

/* ---- clients ---- */

struct model_events {
    /* One answer, in the order of the commands, to what model_command() had none for at once. Valid during the call. */
    void (*reply)(void *arg, const struct redisReply *r);
    /* The engine has closed the connection: the last call, the connection is gone. 'why' is what it said before that, or "". */
    void (*down)(void *arg, const char *why);
};

/* To its address 'host', NULL: to its socket in its folder. NULL where it does not listen there (yet). */
struct model_conn *model_connect(struct model_engine *e, const char *host, const struct model_events *events, void *arg);
/*
 * One command. The answer if there is one at once; it stays as it is until three more commands. Else NULL: it comes by events->reply, in
 * model_tick() at the soonest, or never. What an engine does not answer at all (REPLCONF) has no answer here either.
 * 'lens' NULL: the words are strings.
 */
const struct redisReply *model_command(
    struct model_conn *c, int argc, const char *const argv[], const size_t lens[], int64_t now);
/* What is no command: an engine whose loop turns complains and closes. */
void model_garbage(struct model_conn *c, int64_t now);
void model_close(struct model_conn *c, int64_t now);

/* A line to a memcached, without its end; a data block is a line of its own. Lines of the answer, each with "\n"; "" for none; NULL: it
 * comes as replies of type string later. */
const char *model_line(struct model_conn *c, const char *line, int64_t now);

/* ---- what the world outside knows ---- */

/* One write as an engine carried it out for a client. */
struct model_write {
    const char *key, *value; /* NULL: deleted */
    const struct model_engine *by;
    int64_t at, offset; /* the primary's replication offset behind it */
    const char *replid;
};
/* Every write of a key since the world began, the oldest first. */
size_t model_history(const struct model_world *w, const char *key, const struct model_write **out);
/* The value that an engine holds; NULL for none. */
const char *model_value(const struct model_engine *e, const char *key);
size_t model_keys(const struct model_engine *e);
/* It serves the slot, as it has it itself. */
bool model_serves(const struct model_engine *e, int slot);

struct model_role {
    bool primary;      /* it has no upstream */
    bool takes_writes; /* of a client that may write */
    const char *upstream_host;
    int upstream_port;
    bool link_up;
    int64_t offset, second_offset;
    const char *replid, *replid2;
    unsigned full_syncs, partial_syncs; /* that it gave */
};
/* Strings live until the engine changes. */
void model_role(const struct model_engine *e, int64_t now, struct model_role *out);

/* ---- faults ---- */

/* From now on files can't be written: "No space left on device", say. NULL: they can. */
void model_fail_saves(struct model_engine *e, const char *why);
/* Its loop does not turn for so long, and it uses its processor meanwhile. */
void model_stall(struct model_engine *e, int64_t us, int64_t now);
/* The script that it runs, if it runs one, comes to its end. */
void model_end_script(struct model_engine *e, int64_t now);
