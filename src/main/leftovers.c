#include "main/leftovers.h"
#include "agent/session/agent.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "control/agent_process.h"
#include "control/stop.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REGIONS_MAX = 64, REGION_SIZE = 64, LOOK_MS = 60000 };

struct found {
    char names[REGIONS_MAX][REGION_SIZE];
    size_t n;
    long pid; /* of some process that works in one of them */
};

static void note_region(struct found *f, const char *name, size_t n)
{
    if (n == 0 || n >= REGION_SIZE || f->n == REGIONS_MAX || name[0] == '.') return;
    for (size_t i = 0; i < f->n; i++)
        if (strlen(f->names[i]) == n && memcmp(f->names[i], name, n) == 0) return;
    snprintf(f->names[f->n++], REGION_SIZE, "%.*s", (int)n, name);
}

/* Also of those whose folder was deleted, which the kernel says behind its name. */
static void look_for_engines(const struct leftovers *l, struct found *f)
{
    char path[PATH_MAX], cwd[PATH_MAX];
    size_t len = (size_t)snprintf(path, sizeof path, "%s/regions/", l->data_dir);
    DIR *d = len < sizeof path ? opendir("/proc") : NULL;
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
        char link[PATH_MAX];
        long pid = atol(entry->d_name);
        snprintf(link, sizeof link, "/proc/%ld/cwd", pid);
        ssize_t n = pid > 0 ? readlink(link, cwd, sizeof cwd - 1) : -1;
        if (n < 0) continue;
        cwd[n] = '\0';
        if (strncmp(cwd, path, len) != 0) continue;
        f->pid = pid;
        note_region(f, cwd + len, strcspn(cwd + len, "/ "));
    }
    if (d) closedir(d);
}

/* Its own log, as of those that serve starts otherwise. */
static pid_t start_last_agent(const struct leftovers *l, const char *region)
{
    char folder[PATH_MAX], log[PATH_MAX + sizeof AGENT_LOG], limit[16];
    snprintf(limit, sizeof limit, "%d", l->stop_timeout);
    if ((size_t)snprintf(folder, sizeof folder, "%s/regions", l->data_dir) >= sizeof folder) return -1;
    mkdir(folder, 0700);
    if ((size_t)snprintf(folder, sizeof folder, "%s/regions/%s", l->data_dir, region) >= sizeof folder) return -1;
    mkdir(folder, 0700);
    snprintf(log, sizeof log, "%s/" AGENT_LOG, folder);
    pid_t pid = fork();
    if (pid != 0) return pid;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0) dup2(fd, STDERR_FILENO);
    setsid();
    execl(l->program, l->program, "agent", "--stop", "on", "--stop-timeout", limit, "--region", region, "--data-dir", folder,
        (char *)NULL);
    _exit(127);
}

static bool wait_for_end(int pidfd, int64_t until_ns)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    for (int r = 0; r <= 0;) {
        int64_t left_ms = until_ns ? (until_ns - clock_mono_ns()) / 1000000 : -1;
        if (until_ns && left_ms <= 0) return false;
        r = poll(&p, 1, left_ms > LOOK_MS ? LOOK_MS : (int)left_ms);
        if (r < 0 && errno != EINTR) return false;
    }
    return true;
}

static int end_region(const struct leftovers *l, const char *region, struct err *e)
{
    pid_t holder = agent_process_holder(l->data_dir, region), pid = holder ? holder : start_last_agent(l, region);
    int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    log_info("%s: %s: nodes of %s that still run are stopped, and save their data where their folders are there", l->data_dir,
        l->why, region);
    if (holder && pidfd >= 0) {
        /* One that stands still would not hear it. */
        syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
        syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
    }
    int64_t limit_ms = l->stop_timeout ? l->stop_timeout * 1000LL + STOP_MARGIN_MS : 0;
    bool ended = pidfd < 0 || wait_for_end(pidfd, limit_ms ? clock_mono_ns() + limit_ms * 1000000 : 0);
    if (pidfd >= 0) close(pidfd);
    if (ended && !holder && pid > 0) waitpid(pid, NULL, 0);
    if (ended) return 0;
    return err_set(e, ERR_IN_USE, "%s: %s, and the agent of %s, process %d, does not end; end it, and start again", l->data_dir,
        l->why, region, (int)pid);
}

int leftovers_end(const struct leftovers *l, struct err *e)
{
    struct found found = {0}, left = {0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/regions", l->data_dir);
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (agent_process_holder(l->data_dir, entry->d_name)) note_region(&found, entry->d_name, strlen(entry->d_name));
    if (d) closedir(d);
    look_for_engines(l, &found);
    for (size_t i = 0; i < found.n; i++) {
        int r = end_region(l, found.names[i], e);
        if (r) return r;
    }
    if (found.n) look_for_engines(l, &left);
    if (left.n == 0) return 0;
    return err_set(e, ERR_IN_USE, "%s: %s, and a node of %s, process %ld, does not end; end it, and start again", l->data_dir,
        l->why, left.names[0], left.pid);
}
