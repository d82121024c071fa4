#include "agent/session/dry_agent.h"
#include "agent/dry_run/dry_fleet.h"
#include "agent/os/file.h"
#include "agent/session/account.h"
#include "agent/session/agent.h"
#include "agent/session/assembly.h"
#include "agent/session/dial.h"
#include "agent/session/lock.h"
#include "base/arena.h"
#include "base/log.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 1000 };

struct dry_agent {
    const struct agent_options *o;
    int lock; /* the descriptor that holds AGENT_LOCK */
    uv_loop_t loop;
    uv_prepare_t before_wait; /* once per turn of the loop: whatever changed is told once */
    uv_signal_t sigterm, sigint;
    uv_timer_t tick;
    struct dial *dial;
    struct dry_fleet *fleet;
    struct assembly assembly; /* of the assignment in force */
    struct account account;
    int64_t version; /* 0: none yet */
    bool changed, stopping, finishing;
};

static void fleet_has_changed(void *arg)
{
    struct dry_agent *a = arg;
    a->changed = true;
}

static void close_all(void *arg)
{
    struct dry_agent *a = arg;
    dry_fleet_close(a->fleet);
    dial_close(a->dial);
    uv_close((uv_handle_t *)&a->before_wait, NULL);
    uv_close((uv_handle_t *)&a->sigterm, NULL);
    uv_close((uv_handle_t *)&a->sigint, NULL);
    uv_close((uv_handle_t *)&a->tick, NULL);
}

static void stop_agent(struct dry_agent *a, const char *why)
{
    if (a->stopping) return;
    log_info("stopping: %s", why);
    a->stopping = true;
    dry_fleet_stop(a->fleet);
}

static void on_signal(uv_signal_t *h, int signum)
{
    stop_agent(h->data, signum == SIGTERM ? "told to" : "interrupted");
}

/* ---- what is said ---- */

static int64_t on_assignment(void *arg, const char *json, size_t len)
{
    struct dry_agent *a = arg;
    _arena_ struct arena mem = {0};
    struct err e = {0};
    struct proto_assignment m;
    if (a->stopping) return DIAL_ENOUGH;
    int r = assembly_take(&a->assembly, a->o->region, json, len, &mem, &m, dry_fleet_order, a->fleet, &e);
    if (r && r != ERR_STALE) log_error("serve sent an assignment that is of no use: %s", e.msg);
    if (r) return DIAL_USELESS;
    a->version = m.version.v;
    dry_fleet_settle(a->fleet, m.dry_run);
    assembly_settle(&a->assembly);
    if (m.shutdown.v) stop_agent(a, "serve says so");
    return a->version;
}

static const char *on_numbering(void *arg)
{
    const struct dry_agent *a = arg;
    return a->assembly.numbering;
}

static void on_sighting(void *arg, struct buf *out)
{
    struct dry_agent *a = arg;
    _arena_ struct arena mem = {0};
    struct proto_sighting s = {.region = a->o->region, .pid = OPT_INT(getpid()), .version = OPT_INT(a->version)};
    s.dry_run = OPT_BOOL(true);
    s.stopped = OPT_BOOL(a->finishing);
    bool whole = account_wants_whole(&a->account);
    dry_fleet_see(a->fleet, whole, &mem, &s);
    account_write(&a->account, &s, whole, out);
}

static void on_stored(void *arg)
{
    struct dry_agent *a = arg;
    account_stored(&a->account);
}

static const struct dial_events dial_events = {
    .assignment = on_assignment, .numbering = on_numbering, .sighting = on_sighting, .stored = on_stored};

static void before_wait(uv_prepare_t *h)
{
    struct dry_agent *a = h->data;
    bool told = a->changed;
    while (a->changed) {
        a->changed = false;
        dry_fleet_turn(a->fleet);
    }
    if (!told || a->finishing) return;
    a->finishing = a->stopping;
    if (a->finishing) dial_finish(a->dial, close_all);
    else if (a->version != 0) dial_report(a->dial);
}

static void tick_fired(uv_timer_t *t)
{
    struct dry_agent *a = t->data;
    if (!a->stopping) lock_keep(a->o, &a->lock);
    if (access(a->o->data_dir, F_OK) != 0) stop_agent(a, "the data directory went away");
    a->changed = true;
}

/* ---- the beginning ---- */

static void open_handles(struct dry_agent *a)
{
    uv_prepare_init(&a->loop, &a->before_wait);
    uv_signal_init(&a->loop, &a->sigterm);
    uv_signal_init(&a->loop, &a->sigint);
    uv_timer_init(&a->loop, &a->tick);
    a->before_wait.data = a->sigterm.data = a->sigint.data = a->tick.data = a;
    uv_prepare_start(&a->before_wait, before_wait);
    uv_signal_start(&a->sigterm, on_signal, SIGTERM);
    uv_signal_start(&a->sigint, on_signal, SIGINT);
    uv_timer_start(&a->tick, tick_fired, TICK_MS, TICK_MS);
}

static int run_until_stopped(struct dry_agent *a, struct err *e)
{
    struct dial_options d = {.region = a->o->region, .data_dir = a->o->data_dir};
    if (uv_loop_init(&a->loop) != 0) return err_set(e, ERR_BROKEN, "no event loop");
    int r = dial_open(&a->loop, &d, &dial_events, a, &a->dial, e);
    if (r == 0) {
        log_warn("a dry run: nodes have no processes, and nobody listens at their addresses");
        a->fleet = dry_fleet_open(&a->loop, &a->assembly.orders, fleet_has_changed, a);
        open_handles(a);
        if (a->o->stop_only) stop_agent(a, "only started for that");
        uv_run(&a->loop, UV_RUN_DEFAULT);
        log_info("stopped");
    }
    uv_loop_close(&a->loop);
    assembly_fini(&a->assembly);
    account_fini(&a->account);
    return r;
}

int dry_agent_run(const struct agent_options *o, struct err *e)
{
    struct dry_agent a = {.o = o, .lock = -1};
    int r = file_mkdirs(o->data_dir, e);
    if (!r) r = lock_take(o, &a.lock, e);
    if (!r) r = run_until_stopped(&a, e);
    if (a.lock >= 0) close(a.lock);
    return r;
}
