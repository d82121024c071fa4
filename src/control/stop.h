#pragma once
#include "control/internal.h"
/*
 * The end of everything, and its bound. serve waits for its agents, which wait for their nodes: as long as --stop-timeout says
 * (0: as long as it takes), for as long as some node is at work on its file, and STOP_MARGIN_MS for what comes around that. An agent
 * that never says that it stopped, or a process that can't be killed, holds nobody up for longer.
 */

/* Everything shall stop from now on. */
void stop_begin(struct control *c);
/* A node is at work on its file. */
void stop_extend(struct control *c);
/* True once it has taken longer than it may. */
bool stop_is_overdue(const struct control *c);
/* Says in the log which agents have not stopped and which nodes still have their process; remembers how many there are. */
void stop_tell_left(struct control *c);
