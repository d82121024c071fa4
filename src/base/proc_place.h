#pragma once
#include <limits.h>
#include <stdbool.h>
/* Where a process works and where its output goes, as the kernel knows it. The path of what was deleted ends with " (deleted)". */

struct proc_place {
    long pid;
    bool leads; /* its process group */
    char folder[PATH_MAX];
    char output[PATH_MAX]; /* "" where it has none */
};

/* False where there is no such process, or it is somebody else's. */
bool proc_place_of(long pid, struct proc_place *out);
/* Shows processes one after the other until 'look' returns true; true if it did. */
bool proc_place_find(bool (*look)(void *arg, const struct proc_place *p), void *arg);
