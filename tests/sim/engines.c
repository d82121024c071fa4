#include "engines.h"
#include "base/index.h"
#include "base/slots.h"
#include "expect.h"
#include "forwarder_virtual.h"
#include "machine.h"
#include "models.h"
#include "record.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITE_BYTES = 100, HOPS = 3, PULL_MS = 60, LINES_MAX = 256, UNHEARD_MS = 5000 };

struct forward {
    struct forward *next;
    char address[48], target[48];
    int port, target_port;
};

static struct far_line {
    char region[32], far[32];
    struct line line;
} lines[LINES_MAX];
static size_t n_lines;
static struct engine *all;
static struct index forwards; /* by the address: the newest of those at its ports */

static void pull(void *arg);

static void engine_ended(struct process *p, int status, int signal)
{
    (void)status;
    expect_ended(p->body, signal == SIGTERM);
}

struct engine *engine_new(struct process *p, const char *region, const char *id)
{
    struct engine *e = calloc(1, sizeof *e);
    if (e == NULL) abort();
    e->process = p;
    p->body = e;
    e->started_ms = machine_wall_ms();
    snprintf(e->region, sizeof e->region, "%s", region);
    snprintf(e->id, sizeof e->id, "%s", id);
    e->next = all;
    all = e;
    return e;
}

struct engine *engine_start(const char *region, const char *id, const char *group, const char *folder)
{
    char name[96];
    snprintf(name, sizeof name, "engine %s %s", region, id);
    struct process *p = machine_spawn(name, folder);
    p->ended = engine_ended;
    struct engine *e = engine_new(p, region, id);
    snprintf(e->group, sizeof e->group, "%s", group);
    e->offset = 1;
    record("%s starts (%ld)", name, p->pid);
    return e;
}

struct engine *engines_living(void)
{
    for (struct engine **at = &all; *at;)
        if (!(*at)->process->alive) *at = (*at)->next;
        else at = &(*at)->next;
    for (struct engine *e = all; e; e = e->next)
        if (e->model) models_see(e);
    return all;
}

static bool listens(const struct engine *e, const char *address, int64_t port)
{
    bool tls;
    if (e->model) return e->model == model_at(models_world(), address, (int)port, &tls);
    if (!e->process->alive || e->port != port) return false;
    if (strcmp(e->address, address) == 0) return true;
    for (size_t i = 0; i < e->n_endpoints; i++)
        if (strcmp(e->endpoints[i], address) == 0) return true;
    return false;
}

struct engine *engine_at(const char *address, int64_t port)
{
    for (struct engine *e = engines_living(); e; e = e->next)
        if (listens(e, address, port)) return e;
    return NULL;
}

static struct forward *forward_at(const char *address, int64_t port)
{
    struct forward *f = index_get(&forwards, address);
    while (f && f->port != port) f = f->next;
    return f;
}

struct engine *engine_through(const char *address, int64_t port)
{
    if (models_world()) return models_engine(forwarder_reaches(address, port));
    for (int hop = 0; hop < HOPS; hop++) {
        const struct forward *f = forward_at(address, port);
        if (f == NULL) return engine_at(address, port);
        address = f->target;
        port = f->target_port;
    }
    return NULL;
}

void engine_set_link(const char *address, int64_t port, const char *target, int64_t target_port)
{
    struct forward *f = forward_at(address, port);
    if (f == NULL) {
        f = calloc(1, sizeof *f);
        if (f == NULL) abort();
        snprintf(f->address, sizeof f->address, "%s", address);
        f->port = (int)port;
        f->next = index_get(&forwards, address);
        index_put(&forwards, f->address, f);
    }
    snprintf(f->target, sizeof f->target, "%s", target);
    f->target_port = (int)target_port;
}

void engine_drop_lines(const char *region)
{
    for (size_t i = 0; i < n_lines;)
        if (strcmp(lines[i].region, region) == 0) lines[i] = lines[--n_lines];
        else i++;
}

void engine_set_line(const char *region, const char *far, const struct line *l)
{
    if (n_lines == LINES_MAX) abort();
    struct far_line *x = &lines[n_lines++];
    snprintf(x->region, sizeof x->region, "%s", region);
    snprintf(x->far, sizeof x->far, "%s", far);
    x->line = *l;
}

/* The gateway stands at the end of whoever follows. */
static struct line line_between(const struct engine *e, const struct engine *up)
{
    for (size_t i = 0; up && i < n_lines; i++)
        if (strcmp(lines[i].region, e->region) == 0 && strcmp(lines[i].far, up->region) == 0) return lines[i].line;
    return (struct line){0};
}

const struct slots *engine_slots(const struct engine *e)
{
    static struct slots served;
    if (e->model == NULL) return e->slots;
    served = (struct slots){0};
    for (int slot = 0; slot < SLOTS; slot++)
        if (model_serves(e->model, slot)) slots_add(&served, slot);
    return &served;
}

static bool is_busy(const struct engine *e)
{
    return machine_ms() < e->busy_until_ms;
}

bool engine_answers(const struct engine *e)
{
    return e && e->process->alive && !e->process->stopped && machine_ms() >= e->ready_ms && !is_busy(e);
}

void engine_be_busy(struct engine *e, int64_t for_ms)
{
    record("%s is busy for %lld ms", e->process->name, (long long)for_ms);
    e->busy_until_ms = machine_ms() + for_ms;
}

bool engine_takes_writes(const struct engine *e)
{
    return engine_answers(e) && e->primary && !e->fenced && !e->locked;
}

bool engine_has(const struct engine *e, uint32_t number)
{
    if (e->model) return models_have(e, number);
    for (size_t i = e->n_writes; i-- > 0;)
        if (e->writes[i] == number) return true;
    return false;
}

static void set_writes(struct engine *e, const uint32_t *writes, size_t n)
{
    if (n == 0 || writes == e->writes) {
        e->n_writes = n;
        return;
    }
    e->writes = realloc(e->writes, n * sizeof *writes);
    if (e->writes == NULL) abort();
    memcpy(e->writes, writes, n * sizeof *writes);
    e->n_writes = n;
}

bool engine_write(struct engine *e, uint32_t number)
{
    if (e->model) return models_write(e, number);
    e->writes = realloc(e->writes, (e->n_writes + 1) * sizeof *e->writes);
    if (e->writes == NULL) abort();
    e->writes[e->n_writes++] = number;
    e->offset += WRITE_BYTES;
    return true;
}

static bool begins_with(const struct engine *whole, const struct engine *part)
{
    if (part->n_writes > whole->n_writes || part->offset > whole->offset) return false;
    return part->n_writes == 0 || memcmp(whole->writes, part->writes, part->n_writes * sizeof *part->writes) == 0;
}

static void pull_again(struct engine *e)
{
    machine_after(e->process, (1 + machine_below(PULL_MS)) * NS_OF_MS, pull, e);
}

/* It worked, or stood still: what was sent to it meanwhile waits in its socket, even if whoever sent it is dead. With that the link ends. */
static void end_link(struct engine *e)
{
    const struct engine *from = e->source;
    if (!e->link_up || from == NULL || from->process->alive) return;
    e->link_up = false;
    if (machine_ms() <= e->pulled_ms + PULL_MS + e->lag_ms || !begins_with(from, e)) return;
    e->offset = from->offset;
    set_writes(e, from->writes, from->n_writes);
}

/* The replica's end of the link: connects, synchronises, and takes what has come since. */
static void pull(void *arg)
{
    struct engine *e = arg, *up = e->upstream[0] ? engine_through(e->upstream, e->upstream_port) : NULL;
    if (e->primary) return;
    if (is_busy(e)) return pull_again(e); /* what is sent to it waits */
    end_link(e);
    e->pulled_ms = machine_ms();
    struct line line = line_between(e, up);
    e->lag_ms = line.latency_ms;
    if (!line.lost) e->heard_ms = machine_ms();
    if (line.lost && e->link_up && machine_ms() < e->heard_ms + UNHEARD_MS) return pull_again(e);
    if (line.lost || line.down) up = NULL;
    if (e->link_up && up && is_busy(up))
        return pull_again(e); /* it stays, and whoever is busy at this end has all that was sent */
    if (machine_ms() < e->ready_ms || !engine_answers(up) || up == e || (!up->primary && !up->link_up)) {
        e->link_up = false;
        return pull_again(e);
    }
    if (!e->link_up && !begins_with(up, e) && !e->syncing) { /* all of it comes anew, which takes its time */
        e->syncing = true;
        machine_after(e->process, (10 + machine_below(300)) * NS_OF_MS, pull, e);
        return;
    }
    if (!e->link_up) record("%s follows %s", e->process->name, up->process->name);
    e->syncing = false;
    e->link_up = true;
    e->source = up;
    e->offset = up->offset;
    set_writes(e, up->writes, up->n_writes);
    machine_after(e->process, (1 + line.latency_ms + machine_below(PULL_MS)) * NS_OF_MS, pull, e);
}

void engine_follow(struct engine *e, const char *address, int64_t port)
{
    bool pulls = !e->primary && e->upstream[0];
    if (!e->primary && strcmp(e->upstream, address) == 0 && e->upstream_port == port) return;
    e->primary = e->master = e->fenced = e->locked = e->link_up = e->syncing = false;
    snprintf(e->upstream, sizeof e->upstream, "%s", address);
    e->upstream_port = (int)port;
    if (!pulls) pull_again(e);
}

/* What waits in its socket came before the order, and is taken before it. */
void engine_promote(struct engine *e)
{
    if (e->primary) return;
    end_link(e);
    record("%s becomes primary at %lld", e->process->name, (long long)e->offset);
    e->primary = e->master = true;
    e->link_up = e->syncing = false;
    e->upstream[0] = '\0';
    e->branch_offset = e->offset + 1;
    expect_writable(e);
}
