#include "agent/node/census.h"
#include "base/child.h"
#include "agent/os/file.h"
#include "agent/os/proc.h"
#include "base/log.h"
#include "base/proc_place.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELETED " (deleted)"

/* The part of 'path' below the folder; NULL where it lies elsewhere. */
static const char *path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* The node whose engine the process is: it leads its process group, works in the node's folder, and what it says goes to a file there. */
static bool node_of(const struct proc_place *p, const char *dir, char id[NAME_MAX], bool *deleted)
{
    const char *name = path_below(p->folder, dir), *file = path_below(p->output, dir);
    if (!p->leads || name == NULL || file == NULL) return false;
    const char *end = strstr(name, DELETED);
    *deleted = end != NULL && end[sizeof DELETED - 1] == '\0';
    size_t n = *deleted ? (size_t)(end - name) : strlen(name);
    if (n >= NAME_MAX || strncmp(file, name, n) != 0 || file[n] != '/') return false;
    snprintf(id, NAME_MAX, "%.*s", (int)n, name);
    return file_id_ok(id);
}

static void restore_note(const char *dir, const char *id, long pid, bool deleted)
{
    char folder[PATH_MAX];
    struct err e = {0};
    if (snprintf(folder, sizeof folder, "%s/%s", dir, id) >= (int)sizeof folder) return;
    if (!deleted && proc_is_noted(folder, pid)) return;
    log_warn("node %s: process %ld was found by itself, %s", id, pid,
        deleted ? "its folder was deleted: it is killed" : "nothing in its folder told of it");
    if (deleted && file_mkdirs(folder, &e) != 0) log_error("%s", e.msg);
    if (proc_note(folder, pid, &e) != 0) log_error("%s", e.msg);
    if (deleted) child_kill(pid); /* its address is free then */
}

struct census {
    const char *dir;
    char real[PATH_MAX];
};

static bool restore_place(void *arg, const struct proc_place *p)
{
    const struct census *c = arg;
    char id[NAME_MAX];
    bool deleted;
    if (node_of(p, c->real, id, &deleted)) restore_note(c->dir, id, p->pid, deleted);
    return false;
}

void census_restore(const char *dir)
{
    struct census c = {.dir = dir};
    if (realpath(dir, c.real) != NULL) proc_place_find(restore_place, &c);
}
