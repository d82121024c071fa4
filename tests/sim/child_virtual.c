#include "child_virtual.h"
#include "base/child.h"
#include "agent/os/program.h"
#include "base/proc_place.h"
#include "engines.h"
#include "machine.h"
#include "models.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* base/child.h, agent/os/program.h and base/proc_place.h: the processes of engines on the simulated machine. */

struct child {
    struct child *next;
    struct process *process, *watcher;
    bool own;
    child_ended *ended; /* NULL: nobody wants to know any more */
    void *arg;
    int status, signal;
};

static struct child *children;

static struct child *child_new(struct process *p, bool own, child_ended *ended, void *arg)
{
    struct child *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    *c = (struct child){children, p, machine_current(), own, ended, arg, 0, 0};
    return children = c;
}

int child_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], int output, child_ended *ended,
    void *arg, struct child **out)
{
    char link[64], log[PATH_MAX];
    int argc = 0;
    (void)loop;
    (void)env;
    snprintf(link, sizeof link, "/proc/self/fd/%d", output);
    ssize_t n = readlink(link, log, sizeof log - 1);
    if (n < 0) abort();
    log[n] = '\0';
    while (args[argc]) argc++;
    struct process *p = models_spawn(dir, strrchr(log, '/') + 1, argc, (const char *const *)args);
    *out = child_new(p, true, ended, arg);
    return 0;
}

int child_watch(uv_loop_t *loop, long pid, child_ended *ended, void *arg, struct child **out)
{
    struct process *p = machine_process(pid);
    (void)loop;
    if (p == NULL || !p->alive) return ESRCH;
    *out = child_new(p, false, ended, arg);
    return 0;
}

static void forget(struct child *c)
{
    struct child **at = &children;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    free(c);
}

static void tell_end(void *arg)
{
    struct child *c = arg;
    if (c->ended) c->ended(c->arg, c->status, c->signal);
    forget(c);
}

void children_ended(const struct process *p, int status, int signal)
{
    for (struct child *c = children, *next; c; c = next) {
        next = c->next;
        if (!c->watcher->alive) {
            forget(c);
            continue;
        }
        if (c->process != p) continue;
        c->status = c->own ? status : -1;
        c->signal = c->own ? signal : 0;
        machine_after(c->watcher, machine_below(NS_OF_MS), tell_end, c);
    }
}

void child_leave(struct child *c)
{
    c->ended = NULL;
}

long child_pid(const struct child *c)
{
    return c->process->pid;
}

void child_signal(struct child *c, int signal)
{
    machine_kill(c->process, signal);
}

bool child_signal_below(long pid, const char *folder, int signal)
{
    (void)pid, (void)folder, (void)signal; /* faults are the simulator's own (faults.h) */
    return false;
}

void child_kill(long pid)
{
    machine_kill(machine_process(pid), SIGKILL);
}

/* A model's child ends with it. */
void child_kill_group(long pid)
{
    (void)pid;
}

int program_ask(const char *path, const char *question, char *out, size_t size)
{
    (void)question;
    snprintf(out, size, "%s\n", model_version_line(models_kind_of(path)));
    return 0;
}

bool proc_place_of(long pid, struct proc_place *out)
{
    const struct process *p = machine_process(pid);
    if (p == NULL || !p->alive) return false;
    const char *deleted = access(p->folder, F_OK) == 0 ? "" : " (deleted)";
    out->pid = pid;
    out->leads = true;
    snprintf(out->folder, sizeof out->folder, "%s%s", p->folder, deleted);
    snprintf(out->output, sizeof out->output, "%s/engine.log%s", p->folder, deleted);
    return true;
}

bool proc_place_find(bool (*look)(void *arg, const struct proc_place *p), void *arg)
{
    struct proc_place place;
    for (const struct engine *e = engines_living(); e; e = e->next)
        if (proc_place_of(e->process->pid, &place) && look(arg, &place)) return true;
    return false;
}
