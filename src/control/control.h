#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
/*
 * The reconciler. Whenever an operation has committed, an agent has reported, or
 * a plan's time has come, it makes one pass: rows → plans → rows, in one
 * transaction, and hands every region's agent its new assignment. It starts one
 * agent per region when the region gets its first node, starts it again when it
 * dies, and finds the agents of an earlier serve still at work.
 *
 * It knows nothing of HTTP: main/ connects it to the server.
 */
struct buf;
struct control;
struct err;
struct network;
struct outages;
struct store;
struct trace;
struct zone;

/* Milliseconds that engines would take in dry runs; 'life_ms' until they die by themselves, 0: never. */
struct dry_run_times {
    int64_t start_ms, switch_ms, life_ms;
};

/* What may befall the process of a node: it is killed, made to stand still, and let go on. */
enum node_deed { NODE_DEED_KILL, NODE_DEED_HANG, NODE_DEED_RESUME };

struct control_options {
    uv_loop_t *loop;
    struct store *store;
    const char *data_dir;
    const char *program;      /* this executable, to be started as "agent" */
    const char *redis_server; /* passed on to agents; NULL: they look on PATH */
    const char *memcached;    /* the same */
    const char *engines;      /* lines NAME:VERSION=PATH, passed on too */
    const char *log_level;
    const char *log_format;  /* text or json */
    bool ephemeral;          /* agents end with this process */
    bool ports;              /* --addressing ports */
    const char *listen_host; /* ports mode: where nodes listen */
    const char *advertise;   /* ports mode: what clients are told; NULL: the host by which each has reached the API */
    const char *own_address; /* where other machines find this one, if nodes listen everywhere; NULL: they do not, or nowhere */
    int first_port, last_port;
    const char *domain;    /* endpoints have names (catalog/endpoint_name.h), and certificates carry them; NULL: they have none */
    bool named;            /* clients are told these names instead of addresses */
    struct zone *zone;     /* where they lead is kept here; NULL: nobody asks */
    const char *names_at;  /* ports mode: the address that all names lead to */
    bool allow_restricted; /* --restricted-commands allow */
    int64_t stop_limit_ms; /* how long a node may take to save its data when everything stops; 0: as long as it takes */
    int64_t blocked_limit_ms; /* --blocked-primary-timeout; 0: none */
    bool check;               /* --check */
    bool dry_run;             /* --dry-run: agents are started so */
    struct dry_run_times dry_run_times;
    bool trace;                /* --log-level trace */
    void (*passed)(void *arg); /* called after each pass, outside of any transaction; NULL: nobody asks */
    void *passed_arg;
};

/*
 * The strings of 'o' must outlive it. Reads or makes the installation's secrets in DATA/secrets, and looks at what DATA/tls
 * has: ERR_USAGE where others could read the certificate authority's key.
 */
int control_open(struct control **out, const struct control_options *o, struct err *e);

/* An operation has changed rows: make a pass soon, after its answer is on its way. */
void control_changed(struct control *c);

/* All rows were changed by somebody else: they are read anew, and looked at. */
void control_reload(struct control *c);
/* A caller has reached the API by that host. Where clients are told such hosts, nodes' certificates carry it from the next pass on. */
void control_reached_by(struct control *c, const char *host);

/* Which requests and resources are traced (trace.h); it lives as long as 'c' does. */
struct trace *control_trace(struct control *c);

/* The network between the regions (network.h); it lives as long as 'c' does. Whoever changes it calls control_changed(). */
struct network *control_network(struct control *c);

/* The same of regions and zones that are out of order (outages.h). */
struct outages *control_outages(struct control *c);
/*
 * What of the outages and of the network shall persist is written, and nothing else; where the database can't be written, that is logged,
 * and all is in force all the same. A pass follows.
 */
void control_keep_faults(struct control *c, struct store *s);
/* Takes back all outages, and what the links between regions have, with what persists of it. */
void control_end_faults(struct control *c, struct store *s);

/* The certificate that clients are to trust, as PEM; made if there is none yet. NULL, with the reason, where that failed. */
const char *control_authority_pem(struct control *c, struct err *e);

/*
 * An agent wants its assignment. 'done' is called as soon as there is one of another version than 'after' (maybe at once),
 * or with NULL text when the wait has lasted long enough. 'numbering' is that of the assignment of version 'after', from which a
 * difference is of use; NULL: the whole one is wanted. A newer wait of the same region ends an older one.
 */
typedef void control_assignment_fn(void *arg, const char *text, size_t len);
void control_wait(
    struct control *c, const char *region, int64_t after, const char *numbering, control_assignment_fn *done, void *arg);
/* The one who waits has left: 'done' is not called any more, and the region counts as out of touch until its agent reports. */
void control_unwait(struct control *c, const char *region, void *arg);

/* A sighting as JSON. Returns once it is stored and acted upon: 0, ERR_PARSE, ERR_STALE where the whole is to be told instead, or another < 0. */
int control_sighting(struct control *c, const char *text, size_t len, struct err *e);

/* True where nodes have no processes: all of them, or those of a region whose agent was started so. */
bool control_is_dry_run(const struct control *c);
struct dry_run_times control_dry_run_times(const struct control *c);
void control_set_dry_run_times(struct control *c, const struct dry_run_times *t);
/*
 * Kills the process of a node, has it stand still or go on; '*pid' is its number. 'region' NULL: the only one that has a node of that id.
 * 400, 404 or 409 where there is no such node or process; < 0: broken.
 */
int control_node_do(struct control *c, const char *region, const char *id, enum node_deed deed, int64_t *pid, struct err *e);

/* Adds every node and every endpoint as JSON: what is wanted of it and what was seen. */
int control_nodes_json(struct control *c, struct buf *out, struct err *e);
/* Adds what a resource waits for, as plan_why() tells it, as JSON. '*found' false: there is none, and nothing was added. */
int control_why_json(struct control *c, const char *region, const char *id, struct buf *out, bool *found, struct err *e);

/*
 * Has every agent stop its nodes, data saved, and exit; then calls 'stopped' and is of no more use than to be closed. That is
 * bounded by 'stop_limit_ms' and a margin (stop.h): what has not stopped by then is logged, and left as it is.
 */
void control_stop(struct control *c, void (*stopped)(void *arg), void *arg);
/* After that: how many nodes could not save their data, and how many nodes and agents still run or could not be told to stop.
 * Each of them was logged. */
size_t control_unsaved(const struct control *c);
size_t control_left(const struct control *c);
/* Ends the waiting of control_stop() at once. */
void control_stop_waiting(struct control *c);
/* Frees it, and leaves whatever agents still run alone. */
void control_close(struct control *c);
