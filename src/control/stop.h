#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The end of everything, and its bound. serve waits for its agents, which wait for their nodes: as long as --stop-timeout says
 * (0: as long as it takes), for as long as some node is at work on its file, and STOP_MARGIN_MS for what comes around that. An agent
 * that never says that it stopped, or a process that can't be killed, holds nobody up for longer.
 */
struct sessions;
struct store;

/* How much longer than its nodes an agent may take to stop: it has to be found hanging, or a node at work on its file given up. */
enum { STOP_MARGIN_MS = 15000 };

/* Zeroed before anything shall stop. */
struct stop {
    int64_t due_ms; /* steady clock: then nothing is waited for any more; 0: nothing shall stop */
    size_t n_left;  /* agents and nodes that had not stopped then */
};

/* Everything shall stop from now on. 'limit_ms' is how long a node may take; 0: as long as it takes. */
void stop_begin(struct stop *s, int64_t limit_ms);
/* A node is at work on its file. */
void stop_extend(struct stop *s);
/* True once it has taken longer than it may. */
bool stop_is_overdue(const struct stop *s);
/* True once no agent is left that has not said that it stopped, and gone. */
bool stop_is_done(const struct sessions *all);
/* Says in the log which agents have not stopped and which nodes still have their process; counts them. */
void stop_tell_left(struct stop *s, const struct sessions *all, struct store *store);
