#pragma once
#include <stdint.h>
struct err;
/*
 * What still runs in a data directory whose database is gone: the agents of a serve that was killed, and engines, which outlive
 * both. Without a database nobody knows them, and what is begun anew there could not be told from them. So they are found by the
 * locks of agents and by the folders that processes work in, and ended as a stop ends them: by an agent, data saved. A
 * region without an agent gets one for that.
 */
struct leftovers {
    const char *data_dir; /* absolute, without links */
    const char *program;  /* this executable */
    int stop_timeout;     /* seconds that a node may take to save its data; 0: as long as it takes */
};

/* Returns when all has ended. ERR_IN_USE, in one line that names the process, where something has not. */
int leftovers_end(const struct leftovers *l, struct err *e);
