#include "control/agent_process.h"
#include "base/arena.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AGENT_ARGS = 100 };

struct agent_process {
    pid_t pid;
    union {
        uv_handle_t handle;
        uv_process_t child;
        uv_poll_t poll;
    } h;
    int pidfd;                  /* -1 for a child */
    agent_process_ended *ended; /* NULL: nobody wants to know any more */
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

static struct agent_process *process_new(agent_process_ended *ended, void *arg)
{
    struct agent_process *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->pidfd = -1;
    p->ended = ended;
    p->arg = arg;
    p->h.handle.data = p;
    return p;
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void close_process(struct agent_process *p)
{
    uv_close(&p->h.handle, on_closed);
    if (p->pidfd >= 0) close(p->pidfd);
    p->pidfd = -1;
}

static void process_ended(struct agent_process *p, const char *how)
{
    agent_process_ended *ended = p->ended;
    p->ended = NULL;
    close_process(p);
    if (ended) ended(p->arg, how);
}

static void on_exit_child(uv_process_t *h, int64_t status, int sig)
{
    char how[40];
    if (sig) snprintf(how, sizeof how, " (killed by signal %d)", sig);
    else snprintf(how, sizeof how, " (exited with status %d)", (int)status);
    process_ended(h->data, how);
}

static void on_pidfd(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    process_ended(h->data, "");
}

/* Agents of versions before this one carry a token to a port, where nobody listens to them any more. */
static bool carries_token(pid_t pid)
{
    static const char word[] = "\0--token-file";
    char path[32], args[8192];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, args, sizeof args);
    if (fd >= 0) close(fd);
    return n > 0 && memmem(args, (size_t)n, word, sizeof word) != NULL;
}

/* One that would look for us elsewhere for ever makes room for another, which finds its nodes. */
struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg)
{
    pid_t pid = agent_process_holder(o->data_dir, region);
    int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (fd < 0) return NULL;
    if (carries_token(pid)) kill(pid, SIGKILL);
    struct agent_process *p = process_new(ended, arg);
    p->pid = pid;
    p->pidfd = fd;
    uv_poll_init(o->loop, &p->h.poll, fd);
    uv_poll_start(&p->h.poll, UV_READABLE, on_pidfd);
    return p;
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST) log_error("making %s: %s", path, strerrordesc_np(errno));
}

/* --engine for each of the lines; 'copy' is where they stand as words. */
static size_t add_engines(const char **args, size_t n, char *copy)
{
    char *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line && n + 3 < AGENT_ARGS; line = strtok_r(NULL, "\n", &rest)) {
        args[n++] = "--engine";
        args[n++] = line;
    }
    return n;
}

/* Its own session (setsid), so that a terminal's Ctrl-C reaches serve alone; its log goes to a file that outlives serve. */
static int spawn(struct agent_process *p, const struct control_options *o, const char *region, const char *folder, int log_fd)
{
    size_t n = 8;
    _arena_ struct arena a = {0};
    const char *args[AGENT_ARGS] = {o->program, "agent", "--region", region, "--data-dir", folder, "--log-level", o->log_level};
    if (o->redis_server) args[n++] = "--redis-server", args[n++] = o->redis_server;
    if (o->memcached) args[n++] = "--memcached", args[n++] = o->memcached;
    if (o->dry_run) args[n++] = "--dry-run";
    if (o->engines) add_engines(args, n, arena_strdup(&a, o->engines));
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = log_fd}, {.flags = UV_INHERIT_FD, .data.fd = log_fd}};
    uv_process_options_t options = {.file = args[0],
        .args = (char **)args,
        .exit_cb = on_exit_child,
        .flags = UV_PROCESS_DETACHED,
        .stdio = io,
        .stdio_count = 3};
    return uv_spawn(o->loop, &p->h.child, &options);
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
    struct agent_process *p = process_new(ended, arg);
    int r = spawn(p, o, region, folder, fd);
    close(fd);
    if (r < 0) {
        close_process(p);
        return r;
    }
    p->pid = p->h.child.pid;
    *out = p;
    return 0;
}

pid_t agent_process_pid(const struct agent_process *p)
{
    return p->pid;
}

bool agent_process_was_found(const struct agent_process *p)
{
    return p->pidfd >= 0;
}

void agent_process_signal(struct agent_process *p, int signal)
{
    if (p->pidfd >= 0) syscall(SYS_pidfd_send_signal, p->pidfd, signal, NULL, 0);
    else uv_process_kill(&p->h.child, signal);
}

void agent_process_leave(struct agent_process *p)
{
    if (p == NULL) return;
    p->ended = NULL;
    close_process(p);
}
