#include "agent/os/proc.h"
#include "agent/os/file.h"
#include "base/clock.h"
#include "base/proc_stat.h"
#include "base/trip.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESS "process"
#define STARTING "starting" /* the same, before there is a number */

struct proc {
    struct proc_id id;
    bool own;   /* a child: libuv reaps it and tells; else its pidfd does */
    bool ended; /* the pid may belong to somebody else from here on */
    union {
        uv_handle_t handle;
        uv_process_t child;
        uv_poll_t poll;
    } h;
    int pidfd;               /* -1 for a child */
    unsigned long long used; /* processor time of all its threads, as it was last seen */
    proc_exited *exited;
    void *arg;
};

static void proc_closed(uv_handle_t *h)
{
    struct proc *p = h->data;
    if (p->pidfd >= 0) close(p->pidfd);
    free(p);
}

static void proc_ended(struct proc *p, int status, int signal)
{
    p->ended = true;
    proc_end_group(&p->id);
    p->exited(p->arg, status, signal);
    uv_close(&p->h.handle, proc_closed);
}

static void child_exited(uv_process_t *h, int64_t status, int signal)
{
    proc_ended(h->data, (int)status, signal);
}

static void pidfd_ready(uv_poll_t *h, int status, int events)
{
    (void)status;
    (void)events;
    proc_ended(h->data, -1, 0);
}

static bool start_time(long pid, unsigned long long *out)
{
    struct proc_stat st;
    if (!proc_stat_of(pid, &st)) return false;
    *out = st.start;
    return true;
}

static bool runs_in(long pid, const char *dir)
{
    char path[64], cwd[PATH_MAX], real[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/cwd", pid);
    ssize_t n = readlink(path, cwd, sizeof cwd - 1);
    if (n < 0 || realpath(dir, real) == NULL) return false;
    cwd[n] = '\0';
    return strcmp(cwd, real) == 0;
}

/* Whether its output goes to a file in the folder: that of whoever only stands there does not. */
static bool writes_in(long pid, const char *dir)
{
    char path[64], log[PATH_MAX], real[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/fd/1", pid);
    ssize_t n = readlink(path, log, sizeof log - 1);
    if (n < 0 || realpath(dir, real) == NULL) return false;
    log[n] = '\0';
    size_t len = strlen(real);
    return strncmp(log, real, len) == 0 && log[len] == '/';
}

/* The process that was started in 'dir' by whoever died before it could write down its number; its children are in its process group. */
static long find_started(const char *dir)
{
    long found = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *entry; d && !found && (entry = readdir(d)) != NULL;) {
        long pid = atol(entry->d_name);
        if (pid > 1 && getpgid((pid_t)pid) == (pid_t)pid && runs_in(pid, dir) && writes_in(pid, dir)) found = pid;
    }
    if (d) closedir(d);
    return found;
}

static int save_id(const char *dir, const char *file, const struct proc_id *id, struct err *e)
{
    char path[PATH_MAX], text[FILE_NOTE_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    snprintf(text, sizeof text, "%ld %llu %lld %d %lld\n%s\n%s\n", id->pid, id->start, (long long)id->started_ms, id->restarts,
        (long long)id->incarnation, id->asked, id->binary);
    return file_note(path, text, e);
}

static void forget_note(const char *dir, const char *file)
{
    char path[PATH_MAX];
    struct err e;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    if (file_note(path, NULL, &e) != 0) unlink(path);
}

/* The line at *text without its end, cut to its size; *text is the next one. */
static void read_line(const char **text, char *out, size_t size)
{
    size_t n = strcspn(*text, "\n");
    if (out) snprintf(out, size, "%.*s", (int)n, *text);
    *text += n + ((*text)[n] == '\n');
}

static bool read_id(const char *path, struct proc_id *id)
{
    _buf_ struct buf b = {0};
    struct err e;
    long long started = 0, incarnation = 0;
    *id = (struct proc_id){0};
    if (file_read(path, &b, &e) != 0 || b.len == 0) return false;
    int n = sscanf(b.data, "%ld %llu %lld %d %lld", &id->pid, &id->start, &started, &id->restarts, &incarnation);
    id->started_ms = started;
    id->incarnation = incarnation;
    const char *rest = b.data;
    read_line(&rest, NULL, 0);
    read_line(&rest, id->asked, sizeof id->asked);
    read_line(&rest, id->binary, sizeof id->binary);
    return n >= 1;
}

static struct proc *proc_new(proc_exited *exited, void *arg)
{
    struct proc *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->pidfd = -1;
    p->exited = exited;
    p->arg = arg;
    p->h.handle.data = p;
    return p;
}

static int spawn_child(uv_loop_t *loop, struct proc *p, const char *dir, char *const args[], int log)
{
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = log}, {.flags = UV_INHERIT_FD, .data.fd = log}};
    uv_process_options_t o = {.file = args[0],
        .args = (char **)(uintptr_t)args,
        .cwd = dir,
        .flags = UV_PROCESS_DETACHED,
        .stdio = io,
        .stdio_count = 3,
        .exit_cb = child_exited};
    return trip_hit(TRIP_SPAWN) ? UV_EAGAIN : uv_spawn(loop, &p->h.child, &o);
}

int proc_spawn(uv_loop_t *loop, const char *dir, char *const args[], const char *log, const struct proc_id *keep,
    proc_exited *exited, void *arg, struct proc **out, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, log);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "writing %s: %s", path, strerror(errno));
    if (save_id(dir, STARTING, keep, e) != 0) { /* whoever dies in the next moment leaves a process that has to be looked for */
        close(fd);
        return e->code;
    }
    struct proc *p = proc_new(exited, arg);
    p->own = true;
    p->id = *keep;
    int r = spawn_child(loop, p, dir, args, fd);
    close(fd);
    if (r < 0) {
        forget_note(dir, STARTING);
        /* A trip fails before libuv knew the handle; libuv's own failure leaves a handle to be closed. */
        if (p->h.handle.loop != NULL) uv_close(&p->h.handle, proc_closed);
        else free(p);
        return err_set(e, ERR_IO, "starting %s: %s", args[0], uv_strerror(r));
    }
    trip_crash(TRIP_CRASH_AFTER_SPAWN);
    p->id.pid = p->h.child.pid;
    p->id.started_ms = clock_now_ms();
    start_time(p->id.pid, &p->id.start);
    save_id(dir, PROCESS, &p->id, e); /* without it, the process's own pidfile will have to do */
    forget_note(dir, STARTING);
    *out = p;
    return 0;
}

/* True if the pid of 'id' is a living process of this folder, and the one that was started then. */
static bool is_it(struct proc_id *id, const char *dir)
{
    unsigned long long start = 0;
    if (id->pid <= 1 || !start_time(id->pid, &start) || !runs_in(id->pid, dir)) return false;
    if (id->start == 0) id->start = start;
    return id->start == start;
}

static bool find_process(const char *dir, const char *pidfile, struct proc_id *id)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" STARTING, dir);
    bool begun = read_id(path, id);
    if (begun) id->pid = find_started(dir);
    if (begun && is_it(id, dir)) return true;
    snprintf(path, sizeof path, "%s/" PROCESS, dir);
    if (read_id(path, id) && is_it(id, dir)) return true;
    snprintf(path, sizeof path, "%s/%s", dir, pidfile);
    return read_id(path, id) && is_it(id, dir);
}

int proc_adopt(
    uv_loop_t *loop, const char *dir, const char *pidfile, proc_exited *exited, void *arg, struct proc **out, struct err *e)
{
    struct proc_id id;
    *out = NULL;
    bool found = find_process(dir, pidfile, &id);
    if (found && id.started_ms == 0) id.started_ms = clock_now_ms();
    if (found) save_id(dir, PROCESS, &id, e);
    forget_note(dir, STARTING);
    if (!found) return 0;
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)id.pid, 0);
    if (fd < 0 && errno == ESRCH) return 0;
    if (fd < 0) return err_set(e, ERR_IO, "watching process %ld: %s", id.pid, strerror(errno));
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!is_it(&id, dir)) { /* it ended in between, and the pid is somebody else's */
        close(fd);
        return 0;
    }
    struct proc *p = proc_new(exited, arg);
    p->pidfd = fd;
    p->id = id;
    if (uv_poll_init(loop, &p->h.poll, fd) != 0) abort(); /* a pidfd can always be polled */
    uv_poll_start(&p->h.poll, UV_READABLE, pidfd_ready);
    *out = p;
    return 0;
}

void proc_end_group(const struct proc_id *id)
{
    unsigned long long start;
    if (id->pid <= 1 || (start_time(id->pid, &start) && start != id->start)) return;
    kill(-(pid_t)id->pid, SIGKILL);
}

bool proc_is_noted(const char *dir, long pid)
{
    char path[PATH_MAX];
    struct proc_id id;
    snprintf(path, sizeof path, "%s/" STARTING, dir);
    if (read_id(path, &id)) return true;
    snprintf(path, sizeof path, "%s/" PROCESS, dir);
    return read_id(path, &id) && id.pid == pid;
}

int proc_note(const char *dir, long pid, struct err *e)
{
    struct proc_id id = {.pid = pid, .started_ms = clock_now_ms(), .incarnation = -1};
    if (!start_time(pid, &id.start)) return err_set(e, ERR_IO, "process %ld is gone", pid);
    return save_id(dir, PROCESS, &id, e);
}

bool proc_unaccounted(const char *dir, struct proc_id *last)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" PROCESS, dir);
    return read_id(path, last) && last->pid > 1;
}

void proc_account(const char *dir)
{
    forget_note(dir, PROCESS);
}

bool proc_is(const struct proc *p, int64_t pid, int64_t started_ms)
{
    return p != NULL && p->id.pid == pid && (started_ms == 0 || started_ms == p->id.started_ms);
}

const struct proc_id *proc_id(const struct proc *p)
{
    return &p->id;
}

void proc_ask(struct proc *p, const char *dir, const char *asked)
{
    struct err e;
    snprintf(p->id.asked, sizeof p->id.asked, "%s", asked);
    if (!p->ended) save_id(dir, PROCESS, &p->id, &e); /* without it, the next agent takes what it is asked for as said */
}

void proc_stand_for(struct proc *p, const char *dir, int64_t incarnation)
{
    struct err e;
    p->id.incarnation = incarnation;
    if (!p->ended) save_id(dir, PROCESS, &p->id, &e);
}

bool proc_works(struct proc *p)
{
    char path[96];
    struct proc_stat st;
    snprintf(path, sizeof path, "/proc/%ld/stat", p->id.pid);
    if (p->ended || !proc_stat_read(path, &st)) return false;
    bool used = st.used != p->used;
    p->used = st.used;
    if (proc_stat_stopped(&st)) return false;
    return used || st.state == 'R' || st.state == 'D';
}

bool proc_is_stopped(const struct proc *p)
{
    struct proc_stat st;
    return !p->ended && proc_stat_of(p->id.pid, &st) && proc_stat_stopped(&st);
}

void proc_signal(struct proc *p, int signal)
{
    if (p->ended) return;
    if (p->own) uv_process_kill(&p->h.child, signal);
    else syscall(SYS_pidfd_send_signal, p->pidfd, signal, NULL, 0);
}
