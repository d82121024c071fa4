#include "agents.h"
#include "control/agent_process.h"
#include "machine.h"
#include "record.h"
#include "serve.h"
#include "uv_virtual.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As much of a process as serve knows: one that was started, or found. */
struct agent_process {
    struct process *process;
    bool found;
    agent_process_ended *ended; /* NULL: nobody wants to know any more */
    void *arg;
    struct agent_process *next;
    char how[48];
};

void (*agents_body)(struct process *p, const char *region, const char *folder);
void (*agents_gone)(const struct process *p);
static struct agent_process *watched;

static bool is_agent_of(const struct process *p, const char *region)
{
    return p->alive && strncmp(p->name, "agent ", 6) == 0 && strcmp(p->name + 6, region) == 0;
}

struct process *agents_find(const char *region)
{
    for (struct process *p = machine_processes(); p; p = p->next)
        if (is_agent_of(p, region)) return p;
    return NULL;
}

pid_t agent_process_holder(const char *data_dir, const char *region)
{
    const struct process *p = agents_find(region);
    (void)data_dir;
    return p ? (pid_t)p->pid : 0;
}

static struct agent_process *watch(struct process *process, bool found, agent_process_ended *ended, void *arg)
{
    struct agent_process *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    *p = (struct agent_process){process, found, ended, arg, watched, ""};
    watched = p;
    return p;
}

static void forget(struct agent_process *p)
{
    for (struct agent_process **at = &watched; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
}

static void tell_end(void *arg)
{
    struct agent_process *p = arg;
    if (p->ended) p->ended(p->arg, p->how);
    free(p);
}

/* A parent hears of it a moment later. */
static void agent_ended(struct process *process, int status, int signal)
{
    network_cut(process->name + 6, 0);
    if (agents_gone) agents_gone(process);
    for (struct agent_process *p = watched, *next; p; p = next) {
        next = p->next;
        if (p->process != process) continue;
        if (!p->found && signal) snprintf(p->how, sizeof p->how, " (killed by signal %d)", signal);
        else if (!p->found) snprintf(p->how, sizeof p->how, " (exited with status %d)", status);
        forget(p);
        machine_after(serve_process(), machine_below(3 * NS_OF_MS), tell_end, p);
    }
}

struct beginning {
    struct process *process;
    char region[64];
};

static void begin(void *arg)
{
    struct beginning *b = arg;
    agents_body(b->process, b->region, b->process->folder);
    free(b);
}

int agent_process_start(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg, struct agent_process **out)
{
    char name[96], folder[256];
    snprintf(name, sizeof name, "agent %s", region);
    snprintf(folder, sizeof folder, "%s/regions", o->data_dir);
    mkdir(folder, 0700);
    snprintf(folder, sizeof folder, "%s/regions/%s", o->data_dir, region);
    mkdir(folder, 0700);
    struct process *p = machine_spawn(name, folder);
    record("serve starts the agent of %s (%ld)", region, p->pid);
    p->ended = agent_ended;
    *out = watch(p, false, ended, arg);
    struct beginning *b = calloc(1, sizeof *b);
    if (b == NULL) abort();
    b->process = p;
    snprintf(b->region, sizeof b->region, "%s", region);
    machine_after(p, (2 + machine_below(20)) * NS_OF_MS, begin, b);
    return 0;
}

struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg)
{
    struct process *p = agents_find(region);
    (void)o;
    return p ? watch(p, true, ended, arg) : NULL;
}

pid_t agent_process_pid(const struct agent_process *p)
{
    return (pid_t)p->process->pid;
}

bool agent_process_was_found(const struct agent_process *p)
{
    return p->found;
}

void agent_process_signal(struct agent_process *p, int signal)
{
    if (signal == SIGTERM) uv_virtual_signal(p->process, signal);
    else machine_kill(p->process, signal);
}

void agent_process_leave(struct agent_process *p)
{
    if (p == NULL) return;
    p->ended = NULL;
    forget(p);
}

void agents_serve_is_gone(void)
{
    for (struct agent_process *p = watched; p; p = p->next) p->ended = NULL;
    watched = NULL;
    network_cut(NULL, 0);
}
