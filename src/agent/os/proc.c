#include "agent/os/proc.h"
#include "base/child.h"
#include "agent/os/file.h"
#include "base/clock.h"
#include "base/proc_place.h"
#include "base/proc_stat.h"
#include "base/trip.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESS "process"
#define STARTING "starting" /* the same, before there is a number */

struct proc {
    struct proc_id id;
    struct child *child;
    bool ended;              /* the pid may belong to somebody else from here on */
    unsigned long long used; /* processor time of all its threads, as it was last seen */
    proc_exited *exited;
    void *arg;
};

static void proc_ended(void *arg, int status, int signal)
{
    struct proc *p = arg;
    p->ended = true;
    proc_end_group(&p->id);
    p->exited(p->arg, status, signal);
    free(p);
}

static bool start_time(long pid, unsigned long long *out)
{
    struct proc_stat st;
    if (!proc_stat_of(pid, &st)) return false;
    *out = st.start;
    return true;
}

struct search {
    char folder[PATH_MAX];
    long found;
};

/* Whoever only stands in the folder does not have its output go to a file there. */
static bool was_started_there(void *arg, const struct proc_place *p)
{
    struct search *s = arg;
    size_t len = strlen(s->folder);
    bool writes = strncmp(p->output, s->folder, len) == 0 && p->output[len] == '/';
    if (!p->leads || !writes || strcmp(p->folder, s->folder) != 0) return false;
    s->found = p->pid;
    return true;
}

/* The process that was started in 'dir' by whoever died before it could write down its number; its children are in its process group. */
static long find_started(const char *dir)
{
    struct search s = {.found = 0};
    if (realpath(dir, s.folder) != NULL) proc_place_find(was_started_there, &s);
    return s.found;
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

static struct proc *proc_new(const struct proc_id *id, proc_exited *exited, void *arg)
{
    struct proc *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->id = *id;
    p->exited = exited;
    p->arg = arg;
    return p;
}

int proc_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], const char *log,
    const struct proc_id *keep, proc_exited *exited, void *arg, struct proc **out, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, log);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "writing %s: %s", path, strerror(errno));
    if (save_id(dir, STARTING, keep, e) != 0) { /* whoever dies in the next moment leaves a process that has to be looked for */
        close(fd);
        return e->code;
    }
    struct proc *p = proc_new(keep, exited, arg);
    int r = trip_hit(TRIP_SPAWN) ? UV_EAGAIN : child_spawn(loop, dir, args, env, fd, proc_ended, p, &p->child);
    close(fd);
    if (r < 0) {
        forget_note(dir, STARTING);
        free(p);
        return err_set(e, ERR_IO, "starting %s: %s", args[0], uv_strerror(r));
    }
    trip_crash(TRIP_CRASH_AFTER_SPAWN);
    p->id.pid = child_pid(p->child);
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
    char real[PATH_MAX];
    struct proc_place place;
    if (id->pid <= 1 || !start_time(id->pid, &start)) return false;
    if (realpath(dir, real) == NULL || !proc_place_of(id->pid, &place) || strcmp(place.folder, real) != 0) return false;
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
    struct proc *p = proc_new(&id, exited, arg);
    int why = child_watch(loop, id.pid, proc_ended, p, &p->child);
    if (why == 0 && is_it(&p->id, dir)) {
        *out = p;
        return 0;
    }
    if (why == 0) child_leave(p->child); /* it ended in between, and the pid is somebody else's */
    free(p);
    return why == 0 || why == ESRCH ? 0 : err_set(e, ERR_IO, "watching process %ld: %s", id.pid, strerror(why));
}

void proc_end_group(const struct proc_id *id)
{
    unsigned long long start;
    if (id->pid <= 1 || (start_time(id->pid, &start) && start != id->start)) return;
    child_kill_group(id->pid);
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
    if (!p->ended) child_signal(p->child, signal);
}
