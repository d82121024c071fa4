#include "agent/session/agent.h"
#include "agent/forwarder/steer.h"
#include "agent/forwarder/steering.h"
#include "agent/node/census.h"
#include "agent/os/file.h"
#include "agent/os/log_file.h"
#include "agent/os/reservations.h"
#include "agent/session/assignment.h"
#include "agent/session/dial.h"
#include "agent/session/dry_agent.h"
#include "agent/session/fleet.h"
#include "agent/session/lock.h"
#include "agent/session/sighting.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sighting is due every second; SOON_MS is when one that was put off is looked at again. */
enum { TICK_MS = 1000, SOON_MS = 10 };

struct agent {
    const struct agent_options *o;
    uv_loop_t loop;
    uv_prepare_t before_wait; /* once per turn of the loop: whatever changed is told once */
    uv_signal_t sigterm, sigint;
    uv_timer_t tick, beat;
    struct fleet fleet;
    struct dial *dial;
    struct stat dir;
    int lock; /* the descriptor that holds AGENT_LOCK */
    struct err end;
};

/* ---- the end ---- */

static void on_signal(uv_signal_t *h, int signum)
{
    struct agent *a = h->data;
    fleet_stop(&a->fleet, signum == SIGTERM ? "told to" : "interrupted");
}

/* A folder that was deleted must not leave processes behind that nobody finds any more. */
static void check_dir(struct agent *a)
{
    struct stat now;
    if (a->fleet.stopping || (stat(a->o->data_dir, &now) == 0 && now.st_ino == a->dir.st_ino && now.st_dev == a->dir.st_dev))
        return;
    err_set(&a->end, ERR_IO, "the data directory %s went away", a->o->data_dir);
    fleet_stop(&a->fleet, "the data directory went away");
    for (size_t i = 0; i < a->fleet.n_nodes; i++) node_kill(a->fleet.nodes[i]);
}

/* serve has made agent.log the standard error of this process, and never opens it again either. */
static void bound_logs(struct agent *a)
{
    char path[PATH_MAX];
    struct stat mine, log;
    snprintf(path, sizeof path, "%s/" AGENT_LOG, a->o->data_dir);
    if (fstat(STDERR_FILENO, &mine) == 0 && stat(path, &log) == 0 && mine.st_ino == log.st_ino && mine.st_dev == log.st_dev)
        log_file_bound(path);
    for (size_t i = 0; i < a->fleet.n_nodes; i++) node_bound_log(a->fleet.nodes[i]);
}

static void tick_fired(uv_timer_t *t)
{
    struct agent *a = t->data;
    a->fleet.changed = true;
    check_dir(a);
    if (!a->fleet.stopping) lock_keep(a->o, &a->lock);
    bound_logs(a);
    for (size_t i = 0; i < a->fleet.n_nodes; i++) node_keep_room(a->fleet.nodes[i]);
    for (size_t i = 0; i < a->fleet.n_links; i++) steering_renew(a->fleet.links[i]);
    reservations_renew(a->fleet.node_host.reservations);
    connections_sweep(&a->fleet.link_host.connections, (int64_t)uv_now(&a->loop));
}

static void beat_fired(uv_timer_t *t)
{
    struct agent *a = t->data;
    fleet_beat(&a->fleet);
}

static void close_all(void *arg)
{
    struct agent *a = arg;
    fleet_close(&a->fleet);
    dial_close(a->dial);
    uv_close((uv_handle_t *)&a->before_wait, NULL);
    uv_close((uv_handle_t *)&a->sigterm, NULL);
    uv_close((uv_handle_t *)&a->sigint, NULL);
    uv_close((uv_handle_t *)&a->tick, NULL);
    uv_close((uv_handle_t *)&a->beat, NULL);
}

/* ---- every turn of the loop ---- */

static void report_sighting(struct agent *a)
{
    if (a->fleet.stopping && !fleet_any_running(&a->fleet)) {
        a->fleet.stopped = true;
        if (a->o->stop_only) close_all(a);
        else dial_finish(a->dial, close_all);
    } else if (fleet_may_report(&a->fleet)) {
        dial_report(a->dial);
    } else if (a->fleet.version != 0) {
        uv_timer_start(&a->tick, tick_fired, SOON_MS, TICK_MS);
    }
}

/* Tells what has changed before anything follows from it: to start a process, say, takes longer. */
static void before_wait(uv_prepare_t *h)
{
    struct agent *a = h->data;
    while (a->fleet.changed && !a->fleet.stopped) {
        a->fleet.changed = false;
        fleet_close_gone_nodes(&a->fleet);
        report_sighting(a);
        fleet_wake(&a->fleet);
    }
}

/* ---- the beginning ---- */

/* Whatever runs in the folder is adopted now; what shall become of it only an assignment tells. */
static int scan_dir(struct agent *a, struct err *e)
{
    DIR *d = opendir(a->o->data_dir);
    if (d == NULL) return err_set(e, ERR_IO, "reading %s: %s", a->o->data_dir, strerror(errno));
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        struct stat st;
        if (!file_id_ok(entry->d_name) || fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
            continue;
        struct node *n = fleet_add_node(&a->fleet, entry->d_name);
        if (node_is_running(n)) log_info("node %s: runs already, adopted", entry->d_name);
    }
    closedir(d);
    return 0;
}

static int64_t on_assignment(void *arg, const char *json, size_t len)
{
    struct agent *a = arg;
    return assignment_apply(&a->fleet, json, len);
}

static const char *on_numbering(void *arg)
{
    const struct agent *a = arg;
    return a->fleet.assembly.numbering;
}

static void on_sighting(void *arg, struct buf *out)
{
    struct agent *a = arg;
    a->fleet.told = uv_now(&a->loop);
    sighting_write(&a->fleet, out);
}

static void on_stored(void *arg)
{
    struct agent *a = arg;
    fleet_stored(&a->fleet);
    account_stored(&a->fleet.account);
}

static const struct dial_events dial_events = {
    .assignment = on_assignment, .numbering = on_numbering, .sighting = on_sighting, .stored = on_stored};

static void open_handles(struct agent *a)
{
    uv_prepare_init(&a->loop, &a->before_wait);
    uv_signal_init(&a->loop, &a->sigterm);
    uv_signal_init(&a->loop, &a->sigint);
    uv_timer_init(&a->loop, &a->tick);
    uv_timer_init(&a->loop, &a->beat);
    a->before_wait.data = a->sigterm.data = a->sigint.data = a->tick.data = a->beat.data = a;
    uv_prepare_start(&a->before_wait, before_wait);
    uv_signal_start(&a->sigterm, on_signal, SIGTERM);
    uv_signal_start(&a->sigint, on_signal, SIGINT);
    uv_timer_start(&a->tick, tick_fired, TICK_MS, TICK_MS);
    uv_timer_start(&a->beat, beat_fired, BEAT_MS, BEAT_MS);
}

/* Once it has succeeded, the loop is to run even where what follows fails: it has handles to close. */
static int start_agent(struct agent *a, struct err *e)
{
    struct dial_options d = {.region = a->o->region, .data_dir = a->o->data_dir};
    int r = dial_open(&a->loop, &d, &dial_events, a, &a->dial, e);
    if (r) return fleet_close(&a->fleet), r;
    open_handles(a);
    census_restore(a->o->data_dir);
    if (scan_dir(a, &a->end) != 0) close_all(a);
    else if (a->o->stop_only) fleet_stop(&a->fleet, "only started for that");
    return 0;
}

/* Every connection through a link takes two descriptors. */
static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0) return;
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

static int prepare_folder(const struct agent_options *o, struct agent *a, struct err *e)
{
    if (!file_id_ok(o->region)) return err_set(e, ERR_USAGE, "\"%s\" is no name of a region", o->region);
    int r = file_mkdirs(o->data_dir, e);
    if (!r) r = lock_take(o, &a->lock, e);
    if (!r && stat(o->data_dir, &a->dir) != 0) r = err_set(e, ERR_IO, "reading %s: %s", o->data_dir, strerror(errno));
    return r;
}

static void free_agent(struct agent *a)
{
    if (a->lock >= 0) close(a->lock);
    free(a);
}

int agent_open(const struct agent_options *o, struct agent **out, struct err *e)
{
    struct agent *a = calloc(1, sizeof *a);
    if (a == NULL) abort();
    *a = (struct agent){.o = o, .lock = -1};
    int r = prepare_folder(o, a, e);
    if (!r && uv_loop_init(&a->loop) != 0) r = err_set(e, ERR_BROKEN, "no event loop");
    if (r) return free_agent(a), r;
    fleet_init(&a->fleet, &a->loop, o);
    r = start_agent(a, e);
    if (r) return agent_close(a, e), r;
    *out = a;
    return 0;
}

uv_loop_t *agent_loop(struct agent *a)
{
    return &a->loop;
}

int agent_close(struct agent *a, struct err *e)
{
    int r = a->end.code;
    if (r) *e = a->end;
    uv_loop_close(&a->loop);
    fleet_fini(&a->fleet);
    free_agent(a);
    return r;
}

int agent_run(const struct agent_options *o, struct err *e)
{
    struct agent *a;
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    if (o->dry_run) return dry_agent_run(o, e);
    int r = agent_open(o, &a, e);
    if (r) return r;
    a->fleet.link_host.steer = steer_open();
    log_info("reader endpoints of several nodes are spread by %s", a->fleet.link_host.steer ? "the kernel" : "the forwarder");
    uv_run(agent_loop(a), UV_RUN_DEFAULT);
    steer_close(a->fleet.link_host.steer);
    log_info("stopped");
    return agent_close(a, e);
}
