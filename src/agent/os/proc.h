#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * Processes that outlive the agent: started in a session of their own, or adopted
 * from the agent before. A process is known by its pid and the time it started, so
 * that a pid that was given to somebody else is neither taken nor killed. Its folder
 * holds that in the file "process", and, while it is being started, what is known
 * of it in "starting". Both are written in place, so a full disk keeps no process that is started again from being known.
 */
struct proc;

struct proc_id {
    long pid;
    unsigned long long start; /* field 22 of /proc/PID/stat: clock ticks since boot */
    int64_t started_ms;       /* wall time */
    int restarts;
    int64_t incarnation; /* the number it was started for */
    char asked[48];   /* the engine and version it was started for, or runs for as well: "redis 7.1.0"; "" where nobody knows */
    char binary[256]; /* the program it was started from; "" where nobody knows */
};

/* It ended: by 'signal' if that is not 0, else with 'status' (-1: adopted, so nobody knows). The proc frees itself after that. */
typedef void proc_exited(void *arg, int status, int signal);

/* Starts args[0] in the folder 'dir' with the environment 'env' (NULL: the agent's own), its output appended to 'log' there; the other members of 'keep' are kept with it.
 * *out until exited() was called. */
int proc_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], const char *log,
    const struct proc_id *keep, proc_exited *exited, void *arg, struct proc **out, struct err *e);
/* Takes over the process that runs in 'dir'. For the case that the agent died before it could write down who that is, the one
 * that works there is looked for; 'pidfile' is a file that the process writes itself. *out is NULL where none runs. */
int proc_adopt(
    uv_loop_t *loop, const char *dir, const char *pidfile, proc_exited *exited, void *arg, struct proc **out, struct err *e);
/* Kills what a process that has ended left behind: an engine's child would write its snapshot to the end, and put it in the
 * place of another's file. It is in the process's process group, whose number is nobody else's while it has members. */
void proc_end_group(const struct proc_id *id);
/* True if a process was started in 'dir' and nobody was told of its end: it died unseen, unless it still runs. */
bool proc_unaccounted(const char *dir, struct proc_id *last);
/* Its end is known: see proc_unaccounted(). */
void proc_account(const char *dir);
/* True for the process with that pid that was started then; started_ms 0: whenever. */
bool proc_is(const struct proc *p, int64_t pid, int64_t started_ms);
/* True if a note in 'dir' names that process, or says that one is being started. */
bool proc_is_noted(const char *dir, long pid);
/* Notes a process that was found otherwise, so that it is adopted, or its death known. Its incarnation is -1: nobody knows it. */
int proc_note(const char *dir, long pid, struct err *e);
const struct proc_id *proc_id(const struct proc *p);
/* The process runs for that engine and version, too. */
void proc_ask(struct proc *p, const char *dir, const char *asked);
/* It counts as started for that incarnation. */
void proc_stand_for(struct proc *p, const char *dir, int64_t incarnation);
/* True if the process has used its processor since the last call, or wants to, or waits for a disk; and is not stopped. Its
 * first thread may wait for another of its own. */
bool proc_works(struct proc *p);
/* True if the process was made to stand still, by SIGSTOP or a debugger. */
bool proc_is_stopped(const struct proc *p);
void proc_signal(struct proc *p, int signal);
