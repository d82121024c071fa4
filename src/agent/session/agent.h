#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * The agent of one region: dials serve, makes its nodes and links what its assignment
 * says, and reports what it sees (docs/protocol.md). Its nodes outlive it: the next
 * agent of the same folder adopts them.
 */
struct agent_options {
    const char *region;
    const char *data_dir;     /* regions/REGION in serve's; made if it is missing; a folder for each node comes into it */
    const char *redis_server; /* a path, or a name on PATH; NULL: redis-server */
    const char *memcached;    /* the same; NULL: memcached */
    const char *engines;      /* lines NAME:VERSION=PATH; NULL: none */
    int64_t
        stop_limit_ms; /* how long a node may take to save its data at a stop, until serve has said it; 0: as long as it takes */
    bool dry_run;      /* nodes have no processes (agent/dry_run) */
    bool stop_only;    /* no serve: what runs is stopped, its data saved */
};

/* The lock that a running agent holds (fcntl, write) on a file of this name in its data directory: F_GETLK tells its pid. */
#define AGENT_LOCK "agent.lock"
/* Where whoever starts the agent lets its standard error go, in append mode: then the agent keeps the file small. */
#define AGENT_LOG "agent.log"

/*
 * Runs until SIGTERM, SIGINT or the assignment's shutdown; all nodes are stopped then,
 * their data saved. ERR_IN_USE: another agent runs there. ERR_IO: the data directory
 * went away, and the nodes with it.
 */
int agent_run(const struct agent_options *o, struct err *e);

/* The same in parts, for whoever has the loop's turns. The options must outlive the agent. */
struct agent;
int agent_open(const struct agent_options *o, struct agent **out, struct err *e);
uv_loop_t *agent_loop(struct agent *a);
/* To be called once nothing is left for the loop to do: frees it, and tells why it ended, as agent_run() does. */
int agent_close(struct agent *a, struct err *e);
