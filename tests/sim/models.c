#include "models.h"
#include "bound_virtual.h"
#include "child_virtual.h"
#include "engines.h"
#include "expect.h"
#include "forwarder_virtual.h"
#include "machine.h"
#include "record.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { US = 1000, LOOK_MS = 20, BURY_MS = 1000 };
#define MODELS_WALL_MS 1700000000000LL /* a model's wall clock at its time 0 */

static struct {
    struct model_world *w;
    struct machine_event *tick;
    int64_t tick_at;
    long pid;                /* of the process that is being started */
    int64_t paused_until_ms; /* by a client (machine_ms) */
} m;

/* ---- time ---- */

int64_t models_now(void)
{
    return machine_ns() / US;
}

static void tick_due(void *arg)
{
    (void)arg;
    m.tick = NULL;
    model_wall(m.w, (machine_wall_ms() - MODELS_WALL_MS) * 1000 - models_now());
    model_tick(m.w, models_now());
    models_wake();
}

void models_wake(void)
{
    int64_t next = model_next(m.w);
    if (m.tick && m.tick_at <= next) return;
    machine_cancel(m.tick);
    m.tick = NULL;
    if (next == INT64_MAX) return;
    m.tick_at = next;
    m.tick = machine_after(NULL, next * US - machine_ns(), tick_due, NULL);
}

/* ---- processes ---- */

struct engine *models_engine(const struct model_engine *model)
{
    return model ? machine_process(model_pid(model))->body : NULL;
}

static bool works(const struct process *p)
{
    const struct engine *e = p->body;
    return model_works(e->model, models_now());
}

static void hears(struct process *p, int signal)
{
    const struct engine *e = p->body;
    model_signal(e->model, signal, models_now());
    models_wake();
}

/* Whoever looked at it has let go of it by then. */
static void bury(void *arg)
{
    struct engine *e = arg;
    model_forget(e->model);
    e->model = NULL;
}

static void ended(struct process *p, int status, int signal)
{
    struct engine *e = p->body;
    expect_ended(e, model_has_saved(e->model));
    e->client = e->burdener = NULL;
    if (model_is_alive(e->model)) model_signal(e->model, SIGKILL, models_now());
    children_ended(p, status, signal);
    machine_after(NULL, (int64_t)BURY_MS * NS_OF_MS, bury, e);
    models_wake();
}

static void model_exited(void *arg, struct model_engine *model, int status, int signal)
{
    (void)arg;
    machine_ended(machine_process(model_pid(model)), status, signal);
}

static long pid_for_model(void *arg)
{
    (void)arg;
    return m.pid;
}

static void unknown(void *arg, const struct model_engine *model, const char *what)
{
    (void)arg;
    record_failure("the model in %s is asked for what it does not know: %s", model_dir(model), what);
}

enum model_kind models_kind_of(const char *program)
{
    if (strstr(program, "memcached")) return MODEL_MEMCACHED;
    return strstr(program, "valkey") ? MODEL_VALKEY : MODEL_REDIS;
}

/* …/REGION/NODE */
static void read_folder(struct engine *e, const char *dir)
{
    const char *node = strrchr(dir, '/'), *region = node;
    while (region > dir && region[-1] != '/') region--;
    snprintf(e->id, sizeof e->id, "%s", node + 1);
    snprintf(e->region, sizeof e->region, "%.*s", (int)(node - region), region);
}

struct process *models_spawn(const char *dir, const char *log, int argc, const char *const argv[])
{
    struct engine named = {0};
    char name[140];
    read_folder(&named, dir);
    snprintf(name, sizeof name, "engine %s %s", named.region, named.id);
    struct process *p = machine_spawn(name, dir);
    p->works = works;
    p->hears = hears;
    p->ended = ended;
    m.pid = p->pid;
    struct engine *e = engine_new(p, named.region, named.id);
    e->keeps_data = models_kind_of(argv[0]) != MODEL_MEMCACHED;
    e->model = model_spawn(m.w, models_kind_of(argv[0]), dir, log, argc, argv, models_now());
    record("%s starts (%ld)", p->name, p->pid);
    models_wake();
    return p;
}

struct model_engine *models_in(const char *dir)
{
    return m.w ? model_in(m.w, dir) : NULL;
}

/* ---- what is seen of an engine ---- */

void models_see(struct engine *e)
{
    struct model_role r;
    model_role(e->model, models_now(), &r);
    bool took_writes = e->primary && !e->fenced;
    e->ready_ms = model_answers(e->model, models_now()) ? 0 : INT64_MAX;
    e->primary = e->master = r.primary;
    e->fenced = r.primary && !r.takes_writes;
    e->link_up = r.link_up;
    e->offset = r.offset;
    e->n_writes = model_keys(e->model);
    snprintf(e->upstream, sizeof e->upstream, "%s", r.upstream_host ? r.upstream_host : "");
    e->upstream_port = r.upstream_port;
    if (e->primary && !e->fenced && !took_writes) expect_writable(e);
}

static void look(void *arg)
{
    (void)arg;
    engines_living();
    machine_after(NULL, (int64_t)LOOK_MS * NS_OF_MS, look, NULL);
}

static const char *key_of_write(uint32_t number)
{
    static char key[32];
    snprintf(key, sizeof key, "w%u", number);
    return key;
}

static void client_down(void *arg, const char *why)
{
    struct engine *e = arg;
    (void)why;
    e->client = NULL;
}

static void client_reply(void *arg, const struct redisReply *r)
{
    (void)arg;
    (void)r;
}

bool models_write(struct engine *e, uint32_t number)
{
    static const struct model_events events = {client_reply, client_down};
    if (e->client == NULL) e->client = model_connect(e->model, "client", &events, e);
    if (e->client == NULL) return false;
    const struct redisReply *r =
        model_command(e->client, 3, (const char *const[]){"SET", key_of_write(number), "1"}, NULL, models_now());
    if (r == NULL && e->client) { /* held up, and so never to be carried out */
        model_close(e->client, models_now());
        e->client = NULL;
    }
    models_wake();
    return r && r->type == REDIS_REPLY_STATUS;
}

bool models_have(const struct engine *e, uint32_t number)
{
    return model_value(e->model, key_of_write(number)) != NULL;
}

/* ---- burdens ---- */

static void burdener_down(void *arg, const char *why)
{
    struct engine *e = arg;
    (void)why;
    e->burdener = NULL;
}

static void client_commands(struct engine *e, int n, const char *const words[])
{
    static const struct model_events events = {client_reply, burdener_down};
    if (e->burdener == NULL) e->burdener = model_connect(e->model, "client", &events, e);
    if (e->burdener) model_command(e->burdener, n, words, NULL, models_now());
}

void models_burden(struct engine *e, const char *kind, int64_t ms)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)ms);
    if (!e->keeps_data) return;
    record("%s: %s for %s ms", e->process->name, kind, number);
    if (strcmp(kind, "stall") == 0) model_stall(e->model, ms * US, models_now());
    else if (strcmp(kind, "script") == 0) client_commands(e, 3, (const char *const[]){"EVAL", "while true do end", "0"});
    else if (strcmp(kind, "pause") == 0) {
        client_commands(e, 4, (const char *const[]){"CLIENT", "PAUSE", number, "ALL"});
        if (m.paused_until_ms < machine_ms() + ms) m.paused_until_ms = machine_ms() + ms;
    } else if (strcmp(kind, "full") == 0) model_fail_saves(e->model, "No space left on device");
    else record_failure("nobody knows the burden %s", kind);
    models_wake();
}

int64_t models_relieve(void)
{
    if (m.w == NULL) return 0;
    for (struct engine *e = engines_living(); e; e = e->next) {
        if (!e->keeps_data) continue;
        model_fail_saves(e->model, NULL);
        model_end_script(e->model, models_now());
        model_close(e->burdener, models_now()); /* what it waits for to be carried out never is */
        e->burdener = NULL;
    }
    models_wake();
    return m.paused_until_ms > machine_ms() ? m.paused_until_ms - machine_ms() : 0;
}

void models_open(uint64_t seed)
{
    m.w = model_world_new(seed, &(struct model_hooks){.pid = pid_for_model,
                                    .exited = model_exited,
                                    .dial = forwarder_dial,
                                    .carry = forwarder_carry,
                                    .taken = bound_keeps,
                                    .unknown = unknown});
    look(NULL);
}

struct model_world *models_world(void)
{
    return m.w;
}
