#pragma once
#include <stdbool.h>
/* What the kernel tells of a process or thread: /proc/PID/stat or /proc/PID/task/TID/stat. */

struct proc_stat {
    char state;                     /* R, S, D, T … */
    unsigned long long used, start; /* processor time, and when it started after the boot; in clock ticks */
};

/* False if there is no such file. */
bool proc_stat_read(const char *path, struct proc_stat *out);
/* The same for a process. */
bool proc_stat_of(long pid, struct proc_stat *out);
/* True if its working directory is below that folder. The folder's path must be absolute, without a symbolic link. */
bool proc_stat_works_below(long pid, const char *folder);
/* True if SIGSTOP or a debugger has stopped it. */
static inline bool proc_stat_stopped(const struct proc_stat *s)
{
    return s->state == 'T' || s->state == 't';
}
