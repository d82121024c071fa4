#pragma once
#include "control/control.h"
#include <sys/types.h>
/*
 * One region's agent as a process: a child of this serve, or one that an earlier serve has
 * started and that is found at work, by the lock that it holds. Nothing here knows why it is
 * started or what it says. The simulator implements this header a second time (tests/sim).
 */
struct agent_process;

/* It has ended; 'how' is "" where nobody knows how. The agent_process frees itself after that. */
typedef void agent_process_ended(void *arg, const char *how);

/* The process that holds the lock of a region's agent, or 0. */
pid_t agent_process_holder(const char *data_dir, const char *region);

/* Starts one, in a folder of its own that is made where it is missing. 0, or the negative errno that kept it from starting. */
int agent_process_start(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg, struct agent_process **out);
/* The one that is at work, from now on watched; NULL where there is none. */
struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg);

pid_t agent_process_pid(const struct agent_process *p);
/* True for one that an earlier serve has started. */
bool agent_process_was_found(const struct agent_process *p);
/* The pid is still its own: a child is not reaped before its end was told, and a pidfd is that of the process alone. */
void agent_process_signal(struct agent_process *p, int signal);
/* Stops watching it: nothing is told any more, and the process goes on. NULL is fine. */
void agent_process_leave(struct agent_process *p);
