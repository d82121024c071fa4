#pragma once
#include <stdbool.h>
#include <uv.h>
/*
 * Processes as the operating system has them: one is started, or watched though another process started it, and its end is told.
 * Which process is whose, and what is written down of it, is the caller's matter.
 */
struct child;

/* It ended: by 'signal' if that is not 0, else with 'status' (-1: another's child, so nobody knows). The last that is heard of the child. */
typedef void child_ended(void *arg, int status, int signal);

/* Starts args[0] in the folder 'dir' (NULL: the caller's own) with the environment 'env' (NULL: the caller's own) and in a session of its
 * own; the descriptor 'output' becomes its output. 0, or an error of libuv. */
int child_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], int output, child_ended *ended,
    void *arg, struct child **out);
/* Watches the process, whoever started it. 0, or an errno: ESRCH where there is none. */
int child_watch(uv_loop_t *loop, long pid, child_ended *ended, void *arg, struct child **out);
/* Watches it no longer: its end is not told. */
void child_leave(struct child *c);
long child_pid(const struct child *c);
void child_signal(struct child *c, int signal);
/* Kills the process, whoever started it. Returns once it is dead for sure, but after 5 s. */
void child_kill(long pid);
/* Signals the process if it works below that folder; false where there is none that does. */
bool child_signal_below(long pid, const char *folder, int signal);
/* Kills all members of a process group. */
void child_kill_group(long pid);
