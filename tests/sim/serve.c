#include "catalog/account_key.h"
#include "serve.h"
#include "agents.h"
#include "base/clock.h"
#include "base/err.h"
#include "catalog/region.h"
#include "control/network.h"
#include "control/outages.h"
#include "control/rows.h"
#include "control/world_io.h"
#include "machine.h"
#include "model/form.h"
#include "ops/core/op.h"
#include "ops/reset/reset.h"
#include "record.h"
#include "sqlite_virtual.h"
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { START_NS = 150 * NS_OF_MS };

static struct {
    char data_dir[200], database[PATH_MAX], exports[PATH_MAX];
    struct process *process;
    uv_loop_t loop;
    struct store *store;
    struct control *control;
    struct ops_config ops;
    bool resets;
    char reset_region[32]; /* "": all */
} s;

void serve_open(const char *data_dir)
{
    char bucket[PATH_MAX + 20];
    snprintf(s.data_dir, sizeof s.data_dir, "%s", data_dir);
    snprintf(s.database, sizeof s.database, "%s/" DATABASE_NAME, data_dir);
    snprintf(s.exports, sizeof s.exports, "%s/exports", data_dir);
    snprintf(bucket, sizeof bucket, "%s/bucket", s.exports);
    mkdir(s.exports, 0700);
    mkdir(bucket, 0700);
    s.ops.snapshot_export_dir = s.exports;
}

const char *serve_data_dir(void)
{
    return s.data_dir;
}

bool serve_runs(void)
{
    return s.control != NULL;
}

struct process *serve_process(void)
{
    return s.process;
}

struct control *serve_control(void)
{
    return s.control;
}

struct store *serve_store(void)
{
    return s.store;
}

/* Whoever was connected meets the end of the connection. What it had in memory is left where it is: the run is short. */
static void serve_ended(struct process *p, int status, int signal)
{
    (void)p;
    (void)status;
    (void)signal;
    if (s.store) store_watch(s.store, NULL);
    if (s.store) store_rollback(s.store);
    store_close(s.store);
    s.store = NULL;
    s.control = NULL;
    s.resets = false;
    agents_serve_is_gone();
}

static struct reset_scope reset_scope(void)
{
    return (struct reset_scope){.region = s.reset_region[0] ? s.reset_region : NULL};
}

static void passed(void *arg)
{
    const struct reset_scope scope = reset_scope();
    struct err e;
    bool done;
    (void)arg;
    if (!s.resets) return;
    int r = reset_finish(s.store, &scope, &done, &e);
    if (r == 0 && !done) return;
    record("the reset has ended: %s", r ? e.msg : "everything is gone");
    s.resets = false;
    control_changed(s.control);
}

static void open_all(void *arg)
{
    struct err e;
    (void)arg;
    uv_loop_init(&s.loop);
    if (store_open(&s.store, s.database, STORE_FLEETING, &e) != 0) record_failure("the database can't be opened: %s", e.msg);
    struct control_options o = {
        .loop = &s.loop,
        .store = s.store,
        .data_dir = s.data_dir,
        .program = "meridian",
        .log_level = "info",
        .stop_limit_ms = 60000,
        .blocked_limit_ms = 30000,
        .check = true,
        .passed = passed,
    };
    if (control_open(&s.control, &o, &e) != 0) record_failure("serve can't start: %s", e.msg);
}

void serve_start(void)
{
    if (s.process && s.process->alive) return;
    record("serve starts");
    s.process = machine_spawn("serve", "/");
    s.process->ended = serve_ended;
    machine_as(s.process, open_all, NULL);
}

void serve_try_older(void)
{
    struct store *store;
    struct err e;
    machine_kill(s.process, SIGKILL);
    sqlite_virtual_set_version(1);
    if (store_open(&store, s.database, STORE_FLEETING, &e) == 0)
        record_failure("a program opens a database that is newer than it");
    record("an older program: %s", e.msg);
    sqlite_virtual_set_version(-1);
}

static void on_stopped(void *arg)
{
    (void)arg;
    record("everything has stopped: %zu nodes without their data, %zu left", control_unsaved(s.control), control_left(s.control));
    machine_exit(s.process, 0);
}

static void stop(void *arg)
{
    (void)arg;
    control_stop(s.control, on_stopped, NULL);
}

void serve_stop(void)
{
    if (!serve_runs()) return;
    record("serve is told to stop");
    machine_as(s.process, stop, NULL);
}

static void begin_reset(void *arg)
{
    const struct reset_scope scope = reset_scope();
    struct err e;
    (void)arg;
    if (reset_begin(s.store, &scope, &e) != 0) {
        record("no reset: %s", e.msg);
        return;
    }
    s.resets = true;
    control_changed(s.control);
}

void serve_reset(const char *region)
{
    if (s.resets) return;
    snprintf(s.reset_region, sizeof s.reset_region, "%s", region ? region : "");
    machine_as(s.process, begin_reset, NULL);
}

struct disorder {
    const char *region;
    int64_t for_ms;
    bool isolated;
};

static void begin_outage(void *arg)
{
    const struct disorder *d = arg;
    struct outage x = {.state = d->isolated ? OUTAGE_ISOLATED : OUTAGE_DOWN, .until_ms = clock_steady_ms() + d->for_ms};
    snprintf(x.region, sizeof x.region, "%s", d->region);
    record("%s is %s for %lld ms", d->region, outage_state_text(x.state), (long long)d->for_ms);
    outages_add(control_outages(s.control), &x);
    control_changed(s.control);
}

static void end_outages(void *arg)
{
    (void)arg;
    outages_advance(control_outages(s.control), INT64_MAX);
    network_preset(control_network(s.control), true, false);
    control_changed(s.control);
}

void serve_end_outages(void)
{
    if (serve_runs()) machine_as(s.process, end_outages, NULL);
}

void serve_put_out_of_order(const char *region, int64_t for_ms, bool isolated)
{
    struct disorder d = {region, for_ms, isolated};
    machine_as(s.process, begin_outage, &d);
}

enum { SLOW_MS = 100 };

struct bend {
    const struct region *from, *to;
    struct network_link link;
};

static void bend(void *arg)
{
    const struct bend *b = arg;
    record("from %s to %s the network is %s", b->from->name, b->to->name,
        b->link.latency_ms ? "slow" : network_state_text(b->link.state));
    network_bend(control_network(s.control), b->from, b->to, &b->link);
    network_bend(control_network(s.control), b->to, b->from, &b->link);
    control_changed(s.control);
}

static void unbend(void *arg)
{
    struct bend *b = arg;
    b->link = (struct network_link){.state = NETWORK_UP};
    bend(b);
    free(b);
}

void serve_bend_link(const char *from, const char *to, const char *how, int64_t for_ms)
{
    struct bend *b = calloc(1, sizeof *b);
    bool slow = strcmp(how, "slow") == 0;
    if (b == NULL) abort();
    *b = (struct bend){region_find(from), region_find(to),
        {.latency_ms = slow ? SLOW_MS : 0, .state = slow ? NETWORK_UP : word_of(&words_network_state, how)}};
    machine_as(s.process, bend, b);
    machine_after(s.process, for_ms * NS_OF_MS, unbend, b);
}

/* ---- operations ---- */

struct request {
    struct asker who;
    const struct operation *operation;
    const char *form;
    struct arena *arena;
    void *out;
    struct err err;
    int result;
};

static void run_request(void *arg)
{
    struct request *q = arg;
    struct form f = {0};
    const struct operation *o = q->operation;
    void *in = arena_alloc(q->arena, o->in->size);
    struct ops_caller who = {q->who.region, q->who.account, "id"};
    q->out = arena_alloc(q->arena, o->out ? o->out->size : 1);
    q->result = form_parse(&f, q->arena, q->form, strlen(q->form), &q->err);
    if (q->result == 0) q->result = form_decode(&f, o->in, q->arena, in, &q->err);
    if (q->result == 0 && o->writes && s.resets) q->result = err_set(&q->err, FAULT_SERVICE_UNAVAILABLE, "a reset is under way");
    if (q->result == 0) q->result = ops_run(s.store, &s.ops, o, &who, q->arena, in, q->out, &q->err);
    if (q->result == 0 && o->writes) control_changed(s.control);
}

struct asker asker_of(struct arena *a, const char *place)
{
    const char *at = strchr(place, '@');
    return at ? (struct asker){arena_strndup(a, place, (size_t)(at - place)), at + 1} : (struct asker){place, ACCOUNT_DEFAULT};
}

int serve_run(const char *place, const char *action, const char *form, struct arena *a, const void **out, const char **message)
{
    struct request q = {asker_of(a, place), operation_find(api_operations, api_n_operations, action), form, a, NULL, {0}, 0};
    if (q.operation == NULL || q.operation->run == NULL) record_failure("%s is not served", action);
    machine_as(s.process, run_request, &q);
    *out = q.out;
    *message = arena_strdup(a, q.err.msg);
    return q.result;
}

int serve_load(struct arena *a, struct world *w)
{
    static struct rows rows;
    struct err e;
    *w = (struct world){.arena = a, .now_ms = clock_now_ms(), .steady_ms = clock_steady_ms(), .started_ms = clock_steady_ms()};
    rows_fini(&rows);
    int r = store_begin(s.store, false, &e);
    if (r) return r;
    r = rows_load(&rows, s.store, &e);
    store_rollback(s.store);
    if (r) return r;
    world_of_units(w, &rows, NULL);
    w->regions = world_regions(a, &rows);
    w->n_regions = rows.n_regions;
    for (size_t i = 0; i < w->n_regions; i++) w->regions[i].in_touch = true;
    return 0;
}
