#pragma once
#include <stdint.h>
struct err;
/*
 * What still runs in a data directory that can't go on as it is, because its database is gone or folders get other names: the agents of a
 * serve that was killed, and engines, which outlive both. They are found by the locks of agents and by the folders that processes work in,
 * and ended as a stop ends them: by an agent, data saved. A region without an agent gets one for that.
 */
struct leftovers {
    const char *data_dir; /* absolute, without links */
    const char *program;  /* this executable */
    int stop_timeout;     /* seconds that a node may take to save its data; 0: as long as it takes */
    const char *why;      /* they have to end: "its meridian.db is gone" */
};

/* Returns when all has ended. ERR_IN_USE, in one line that names the process, where something has not. */
int leftovers_end(const struct leftovers *l, struct err *e);
