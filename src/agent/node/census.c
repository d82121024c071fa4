#include "agent/node/census.h"
#include "agent/os/file.h"
#include "agent/os/proc.h"
#include "base/log.h"
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DIE_MS = 5000 };
#define DELETED " (deleted)"

static bool read_link(long pid, const char *name, char out[PATH_MAX])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    ssize_t n = readlink(path, out, PATH_MAX - 1);
    if (n < 0) return false;
    out[n] = '\0';
    return true;
}

/* The part of 'path' below the folder; NULL where it lies elsewhere. */
static const char *path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* The node whose engine the process is: it leads its process group, works in the node's folder, and what it says goes to a file there. */
static bool node_of(long pid, const char *dir, char id[NAME_MAX], bool *deleted)
{
    char cwd[PATH_MAX], log[PATH_MAX];
    if (getpgid((pid_t)pid) != (pid_t)pid || !read_link(pid, "cwd", cwd) || !read_link(pid, "fd/1", log)) return false;
    const char *name = path_below(cwd, dir), *file = path_below(log, dir);
    if (name == NULL || file == NULL) return false;
    const char *end = strstr(name, DELETED);
    *deleted = end != NULL && end[sizeof DELETED - 1] == '\0';
    size_t n = *deleted ? (size_t)(end - name) : strlen(name);
    if (n >= NAME_MAX || strncmp(file, name, n) != 0 || file[n] != '/') return false;
    snprintf(id, NAME_MAX, "%.*s", (int)n, name);
    return file_id_ok(id);
}

/* Returns once it is dead for sure: its address is free then. */
static void kill_for_sure(long pid)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0) return;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    poll(&p, 1, DIE_MS);
    close(fd);
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
    if (deleted) kill_for_sure(pid);
}

void census_restore(const char *dir)
{
    char real[PATH_MAX], id[NAME_MAX];
    bool deleted;
    DIR *d = realpath(dir, real) ? opendir("/proc") : NULL;
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
        long pid = atol(entry->d_name);
        if (pid > 1 && node_of(pid, real, id, &deleted)) restore_note(dir, id, pid, deleted);
    }
    if (d) closedir(d);
}
