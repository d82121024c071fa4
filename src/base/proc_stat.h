#pragma once
#include <stdbool.h>
/* What the kernel tells of a process or thread: /proc/PID/stat or /proc/PID/task/TID/stat. */

struct proc_stat {
    char state;                     /* R, S, D, T … */
    unsigned long long used, start; /* processor time, and when it started after the boot; in clock ticks */
};

/* False if there is none at 'path'. */
bool proc_stat_read(const char *path, struct proc_stat *out);
/* Of a whole process. */
bool proc_stat_of(long pid, struct proc_stat *out);
/* Its working directory is somewhere below that folder, whose path is absolute and has no link in it. */
bool proc_stat_works_below(long pid, const char *folder);
/* It was made to stand still, by SIGSTOP or a debugger. */
static inline bool proc_stat_stopped(const struct proc_stat *s)
{
    return s->state == 'T' || s->state == 't';
}
