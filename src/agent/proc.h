#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * Processes that outlive the agent: started in a session of their own, or adopted
 * from the agent before. A process is known by its pid and the time it started, so
 * that a pid that was given to somebody else is neither taken nor killed. Its folder
 * holds that in the file "process".
 */
struct proc;

struct proc_id {
    long pid;
    unsigned long long start; /* field 22 of /proc/PID/stat: clock ticks since boot */
    int64_t started_ms;       /* wall time */
    int restarts;
};

/* It ended: by 'signal' if that is not 0, else with 'status' (-1: adopted, so nobody knows). The proc frees itself after that. */
typedef void proc_exited(void *arg, int status, int signal);

/* Starts args[0] in the folder 'dir', its output appended to 'log' there. *out until exited() was called. */
int proc_spawn(uv_loop_t *loop, const char *dir, char *const args[], const char *log, int restarts, proc_exited *exited,
    void *arg, struct proc **out, struct err *e);
/* Takes over the process that runs in 'dir'. 'pidfile' is a file the process writes itself, for the case that the agent
 * died before it could. *out is NULL where none runs. */
int proc_adopt(
    uv_loop_t *loop, const char *dir, const char *pidfile, proc_exited *exited, void *arg, struct proc **out, struct err *e);
const struct proc_id *proc_id(const struct proc *p);
void proc_signal(struct proc *p, int signal);
/* Stops watching it without ending it; exited() will not be called. NULL is fine. */
void proc_forget(struct proc *p);
