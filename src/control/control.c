#include "control/control.h"
#include "base/arena.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/account_key.h"
#include "control/authority.h"
#include "control/certificates.h"
#include "control/hosts.h"
#include "control/nodes_json.h"
#include "control/pass.h"
#include "control/secret.h"
#include "control/session.h"
#include "control/steady.h"
#include "control/stop.h"
#include "control/trace.h"
#include "control/trace_keep.h"
#include "control/why_json.h"
#include "plan/serverless.h"
#include "model/json.h"
#include "plan/world.h"
#include "protocol/protocol.gen.h"
#include "store/queries.gen.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { TOUCH_EVERY_MS = 1000 };

#define OLD_TOKEN "agent-token" /* agents needed it once */
#define ADMIN_PASSWORD "node-admin-password"
#define REPLICATION_PASSWORD "node-replication-password"

struct control {
    struct control_options o;
    struct sessions sessions;
    struct passes passes;
    uv_idle_t soon;   /* a pass as soon as the loop gets there */
    uv_timer_t later; /* a pass when a plan's time comes */
    uv_timer_t touch; /* looks once a second for agents that have fallen silent, or hang */
    char admin_password[65], replication_password[65];
    struct hosts hosts; /* by which callers reach the API; zeroed where clients are told an advertised one, or addresses */
    struct buf names;   /* those of them that certificates can carry, one space between them */
    void (*stopped)(void *arg); /* set once control_stop() was called */
    void *stopped_arg;
    struct stop stop;
    int open_handles;
    bool closing;
};

static void on_later(uv_timer_t *t)
{
    control_changed(t->data);
}

static void schedule_pass(struct control *c)
{
    int64_t due_ms = passes_due_ms(&c->passes);
    uv_timer_stop(&c->later);
    if (passes_have_work(&c->passes)) control_changed(c);
    if (due_ms == INT64_MAX) return;
    int64_t in = due_ms - clock_steady_ms();
    uv_timer_start(&c->later, on_later, in > 0 ? (uint64_t)in : 1, 0);
}

static int make_pass(struct control *c, struct err *e)
{
    int r = passes_make(&c->passes, e);
    if (r) return r;
    schedule_pass(c);
    if (passes_go_on(&c->passes)) return 0;
    if (c->o.passed) c->o.passed(c->o.passed_arg);
    return 0;
}

/* Agents that can't be told by an assignment stop their nodes on SIGTERM, too. */
static void stop_by_signal(struct control *c)
{
    for (const struct session *s = c->sessions.first; s; s = s->next)
        if (s->process) agent_process_signal(s->process, SIGTERM);
}

/* What can't be stored must not be acted upon. But that everything shall stop needs no storing: a full disk does not hold it up. */
static void stop_all_the_same(struct control *c)
{
    if (c->passes.handed_out) passes_hand_out(&c->passes);
    else stop_by_signal(c);
}

static void on_soon(uv_idle_t *h)
{
    struct control *c = h->data;
    struct err e;
    uv_idle_stop(h);
    if (make_pass(c, &e) == 0) return;
    log_error("reconciling: %s", e.msg);
    if (c->stopped) stop_all_the_same(c);
    uv_timer_start(&c->later, on_later, TOUCH_EVERY_MS, 0);
}

void control_changed(struct control *c)
{
    if (!c->closing) uv_idle_start(&c->soon, on_soon);
}

void control_reload(struct control *c)
{
    rows_lose(&c->passes.rows);
    control_changed(c);
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

struct hearing {
    struct control *control;
    struct session *session;
};

static void on_told(void *arg, int list, const char *key)
{
    const struct hearing *h = arg;
    passes_hear(&h->control->passes, h->session, list, key);
}

int control_sighting(struct control *c, const char *text, size_t len, struct err *e)
{
    _arena_ struct arena a = {0};
    struct proto_sighting seen = {0};
    int r = json_decode(&shape_proto_sighting, text, len, &a, &seen, e);
    if (r) return err_wrap(e, "sighting");
    struct session *s = session_find(&c->sessions, seen.region);
    if (s == NULL) return err_set(e, ERR_PARSE, "sighting of the region %s, where nothing was assigned", seen.region);
    struct hearing h = {c, s};
    bool news;
    r = session_hear(s, &seen, on_told, &h, &news, e);
    if (r) return r;
    if (c->stopped && told_has_saving(&s->told)) stop_extend(&c->stop);
    if (!news && !passes_have_work(&c->passes)) return 0;
    do r = make_pass(c, e);
    while (r == 0 && passes_go_on(&c->passes)); /* what was told is stored before the agent hears that it is */
    check_stopped(c);
    return r;
}

void control_wait(
    struct control *c, const char *region, int64_t after, const char *numbering, control_assignment_fn *done, void *arg)
{
    struct session *s = session_find(&c->sessions, region);
    if (s) session_wait(s, after, numbering, done, arg);
    else done(arg, NULL, 0);
}

void control_unwait(struct control *c, const char *region, void *arg)
{
    struct session *s = session_find(&c->sessions, region);
    if (s) session_unwait(s, arg);
}

/* The next serve has to know the passwords that running engines know, and the authority that clients trust. */
static void keep_secrets(const struct control *c)
{
    secret_keep(c->o.data_dir, ADMIN_PASSWORD, c->admin_password);
    secret_keep(c->o.data_dir, REPLICATION_PASSWORD, c->replication_password);
    authority_keep(c->passes.secrets.authority);
    certificates_keep(c->passes.secrets.certificates);
}

static void on_touch(uv_timer_t *t)
{
    struct control *c = t->data;
    if (passes_clock_jumps(&c->passes) || passes_look_for_processes(&c->passes)) control_changed(c);
    keep_secrets(c);
    for (struct session *s = c->sessions.first; s; s = s->next) session_look(s);
    if (stop_is_overdue(&c->stop)) control_stop_waiting(c);
}

struct trace *control_trace(struct control *c)
{
    return c->passes.trace;
}

struct network *control_network(struct control *c)
{
    return &c->passes.network;
}

struct outages *control_outages(struct control *c)
{
    return &c->passes.outages;
}

void control_keep_faults(struct control *c, struct store *s)
{
    struct err e;
    if (outages_keep(&c->passes.outages, s, &e) != 0 || network_keep(&c->passes.network, s, &e) != 0)
        log_warn("what persists of outages and of the network between regions is as before: %s", e.msg);
    control_changed(c);
}

void control_end_faults(struct control *c, struct store *s)
{
    outages_clear(&c->passes.outages);
    network_preset(&c->passes.network, true, false);
    control_keep_faults(c, s);
}

const char *control_authority_pem(struct control *c, struct err *e)
{
    return authority_pem(c->passes.secrets.authority, e);
}

static void name_hosts(struct control *c)
{
    buf_clear(&c->names);
    buf_add(&c->names, "", 0);
    for (size_t i = 0; i < c->hosts.n; i++)
        if (authority_may_sign_for(c->passes.secrets.authority, c->hosts.names[i]))
            buf_printf(&c->names, "%s%s", c->names.len ? " " : "", c->hosts.names[i]);
    c->passes.host_names = c->names.data;
}

void control_reached_by(struct control *c, const char *host)
{
    if (!hosts_learn(&c->hosts, host)) return;
    if (!authority_may_sign_for(c->passes.secrets.authority, host))
        log_warn(
            "the certificate authority in %s/tls was made before %s was known, and may not sign for it: for TLS by that name, "
            "stop, remove that folder, and start again; clients then have to trust the new authority",
            c->o.data_dir, host);
    name_hosts(c);
    rows_mark_all(&c->passes.rows);
    control_changed(c);
}

static int open_authority(struct control *c, const struct control_options *o, struct err *e)
{
    bool learns = o->ports && o->advertise == NULL;
    const char *advertised = o->ports ? o->advertise : NULL;
    if (learns) hosts_open(&c->hosts, o->data_dir, o->own_address);
    return authority_open(&c->passes.secrets.authority, o->data_dir, advertised, o->domain, learns ? &c->hosts : NULL, e);
}

int control_open(struct control **out, const struct control_options *o, struct err *e)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->o = *o;
    c->passes.dry_run.times = o->dry_run_times;
    c->sessions = (struct sessions){.o = &c->o, .changed = on_agent_changed, .arg = c};
    struct trace *trace = trace_open(o->trace);
    int r = steady_continue(o->store, e);
    if (r == 0) r = trace_keep_load(trace, o->store, e);
    if (r == 0) r = network_load(&c->passes.network, o->store, e);
    if (r == 0) r = outages_load(&c->passes.outages, o->store, e);
    if (r == 0) r = secret_read(o->data_dir, ADMIN_PASSWORD, c->admin_password, NULL, 0, e);
    if (r == 0) r = secret_read(o->data_dir, REPLICATION_PASSWORD, c->replication_password, NULL, 0, e);
    if (r == 0) r = open_authority(c, o, e);
    if (r) {
        trace_close(trace);
        network_fini(&c->passes.network);
        outages_fini(&c->passes.outages);
        free(c);
        return r;
    }
    secret_forget(o->data_dir, OLD_TOKEN);
    struct assign_secrets *secrets = &c->passes.secrets;
    secrets->admin_password = c->admin_password;
    secrets->replication_password = c->replication_password;
    secrets->certificates = certificates_open(secrets->authority, o->data_dir);
    name_hosts(c);
    c->passes.o = &c->o;
    c->passes.sessions = &c->sessions;
    c->passes.trace = trace;
    passes_open(&c->passes);
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
    c->sessions.stopping = c->passes.stopping = true;
    stop_begin(&c->stop, c->o.stop_limit_ms);
    control_changed(c);
    check_stopped(c);
}

size_t control_unsaved(const struct control *c)
{
    return c->passes.losses.n;
}

size_t control_left(const struct control *c)
{
    return c->stop.n_left;
}

static void on_closed(uv_handle_t *h)
{
    struct control *c = h->data;
    if (--c->open_handles > 0) return;
    certificates_close(c->passes.secrets.certificates);
    authority_close(c->passes.secrets.authority);
    trace_close(c->passes.trace);
    buf_fini(&c->names);
    free(c);
}

void control_close(struct control *c)
{
    if (c == NULL) return;
    c->closing = true;
    passes_close(&c->passes);
    sessions_close(&c->sessions);
    uv_close((uv_handle_t *)&c->soon, on_closed);
    uv_close((uv_handle_t *)&c->later, on_closed);
    uv_close((uv_handle_t *)&c->touch, on_closed);
}

int control_nodes_json(struct control *c, struct buf *out, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_node *rows;
    struct row_endpoint *endpoints;
    size_t n, n_endpoints;
    int r = q_node_all(c->o.store, &a, &rows, &n, e);
    if (r == 0) r = q_endpoint_all(c->o.store, &a, &endpoints, &n_endpoints, e);
    if (r == 0) nodes_json_put(out, &a, &c->sessions, rows, n, endpoints, n_endpoints);
    return r;
}

/* ---- processes of nodes ---- */

bool control_is_dry_run(const struct control *c)
{
    for (const struct session *s = c->sessions.first; s; s = s->next)
        if (s->in_touch && s->dry_run) return true;
    return c->o.dry_run;
}

struct dry_run_times control_dry_run_times(const struct control *c)
{
    return c->passes.dry_run.times;
}

void control_set_dry_run_times(struct control *c, const struct dry_run_times *t)
{
    dry_run_set_times(&c->passes.dry_run, t);
    control_changed(c);
}

static int find_node(
    struct control *c, const char *region, const char *id, struct arena *a, const struct row_node **out, struct err *e)
{
    const struct rows *rows;
    int r = passes_rows(&c->passes, &rows, e);
    *out = NULL;
    for (size_t i = 0; r == 0 && i < rows->n_regions; i++) {
        const char *home = rows_region_name(rows->regions[i]);
        const struct row_node *n = region == NULL || strcmp(home, region) == 0 ? rows_node(rows, home, id, a) : NULL;
        if (n && *out) return err_set(e, 400, "%.80s is in %s and in %s: name a region.", id, (*out)->region, n->region);
        if (n) *out = n;
    }
    if (r) return r;
    if (*out) return 0;
    return err_set(
        e, 404, "There is no node %.80s in %.40s; GET /_meridian/nodes lists them.", id, region ? region : "any region");
}

int control_node_do(struct control *c, const char *region, const char *id, enum node_deed deed, int64_t *pid, struct err *e)
{
    static const int signals[] = {[NODE_DEED_KILL] = SIGKILL, [NODE_DEED_HANG] = SIGSTOP, [NODE_DEED_RESUME] = SIGCONT};
    _arena_ struct arena a = {0};
    const struct row_node *row;
    int r = find_node(c, region, id, &a, &row, e);
    if (r) return r;
    bool done = row->seen_pid != 0;
    if (done && session_is_dry_run(&c->sessions, row->region))
        dry_run_set_fault(&c->passes.dry_run, row->region, row->seen_pid, deed);
    else if (done) done = child_signal_below((long)row->seen_pid, c->o.data_dir, signals[deed]);
    if (!done) return err_set(e, 409, "%.80s has no process now.", id);
    *pid = row->seen_pid;
    control_changed(c);
    return 0;
}

static int why_of(
    struct control *c, const char *region, const char *id, struct arena *a, struct buf *out, bool *found, struct err *e)
{
    struct world w;
    int r = passes_world(&c->passes, region, id, a, &w, e);
    if (r == 0) *found = why_json_put(out, &w, region, id);
    return r;
}

/* A serverless cache waits for what is beneath it. */
int control_why_json(struct control *c, const char *region, const char *id, struct buf *out, bool *found, struct err *e)
{
    _arena_ struct arena a = {0};
    const char *beneath = account_key_beside(&a, id, arena_printf(&a, SERVERLESS_PREFIX "%s", account_id(id)));
    int r = why_of(c, region, id, &a, out, found, e);
    return r || *found ? r : why_of(c, region, beneath, &a, out, found, e);
}
