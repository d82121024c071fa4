#include "real_agent.h"
#include "agent/session/agent.h"
#include "forwarder_virtual.h"
#include "machine.h"
#include "record.h"
#include "wire.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct real {
    struct agent_options options;
    struct agent *agent;
    char region[64], folder[256];
};

static void over(struct process *p)
{
    const struct real *r = p->body;
    struct err e = {0};
    if (r->agent == NULL) return;
    if (agent_close(r->agent, &e) != 0) record("%s: %s", p->name, e.msg);
    machine_exit(p, e.code != 0);
}

/* Its memory stays where it is once it dies: the run is short. */
void real_agent(struct process *p, const char *region, const char *folder)
{
    struct real *r = calloc(1, sizeof *r);
    struct err e = {0};
    if (r == NULL) abort();
    snprintf(r->region, sizeof r->region, "%s", region);
    snprintf(r->folder, sizeof r->folder, "%s", folder);
    r->options = (struct agent_options){.region = r->region, .data_dir = r->folder};
    p->body = r;
    p->over = over;
    if (agent_open(&r->options, &r->agent, &e) == 0) return;
    record("%s can't start: %s", p->name, e.msg);
    machine_exit(p, 1);
}

void real_agent_ended(const struct process *p)
{
    wires_leave(p);
    forwarders_leave(p);
}

void real_agents_prepare(const char *dir)
{
    static const char *const programs[] = {"redis-server", "valkey-server", "memcached"};
    char path[300];
    snprintf(path, sizeof path, "%s/bin", dir);
    mkdir(path, 0700);
    setenv("PATH", "/proc/self/cwd/bin:/usr/bin:/bin", 1); /* the same in every run, as it is told in sightings */
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        snprintf(path, sizeof path, "%s/bin/%s", dir, programs[i]);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
        if (fd < 0) abort();
        close(fd);
    }
}
