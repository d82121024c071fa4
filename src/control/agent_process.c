#include "control/agent_process.h"
#include "base/arena.h"
#include "base/child.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AGENT_ARGS = 100 };

struct agent_process {
    struct child *child;
    bool found; /* an earlier serve has started it */
    agent_process_ended *ended;
    void *arg;
};

static void region_path(const char *data_dir, const char *region, char *out, size_t size, const char *file)
{
    snprintf(out, size, "%s/regions/%s%s%s", data_dir, region, file ? "/" : "", file ? file : "");
}

pid_t agent_process_holder(const char *data_dir, const char *region)
{
    char path[600];
    region_path(data_dir, region, path, sizeof path, "agent.lock");
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return 0;
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int r = fcntl(fd, F_GETLK, &l);
    close(fd);
    return r == 0 && l.l_type != F_UNLCK ? l.l_pid : 0;
}

static struct agent_process *process_new(bool found, agent_process_ended *ended, void *arg)
{
    struct agent_process *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    *p = (struct agent_process){.found = found, .ended = ended, .arg = arg};
    return p;
}

static void process_ended(void *arg, int status, int signal)
{
    struct agent_process *p = arg;
    char how[40] = "";
    if (signal) snprintf(how, sizeof how, " (killed by signal %d)", signal);
    else if (status >= 0) snprintf(how, sizeof how, " (exited with status %d)", status);
    p->ended(p->arg, how);
    free(p);
}

/* One that would look for us elsewhere for ever makes room for another, which finds its nodes. */
struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg)
{
    pid_t pid = agent_process_holder(o->data_dir, region);
    if (pid == 0) return NULL;
    struct agent_process *p = process_new(true, ended, arg);
    if (child_watch(o->loop, pid, process_ended, p, &p->child) != 0) {
        free(p);
        return NULL;
    }
    /* Agents of versions before this one carry a token to a port, where nobody listens to them any more. */
    static const char word[] = "\0--token-file";
    char path[32], args[8192];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, args, sizeof args);
    if (fd >= 0) close(fd);
    if (n > 0 && memmem(args, (size_t)n, word, sizeof word) != NULL) child_signal(p->child, SIGKILL);
    return p;
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST) log_error("making %s: %s", path, strerrordesc_np(errno));
}

/* Its log goes to a file that outlives serve. */
static int spawn_agent(
    struct agent_process *p, const struct control_options *o, const char *region, const char *folder, int log_fd)
{
    size_t n = 8;
    _arena_ struct arena a = {0};
    const char *args[AGENT_ARGS] = {o->program, "agent", "--region", region, "--data-dir", folder, "--log-level", o->log_level};
    if (o->log_format) args[n++] = "--log-format", args[n++] = o->log_format;
    if (o->ephemeral) args[n++] = "--ephemeral";
    if (o->redis_server) args[n++] = "--redis-server", args[n++] = o->redis_server;
    if (o->memcached) args[n++] = "--memcached", args[n++] = o->memcached;
    if (o->dry_run) args[n++] = "--dry-run";
    char *rest = NULL, *line = o->engines ? strtok_r(arena_strdup(&a, o->engines), "\n", &rest) : NULL;
    for (; line && n + 3 < AGENT_ARGS; line = strtok_r(NULL, "\n", &rest)) {
        args[n++] = "--engine";
        args[n++] = line;
    }
    return child_spawn(o->loop, NULL, (char *const *)args, NULL, log_fd, process_ended, p, &p->child);
}

int agent_process_start(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg, struct agent_process **out)
{
    char folder[600], path[600];
    snprintf(path, sizeof path, "%s/regions", o->data_dir);
    make_folder(path);
    region_path(o->data_dir, region, folder, sizeof folder, NULL);
    make_folder(folder);
    region_path(o->data_dir, region, path, sizeof path, "agent.log");
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    struct agent_process *p = process_new(false, ended, arg);
    int r = spawn_agent(p, o, region, folder, fd);
    close(fd);
    if (r < 0) {
        free(p);
        return r;
    }
    *out = p;
    return 0;
}

pid_t agent_process_pid(const struct agent_process *p)
{
    return (pid_t)child_pid(p->child);
}

bool agent_process_was_found(const struct agent_process *p)
{
    return p->found;
}

void agent_process_signal(struct agent_process *p, int signal)
{
    child_signal(p->child, signal);
}

void agent_process_leave(struct agent_process *p)
{
    if (p == NULL) return;
    child_leave(p->child);
    free(p);
}
