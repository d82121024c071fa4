#include "base/child.h"
#include "base/proc_stat.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DIE_MS = 5000 };

struct child {
    long pid;
    int pidfd; /* of another's child; -1: it is our own, which libuv reaps and tells of */
    union {
        uv_handle_t handle;
        uv_process_t own;
        uv_poll_t poll;
    } h;
    child_ended *ended;
    void *arg;
};

static void handle_closed(uv_handle_t *h)
{
    struct child *c = h->data;
    if (c->pidfd >= 0) close(c->pidfd);
    free(c);
}

static void tell_end(struct child *c, int status, int signal)
{
    c->ended(c->arg, status, signal);
    uv_close(&c->h.handle, handle_closed);
}

static void own_exited(uv_process_t *h, int64_t status, int signal)
{
    tell_end(h->data, (int)status, signal);
}

static void pidfd_ready(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    tell_end(h->data, -1, 0);
}

static struct child *child_new(child_ended *ended, void *arg)
{
    struct child *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->pidfd = -1;
    c->ended = ended;
    c->arg = arg;
    c->h.handle.data = c;
    return c;
}

int child_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], int output, child_ended *ended,
    void *arg, struct child **out)
{
    struct child *c = child_new(ended, arg);
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = output}, {.flags = UV_INHERIT_FD, .data.fd = output}};
    uv_process_options_t o = {.file = args[0],
        .args = (char **)(uintptr_t)args,
        .env = (char **)(uintptr_t)env,
        .cwd = dir,
        .flags = UV_PROCESS_DETACHED,
        .stdio = io,
        .stdio_count = 3,
        .exit_cb = own_exited};
    int r = uv_spawn(loop, &c->h.own, &o);
    if (r != 0) uv_close(&c->h.handle, handle_closed);
    if (r != 0) return r;
    c->pid = c->h.own.pid;
    *out = c;
    return 0;
}

int child_watch(uv_loop_t *loop, long pid, child_ended *ended, void *arg, struct child **out)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0) return errno;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    struct child *c = child_new(ended, arg);
    c->pid = pid;
    c->pidfd = fd;
    if (uv_poll_init(loop, &c->h.poll, fd) != 0) abort(); /* a pidfd can always be polled */
    uv_poll_start(&c->h.poll, UV_READABLE, pidfd_ready);
    *out = c;
    return 0;
}

void child_leave(struct child *c)
{
    uv_close(&c->h.handle, handle_closed);
}

long child_pid(const struct child *c)
{
    return c->pid;
}

void child_signal(struct child *c, int signal)
{
    if (c->pidfd < 0) uv_process_kill(&c->h.own, signal);
    else syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0);
}

void child_kill(long pid)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0) return;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    poll(&p, 1, DIE_MS);
    close(fd);
}

bool child_signal_below(long pid, const char *folder, int signal)
{
    int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;
    if (fd < 0) return false;
    bool ours = proc_stat_works_below(pid, folder); /* and still is the one that the descriptor is of */
    bool sent = ours && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
    close(fd);
    return sent;
}

void child_kill_group(long pid)
{
    kill(-(pid_t)pid, SIGKILL);
}
