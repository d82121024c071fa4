#pragma once
#include "base/arena.h"
#include "control/control.h"
#include "protocol/protocol.gen.h"
#include "store/queries.gen.h"
#include <stdbool.h>
/*
 * The reconciler over a database of its own, with agents that the test plays: they ask for their assignments and tell sightings,
 * as the real ones do by way of HTTP. Time is that of stepped.h. An agent's engines are what its assignment says they shall be,
 * at once, but for what the test changes in a sighting.
 *
 * This is control/agent_process.h and base/proc_stat.h a second time, too: nothing runs.
 */
struct scripted_agent {
    struct scripted_agent *next;
    char region[32];
    pid_t pid;
    bool alive, found, silent, stands;
    int last_signal;
    struct arena arena;
    struct proto_assignment assignment; /* the last one; its version is 0 before */
    int n_assignments, n_empty;         /* answers to its asking: with an assignment, and without */
    bool asks;                          /* it waits for the next one */
};

extern struct control *control;
/* For the next scripted_open(). */
extern struct control_options scripted_options;
/* Changes every sighting before it is told; NULL: nothing. */
extern void (*scripted_change)(struct proto_sighting *seen);
/* What starting an agent fails with; 0: it succeeds. */
extern int scripted_start_error;

/* For .init and .fini: a folder, a database, and the reconciler. */
void scripted_open(void);
void scripted_close(void);
/* The reconciler alone, as another serve on the same database; agents go on, and are found. */
void scripted_close_control(void);
void scripted_open_control(void);

/* The agent that was started last in a region, or NULL. */
struct scripted_agent *scripted_agent(const char *region);
/* How many were started in it. */
int scripted_starts(const char *region);
/* An agent of an earlier serve is at work there. */
void scripted_leave_agent(const char *region);
void scripted_ask(struct scripted_agent *a);
/* Tells how everything is, as its last assignment wants it; what control_sighting() returns. */
int scripted_tell(struct scripted_agent *a);
/* It ends. */
void scripted_end(struct scripted_agent *a, const char *how);
/* Seconds in which every agent asks, and tells once a second. */
void scripted_run(int seconds);

/* Runs an operation of the API as tests/ops/fixture.h does, and tells the reconciler of it. Fails where it does not succeed. */
void scripted_do(const char *region, const char *action, const char *form);
/* The rows of now; valid until the end of the test. */
struct row_replication_group *scripted_rg(const char *region, const char *id);
struct row_node *scripted_nodes(size_t *n);
/* The order for a node in the region's last assignment, or NULL. */
struct proto_node_order *scripted_order(const char *region, const char *id);
/* How often it was asked whether some process works there. */
extern int scripted_engines_asked_for;
/* Such a process works in the data directory. */
void scripted_engine_works(int64_t pid, bool works);
