#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    WAIT_LIMIT_MS = 20000, /* an agent's long poll is answered with nothing after this */
    RESPAWN_MAX_MS = 2000,
    STOP_RESPAWN_MS = 100,   /* while all shall stop */
    STOP_TRIES = 3,          /* an agent that dies this often while all shall stop is given up */
    HEALTHY_NS = 1000000000, /* an agent that lived this long is started again at once */
};

static void start_agent(struct session *s);

struct session *session_find(struct control *c, const char *region)
{
    for (struct session *s = c->sessions; s; s = s->next)
        if (strcmp(s->region, region) == 0) return s;
    return NULL;
}

static void region_path(const struct session *s, char *out, size_t size, const char *file)
{
    snprintf(out, size, "%s/regions/%s%s%s", s->control->o.data_dir, s->region, file ? "/" : "", file ? file : "");
}

pid_t session_lock_holder(const char *data_dir, const char *region)
{
    char path[600];
    snprintf(path, sizeof path, "%s/regions/%s/agent.lock", data_dir, region);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return 0;
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int r = fcntl(fd, F_GETLK, &l);
    close(fd);
    return r == 0 && l.l_type != F_UNLCK ? l.l_pid : 0;
}

bool session_left_over(const struct control *c, const char *region)
{
    return session_lock_holder(c->o.data_dir, region) != 0;
}

static void on_respawn(uv_timer_t *t)
{
    start_agent(t->data);
}

/* While all shall stop, an agent that can't be started must not hold that up for ever. */
static bool give_up(struct session *s)
{
    if (s->control->stopped == NULL || ++s->failures < STOP_TRIES) return false;
    log_error("the agent of %s can't be started to stop its nodes; see %s/regions/%s/agent.log", s->region,
        s->control->o.data_dir, s->region);
    s->stopped = s->given_up = true;
    control_agent_changed(s->control);
    return true;
}

/* 'how' tells what is known of its end. */
static void agent_gone(struct session *s, const char *how)
{
    bool healthy = clock_mono_ns() - s->started_ns > HEALTHY_NS;
    s->pid = 0;
    s->in_touch = false;
    buf_clear(&s->sighting);
    control_agent_changed(s->control);
    if (s->closing || (s->stopped && s->control->stopped)) return;
    s->stopped = false; /* somebody else told it to stop */
    if (!healthy && give_up(s)) return;
    s->respawn_ms = healthy || s->respawn_ms == 0 ? 5 : s->respawn_ms * 2 > RESPAWN_MAX_MS ? RESPAWN_MAX_MS : s->respawn_ms * 2;
    log_warn("the agent of %s is gone%s; starting it again", s->region, how);
    uv_timer_start(&s->respawn, on_respawn, (uint64_t)s->respawn_ms, 0);
}

static void on_closed(uv_handle_t *h)
{
    struct session *s = h->data;
    if (--s->open_handles > 0 || !s->closing) return;
    buf_fini(&s->sighting);
    buf_fini(&s->assignment);
    buf_fini(&s->unversioned);
    free(s->region);
    free(s);
}

/* The pid is still its own: a child is not reaped before its end was told, and a pidfd is that of the process alone. */
void session_signal(struct session *s, int signal)
{
    if (s->pid == 0) return;
    if (s->pidfd_fd >= 0) syscall(SYS_pidfd_send_signal, s->pidfd_fd, signal, NULL, 0);
    else uv_process_kill(&s->process, signal);
}

static void condemn(struct session *s)
{
    log_warn("the agent of %s hangs (pid %d): killing it, another one takes over its nodes", s->region, (int)s->pid);
    s->condemned = true;
    session_signal(s, SIGKILL);
}

/* An agent that has nothing to do yet owes no report: that it waits for its assignment is all that it has to say. */
void session_look(struct session *s)
{
    if (s->pid == 0 || s->condemned || (s->waiter && !s->briefed)) return;
    bool hangs = silence_hangs(&s->silence, silence_look(&s->silence, s->pid));
    if (s->in_touch && silence_falls(&s->silence)) {
        log_warn("the agent of %s has fallen silent", s->region);
        s->in_touch = false;
        control_changed(s->control);
    }
    if (hangs) condemn(s);
}

static void on_exit_child(uv_process_t *p, int64_t status, int sig)
{
    char how[40];
    if (sig) snprintf(how, sizeof how, " (killed by signal %d)", sig);
    else snprintf(how, sizeof how, " (exited with status %d)", (int)status);
    uv_close((uv_handle_t *)p, on_closed);
    agent_gone(p->data, how);
}

static void close_pidfd(struct session *s)
{
    if (s->pidfd_fd < 0) return;
    uv_close((uv_handle_t *)&s->pidfd, on_closed);
    close(s->pidfd_fd);
    s->pidfd_fd = -1;
}

static void on_pidfd(uv_poll_t *p, int status, int events)
{
    struct session *s = p->data;
    (void)status;
    (void)events;
    close_pidfd(s);
    agent_gone(s, "");
}

/* Another process from here on. */
static void begin(struct session *s)
{
    s->started_ns = clock_mono_ns();
    s->briefed = s->condemned = false;
    s->silence = (struct silence){0};
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
static bool adopt(struct session *s, pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return false;
    if (carries_token(pid)) kill(pid, SIGKILL);
    s->pidfd_fd = fd;
    s->pid = pid;
    begin(s);
    uv_poll_init(s->control->o.loop, &s->pidfd, fd);
    s->pidfd.data = s;
    s->open_handles++;
    uv_poll_start(&s->pidfd, UV_READABLE, on_pidfd);
    log_info("found the agent of %s at work (pid %d)", s->region, (int)pid);
    return true;
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST) log_error("making %s: %s", path, strerrordesc_np(errno));
}

enum { AGENT_ARGS = 100 };

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
static int spawn(struct session *s, const char *folder, int log_fd)
{
    const struct control_options *o = &s->control->o;
    size_t n = 8;
    _arena_ struct arena a = {0};
    const char *args[AGENT_ARGS] = {
        o->program, "agent", "--region", s->region, "--data-dir", folder, "--log-level", o->log_level};
    if (o->redis_server) args[n++] = "--redis-server", args[n++] = o->redis_server;
    if (o->memcached) args[n++] = "--memcached", args[n++] = o->memcached;
    if (o->engines) add_engines(args, n, arena_strdup(&a, o->engines));
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = log_fd}, {.flags = UV_INHERIT_FD, .data.fd = log_fd}};
    uv_process_options_t options = {.file = args[0],
        .args = (char **)args,
        .exit_cb = on_exit_child,
        .flags = UV_PROCESS_DETACHED,
        .stdio = io,
        .stdio_count = 3};
    s->process.data = s;
    begin(s);
    s->open_handles++;
    int r = uv_spawn(o->loop, &s->process, &options);
    if (r == 0) s->pid = s->process.pid;
    return r;
}

static void start_agent(struct session *s)
{
    char folder[600], path[600];
    if (s->closing || s->pid) return;
    pid_t holder = session_lock_holder(s->control->o.data_dir, s->region);
    if (holder && adopt(s, holder)) return;
    snprintf(path, sizeof path, "%s/regions", s->control->o.data_dir);
    make_folder(path);
    region_path(s, folder, sizeof folder, NULL);
    make_folder(folder);
    region_path(s, path, sizeof path, "agent.log");
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? -errno : spawn(s, folder, fd);
    if (fd >= 0) close(fd);
    if (r == 0) return;
    log_error("starting the agent of %s: %s", s->region, uv_strerror(r));
    if (fd >= 0) uv_close((uv_handle_t *)&s->process, on_closed);
    if (!give_up(s)) uv_timer_start(&s->respawn, on_respawn, s->control->stopped ? STOP_RESPAWN_MS : RESPAWN_MAX_MS, 0);
}

struct session *session_ensure(struct control *c, const char *region)
{
    struct session *s = session_find(c, region);
    if (s) return s;
    s = calloc(1, sizeof *s);
    if (s == NULL || (s->region = strdup(region)) == NULL) abort();
    s->control = c;
    s->pidfd_fd = -1;
    s->heard_ms = clock_steady_ms();
    s->version = s->heard_ms; /* greater than any that an agent may have from an earlier serve */
    uv_timer_init(c->o.loop, &s->respawn);
    uv_timer_init(c->o.loop, &s->wait_limit);
    s->respawn.data = s->wait_limit.data = s;
    s->open_handles = 2;
    s->next = c->sessions;
    c->sessions = s;
    start_agent(s);
    return s;
}

static void answer(struct session *s, const char *text, size_t len)
{
    control_assignment_fn *done = s->waiter;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    if (text) s->briefed = true;
    if (done) done(s->waiter_arg, text, len);
}

void session_release(struct session *s)
{
    answer(s, NULL, 0);
}

void session_assign(struct session *s, const struct buf *text)
{
    if (s->unversioned.len == text->len && memcmp(s->unversioned.data, text->data, text->len) == 0) return;
    buf_clear(&s->unversioned);
    buf_add(&s->unversioned, text->data, text->len);
    s->version++;
    /* The text begins with {"version":0 – the number is put in by hand rather than by encoding everything once more. */
    static const char head[] = "{\"version\":0";
    buf_clear(&s->assignment);
    buf_printf(&s->assignment, "{\"version\":%lld", (long long)s->version);
    buf_add(&s->assignment, text->data + sizeof head - 1, text->len - (sizeof head - 1));
    if (s->waiter) answer(s, s->assignment.data, s->assignment.len);
}

static void on_wait_limit(uv_timer_t *t)
{
    session_release(t->data);
}

void control_wait(struct control *c, const char *region, int64_t after, control_assignment_fn *done, void *arg)
{
    struct session *s = session_find(c, region);
    if (s == NULL) {
        done(arg, NULL, 0);
        return;
    }
    session_release(s);
    silence_end(&s->silence);
    s->waiter = done;
    s->waiter_arg = arg;
    if (s->version != after && s->assignment.len) {
        answer(s, s->assignment.data, s->assignment.len);
        return;
    }
    uv_timer_start(&s->wait_limit, on_wait_limit, WAIT_LIMIT_MS, 0);
}

void control_unwait(struct control *c, const char *region, void *arg)
{
    struct session *s = session_find(c, region);
    if (s == NULL || s->waiter == NULL || s->waiter_arg != arg) return;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    s->in_touch = false;
    buf_clear(&s->sighting);
    control_agent_changed(c);
}

void session_close(struct session *s)
{
    s->closing = true;
    session_release(s);
    uv_close((uv_handle_t *)&s->respawn, on_closed);
    uv_close((uv_handle_t *)&s->wait_limit, on_closed);
    close_pidfd(s);
    if (s->pid && s->process.data && !uv_is_closing((uv_handle_t *)&s->process)) uv_close((uv_handle_t *)&s->process, on_closed);
}
