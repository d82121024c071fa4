#include "control/control.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/trip.h"
#include "control/absent.h"
#include "control/assign.h"
#include "control/authority.h"
#include "control/certificates.h"
#include "control/dry_run.h"
#include "control/invariants.h"
#include "control/losses.h"
#include "control/nodes_json.h"
#include "control/rows.h"
#include "control/secret.h"
#include "control/session.h"
#include "control/sight.h"
#include "control/steady.h"
#include "control/stop.h"
#include "control/trace_world.h"
#include "control/why_json.h"
#include "control/world_io.h"
#include "model/json.h"
#include "plan/plan.h"
#include "plan/snapshot.h"
#include "protocol/protocol.gen.h"
#include "store/queries.gen.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOUCH_EVERY_MS = 1000,
    CLOCK_JUMP_MS = 1000,
};

#define OLD_TOKEN "agent-token" /* agents needed it once */
#define ADMIN_PASSWORD "node-admin-password"
#define REPLICATION_PASSWORD "node-replication-password"

struct control {
    struct control_options o;
    struct sessions sessions;
    struct rows rows;   /* what the last pass left in the database */
    uv_idle_t soon;     /* a pass as soon as the loop gets there */
    uv_timer_t later;   /* a pass when a plan's time comes */
    uv_timer_t touch;   /* looks once a second for agents that have fallen silent, or hang */
    int64_t started_ms; /* of the steady clock */
    int64_t apart_ms;   /* how much the wall clock was ahead of the steady one, a moment ago */
    char admin_password[65], replication_password[65];
    struct authority *authority;
    struct certificates *certificates;
    struct trace *trace;
    void (*stopped)(void *arg); /* set once control_stop() was called */
    void *stopped_arg;
    struct stop stop;
    struct losses losses; /* of data, since then */
    struct dry_run dry_run;
    int open_handles;
    bool handed_out; /* once, at least: agents of an earlier serve were looked for */
    bool restless;   /* the last look's plans did not come to rest, and that was told */
    bool closing;
};

static void log_status(const char *what, const char *region, const char *id, const char *before, const char *after)
{
    if (before && strcmp(before, after) != 0) log_info("%s %s %s: %s -> %s", region, what, id, before, after);
}

static void log_changes(const struct world *w)
{
    for (size_t i = 0; i < w->n_rgs; i++)
        log_status("replication group", w->rgs[i].row.region, w->rgs[i].row.id,
            w->rgs[i].stored ? rg_status_text(w->rgs[i].stored->status) : NULL, rg_status_text(w->rgs[i].row.status));
    for (size_t i = 0; i < w->n_snapshots; i++)
        log_status("snapshot", w->snapshots[i].row.region, w->snapshots[i].row.name,
            snapshot_status_text(w->snapshots[i].stored->status), snapshot_status_text(w->snapshots[i].row.status));
    for (size_t i = 0; i < w->n_globals; i++) {
        const struct row_global_replication_group *was = w->globals[i].stored;
        log_status("global datastore", "-", w->globals[i].row.id, was ? global_status_text(was->status) : NULL,
            global_status_text(w->globals[i].row.status));
        log_status("phase of global datastore", "-", w->globals[i].row.id, was ? global_phase_text(was->phase) : NULL,
            global_phase_text(w->globals[i].row.phase));
    }
}

static void set_in_touch(struct control *c, struct world *w)
{
    for (size_t i = 0; i < w->n_regions; i++) {
        const struct session *s = session_find(&c->sessions, w->regions[i].row.name);
        w->regions[i].in_touch = s && s->in_touch;
        w->regions[i].obeys = s && s->in_touch && s->taken == s->version;
        w->regions[i].heard_ms = s ? s->heard_ms : c->started_ms;
    }
}

/* Once, until they have come to rest again: it goes on with every look. */
static void tell_unrest(struct control *c, const struct world *w)
{
    if (w->restless && !c->restless) log_error("the plans do not come to rest: %s", w->restless);
    c->restless = w->restless != NULL;
}

static bool region_has_work(const struct world *w, const char *region)
{
    for (size_t i = 0; i < w->n_nodes; i++)
        if (strcmp(w->nodes[i].row.region, region) == 0) return true;
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (strcmp(w->snapshots[i].row.region, region) == 0 && snapshot_needs_agent(&w->snapshots[i].row)) return true;
    return false;
}

/* A region without nodes may have an agent all the same, of an earlier serve. */
static bool needs_session(const struct control *c, const struct world *w, const char *region)
{
    return region_has_work(w, region) || (!c->handed_out && session_left_over(&c->sessions, region));
}

/* Every region with nodes has an agent; every agent gets its assignment as the rows now have it. */
static void hand_out(struct control *c, struct world *w)
{
    struct assign_secrets secrets = {c->admin_password, c->replication_password, c->authority, c->certificates};
    for (size_t i = 0; i < w->n_regions; i++)
        if (needs_session(c, w, w->regions[i].row.name)) session_ensure(&c->sessions, w->regions[i].row.name);
    c->handed_out = true;
    for (struct session *s = c->sessions.first; s; s = s->next) {
        struct proto_assignment a;
        _buf_ struct buf text = {0};
        assign(w, s->region, &secrets, c->stopped != NULL, &a);
        a.stop_limit_ms = OPT_INT(c->o.stop_limit_ms);
        if (session_is_dry_run(&c->sessions, s->region)) dry_run_order(&c->dry_run, w, s->region, &a);
        trace_orders(c->trace, w, &a);
        json_encode(&text, &shape_proto_assignment, &a);
        if (session_assign(s, &text)) trace_assigned(c->trace, &a, s->version);
    }
    certificates_sweep(c->certificates);
    trip_crash(TRIP_CRASH_AFTER_ASSIGN);
}

static void on_later(uv_timer_t *t)
{
    control_changed(t->data);
}

static void schedule_pass(struct control *c, const struct world *w)
{
    uv_timer_stop(&c->later);
    if (w->wake_ms == INT64_MAX) return;
    int64_t in = w->wake_ms - w->steady_ms;
    uv_timer_start(&c->later, on_later, in > 0 ? (uint64_t)in : 1, 0);
}

static int plan_in_transaction(struct control *c, struct world *w, const struct proto_sighting *seen, struct err *e)
{
    bool wrote;
    int r = store_begin(c->o.store, true, e);
    if (r) return r;
    r = world_load(c->o.store, &c->rows, w, e);
    if (r == 0) {
        set_in_touch(c, w);
        absent_mark(&c->sessions, w);
        if (seen) trace_recall_seen(c->trace, w, seen);
        if (seen) sight(w, seen);
        plan_world(w);
        if (!invariants_hold(w, c->o.check)) {
            store_rollback(c->o.store);
            abort();
        }
        r = world_store(c->o.store, &c->rows, w, &wrote, e);
    }
    if (r || !wrote) store_rollback(c->o.store);
    else r = store_commit(c->o.store, e);
    if (r) rows_lose(&c->rows);
    return r;
}

static struct world world_now(const struct control *c, struct arena *a)
{
    return (struct world){
        .arena = a,
        .now_ms = clock_now_ms(),
        .steady_ms = clock_steady_ms(),
        .started_ms = c->started_ms,
        .addressing = {c->o.ports, c->o.listen_host, c->o.first_port, c->o.last_port, c->o.advertise},
        .allow_restricted = c->o.allow_restricted,
        .blocked_limit_ms = c->o.blocked_limit_ms,
    };
}

/* One look at everything. 'seen' is a sighting that has just come, or NULL. */
static int make_pass(struct control *c, const struct proto_sighting *seen, struct err *e)
{
    _arena_ struct arena a = {0};
    struct world w = world_now(c, &a);
    int r = plan_in_transaction(c, &w, seen, e);
    if (c->stopped) losses_look(&c->losses, &w);
    if (r) return r;
    log_changes(&w);
    trace_changes(c->trace, &w);
    tell_unrest(c, &w);
    hand_out(c, &w);
    world_wake_date(&w, certificates_due_ms(c->certificates));
    schedule_pass(c, &w);
    rows_keep(&c->rows);
    return 0;
}

/* Agents that can't be told by an assignment stop their nodes on SIGTERM, too. */
static void stop_by_signal(struct control *c)
{
    for (const struct session *s = c->sessions.first; s; s = s->next)
        if (s->process) agent_process_signal(s->process, SIGTERM);
}

/* The world as the database has it and as plans would look at it now, in the arena. Nothing is stored. */
static int load_world(struct control *c, struct arena *a, struct world *w, struct err *e)
{
    *w = world_now(c, a);
    int r = store_begin(c->o.store, false, e);
    if (r) return r;
    r = world_load(c->o.store, &c->rows, w, e);
    store_rollback(c->o.store);
    if (r) return r;
    set_in_touch(c, w);
    absent_mark(&c->sessions, w);
    return 0;
}

/* What can't be stored must not be acted upon. But that everything shall stop needs no storing: a full disk does not hold it up. */
static void stop_all_the_same(struct control *c)
{
    _arena_ struct arena a = {0};
    struct world w;
    struct err e;
    if (load_world(c, &a, &w, &e)) return stop_by_signal(c);
    hand_out(c, &w);
}

static void on_soon(uv_idle_t *h)
{
    struct control *c = h->data;
    struct err e;
    uv_idle_stop(h);
    if (make_pass(c, NULL, &e) == 0) return;
    log_error("reconciling: %s", e.msg);
    if (c->stopped) stop_all_the_same(c);
    uv_timer_start(&c->later, on_later, TOUCH_EVERY_MS, 0);
}

void control_changed(struct control *c)
{
    if (!c->closing) uv_idle_start(&c->soon, on_soon);
}

void control_stop_waiting(struct control *c)
{
    if (c->stopped == NULL || c->closing) return;
    stop_tell_left(&c->stop, &c->sessions, c->o.store);
    c->closing = true;
    c->stopped(c->stopped_arg);
}

static void check_stopped(struct control *c)
{
    if (stop_is_done(&c->sessions)) control_stop_waiting(c);
}

static void on_agent_changed(void *arg)
{
    struct control *c = arg;
    control_changed(c);
    check_stopped(c);
}

static bool is_saving(const struct proto_sighting *seen)
{
    for (size_t i = 0; i < seen->nodes.n; i++)
        if (seen->nodes.items[i].saving.v) return true;
    return false;
}

int control_sighting(struct control *c, const char *text, size_t len, struct err *e)
{
    _arena_ struct arena a = {0};
    struct proto_sighting seen = {0};
    int r = json_decode(&shape_proto_sighting, text, len, &a, &seen, e);
    if (r) return err_wrap(e, "sighting");
    struct session *s = session_find(&c->sessions, seen.region);
    if (s == NULL) return err_set(e, ERR_PARSE, "sighting of the region %s, where nothing was assigned", seen.region);
    bool news = session_hear(s, &seen, text, len);
    if (c->stopped && is_saving(&seen)) stop_extend(&c->stop);
    if (!news) return 0;
    r = make_pass(c, &seen, e);
    if (r == 0) session_note(s, text, len);
    check_stopped(c);
    return r;
}

void control_wait(struct control *c, const char *region, int64_t after, control_assignment_fn *done, void *arg)
{
    struct session *s = session_find(&c->sessions, region);
    if (s) session_wait(s, after, done, arg);
    else done(arg, NULL, 0);
}

void control_unwait(struct control *c, const char *region, void *arg)
{
    struct session *s = session_find(&c->sessions, region);
    if (s) session_unwait(s, arg);
}

/* Dates come sooner or later than the timers think when somebody sets the clock, or the machine was asleep. */
static void look_at_clock(struct control *c)
{
    int64_t apart_ms = clock_now_ms() - clock_steady_ms(), jump_ms = apart_ms - c->apart_ms;
    c->apart_ms = apart_ms;
    if (jump_ms > -CLOCK_JUMP_MS && jump_ms < CLOCK_JUMP_MS) return;
    log_info(
        "the wall clock went %s by %lld ms", jump_ms < 0 ? "back" : "forward", (long long)(jump_ms < 0 ? -jump_ms : jump_ms));
    control_changed(c);
}

/* The next serve has to know the passwords that running engines know, and the authority that clients trust. */
static void keep_secrets(const struct control *c)
{
    secret_keep(c->o.data_dir, ADMIN_PASSWORD, c->admin_password);
    secret_keep(c->o.data_dir, REPLICATION_PASSWORD, c->replication_password);
    authority_keep(c->authority);
    certificates_keep(c->certificates);
}

static void on_touch(uv_timer_t *t)
{
    struct control *c = t->data;
    look_at_clock(c);
    keep_secrets(c);
    for (struct session *s = c->sessions.first; s; s = s->next) session_look(s);
    if (stop_is_overdue(&c->stop)) control_stop_waiting(c);
}

struct trace *control_trace(struct control *c)
{
    return c->trace;
}

const char *control_authority_pem(struct control *c, struct err *e)
{
    return authority_pem(c->authority, e);
}

int control_open(struct control **out, const struct control_options *o, struct err *e)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->o = *o;
    c->dry_run.times = o->dry_run_times;
    c->sessions = (struct sessions){.o = &c->o, .changed = on_agent_changed, .arg = c};
    int r = steady_continue(o->store, e);
    c->started_ms = clock_steady_ms();
    c->apart_ms = clock_now_ms() - c->started_ms;
    if (r == 0) r = secret_read(o->data_dir, ADMIN_PASSWORD, c->admin_password, NULL, 0, e);
    if (r == 0) r = secret_read(o->data_dir, REPLICATION_PASSWORD, c->replication_password, NULL, 0, e);
    if (r == 0) r = authority_open(&c->authority, o->data_dir, o->ports ? o->advertise : NULL, e);
    if (r) {
        free(c);
        return r;
    }
    secret_forget(o->data_dir, OLD_TOKEN);
    c->certificates = certificates_open(c->authority, o->data_dir);
    c->trace = trace_open(o->trace);
    store_watch(o->store, trace_row, c->trace);
    uv_idle_init(o->loop, &c->soon);
    uv_timer_init(o->loop, &c->later);
    uv_timer_init(o->loop, &c->touch);
    c->soon.data = c->later.data = c->touch.data = c;
    c->open_handles = 3;
    uv_timer_start(&c->touch, on_touch, TOUCH_EVERY_MS, TOUCH_EVERY_MS);
    control_changed(c);
    *out = c;
    return 0;
}

void control_stop(struct control *c, void (*stopped)(void *arg), void *arg)
{
    c->stopped = stopped;
    c->stopped_arg = arg;
    c->sessions.stopping = true;
    stop_begin(&c->stop, c->o.stop_limit_ms);
    control_changed(c);
    check_stopped(c);
}

size_t control_unsaved(const struct control *c)
{
    return c->losses.n;
}

size_t control_left(const struct control *c)
{
    return c->stop.n_left;
}

static void on_closed(uv_handle_t *h)
{
    struct control *c = h->data;
    if (--c->open_handles > 0) return;
    rows_fini(&c->rows);
    losses_fini(&c->losses);
    dry_run_fini(&c->dry_run);
    certificates_close(c->certificates);
    authority_close(c->authority);
    trace_close(c->trace);
    free(c);
}

void control_close(struct control *c)
{
    if (c == NULL) return;
    c->closing = true;
    store_watch(c->o.store, NULL, NULL);
    sessions_close(&c->sessions);
    uv_close((uv_handle_t *)&c->soon, on_closed);
    uv_close((uv_handle_t *)&c->later, on_closed);
    uv_close((uv_handle_t *)&c->touch, on_closed);
}

int control_nodes_json(struct control *c, struct buf *out, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_node *rows;
    size_t n;
    int r = q_node_all(c->o.store, &a, &rows, &n, e);
    if (r == 0) nodes_json_put(out, &c->sessions, rows, n);
    return r;
}

/* ---- dry runs ---- */

bool control_is_dry_run(const struct control *c)
{
    for (const struct session *s = c->sessions.first; s; s = s->next)
        if (s->in_touch && s->dry_run) return true;
    return c->o.dry_run;
}

struct dry_run_times control_dry_run_times(const struct control *c)
{
    return c->dry_run.times;
}

void control_set_dry_run_times(struct control *c, const struct dry_run_times *t)
{
    c->dry_run.times = *t;
    control_changed(c);
}

int control_dry_run_do(struct control *c, const char *region, const char *id, enum dry_run_deed deed, int64_t *pid, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_node *row;
    int r = q_node_get(c->o.store, &a, region, id, &row, e);
    if (r) return r;
    if (row == NULL) return err_set(e, 404, "There is no node %.80s in %.40s.", id, region);
    if (!session_is_dry_run(&c->sessions, region))
        return err_set(e, 409, "The nodes of %.40s have processes of their own.", region);
    if (row->seen_pid == 0) return err_set(e, 409, "%.80s has no process now.", id);
    *pid = row->seen_pid;
    dry_run_set_fault(&c->dry_run, region, row->seen_pid, deed);
    control_changed(c);
    return 0;
}

int control_why_json(struct control *c, const char *region, const char *id, struct buf *out, bool *found, struct err *e)
{
    _arena_ struct arena a = {0};
    struct world w;
    int r = load_world(c, &a, &w, e);
    if (r == 0) *found = why_json_put(out, &w, region, id);
    return r;
}
