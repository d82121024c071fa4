#include "agent/session/agent_int.h"
#include "agent/node/census.h"
#include "agent/os/file.h"
#include "agent/os/log_file.h"
#include "agent/node/reservations.h"
#include "agent/redis_cluster/cluster.h"
#include "agent/session/engines.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A sighting is due every second; SOON_MS is when one that was put off is looked at again. */
enum { TICK_MS = 1000, SOON_MS = 10 };

#define AGENT_OF(ptr, member) ((struct agent *)(void *)((char *)(ptr)-offsetof(struct agent, member)))

/* ---- what nodes and links ask of the agent ---- */

static void node_has_changed(struct node_host *h)
{
    AGENT_OF(h, node_host)->dirty = true;
}

static struct node *find_for_node(struct node_host *h, const char *id)
{
    return agent_find_node(AGENT_OF(h, node_host), id);
}

static struct node *nth_node(struct node_host *h, size_t i)
{
    const struct agent *a = AGENT_OF(h, node_host);
    return i < a->n_nodes ? a->nodes[i] : NULL;
}

static const struct cluster_map *map_for_node(struct cluster_host *h, const char *cluster)
{
    return agent_find_cluster(AGENT_OF(h, cluster_host), cluster);
}

static const struct slot_mover *mover_for_node(struct cluster_host *h, const char *cluster)
{
    return agent_find_mover(AGENT_OF(h, cluster_host), cluster);
}

static void mover_has_changed(void *arg)
{
    ((struct agent *)arg)->dirty = true;
}

static void upstream_lost(struct node_host *h, const char *id)
{
    const struct agent *a = AGENT_OF(h, node_host);
    for (size_t i = 0; i < a->n_nodes; i++) {
        const char *up = node_upstream(a->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0) node_look(a->nodes[i]);
    }
}

static void upstream_listens(struct node_host *h, const char *id)
{
    const struct agent *a = AGENT_OF(h, node_host);
    for (size_t i = 0; i < a->n_nodes; i++) {
        const char *up = node_upstream(a->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0) node_relink(a->nodes[i]);
    }
}

static bool followers_load(struct node_host *h, const char *id)
{
    const struct agent *a = AGENT_OF(h, node_host);
    for (size_t i = 0; i < a->n_nodes; i++) {
        const char *up = node_upstream(a->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0 && node_is_to_load(a->nodes[i])) return true;
    }
    return false;
}

static bool switching(struct node_host *h)
{
    const struct agent *a = AGENT_OF(h, node_host);
    for (size_t i = 0; i < a->n_nodes; i++)
        if (node_is_switching(a->nodes[i])) return true;
    return false;
}

static void shelf_has_changed(void *arg)
{
    ((struct agent *)arg)->dirty = true;
}

static void link_has_changed(struct link_host *h)
{
    AGENT_OF(h, link_host)->dirty = true;
}

/* Of another agent's nodes serve names only those that are there. */
static bool leads_to_ours(struct link_host *h, const char *address, int64_t port)
{
    const struct agent *a = AGENT_OF(h, link_host);
    for (size_t i = 0; i < a->n_nodes; i++)
        if (node_is_at(a->nodes[i], address, port)) return node_is_ready(a->nodes[i]);
    return true;
}

static bool has_link(struct node_host *h, const char *address, int64_t port)
{
    const struct agent *a = AGENT_OF(h, node_host);
    for (size_t i = 0; i < a->n_links; i++)
        if (link_is_at(a->links[i], address, port)) return link_is_listening(a->links[i]);
    return false;
}

/* ---- the end ---- */

void agent_stop(struct agent *a, const char *why)
{
    if (a->stopping) return;
    log_info("stopping: %s", why);
    a->stopping = a->dirty = true;
    for (size_t i = 0; i < a->n_nodes; i++) node_stop(a->nodes[i]);
}

static void on_signal(uv_signal_t *h, int signum)
{
    agent_stop(h->data, signum == SIGTERM ? "told to" : "interrupted");
}

/* A folder that was deleted must not leave processes behind that nobody finds any more. */
static void check_dir(struct agent *a)
{
    struct stat now;
    if (a->stopping || (stat(a->o->data_dir, &now) == 0 && now.st_ino == a->dir.st_ino && now.st_dev == a->dir.st_dev)) return;
    err_set(&a->end, ERR_IO, "the data directory %s went away", a->o->data_dir);
    agent_stop(a, "the data directory went away");
    for (size_t i = 0; i < a->n_nodes; i++) node_kill(a->nodes[i]);
}

static int take_lock(const struct agent_options *o, int *out, struct err *e)
{
    char path[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/" AGENT_LOCK, o->data_dir);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "opening %s: %s", path, strerror(errno));
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        *out = fd;
        return 0;
    }
    fcntl(fd, F_GETLK, &lock);
    close(fd);
    return err_set(
        e, ERR_IN_USE, "another agent of region %s, process %ld, runs in %s", o->region, (long)lock.l_pid, o->data_dir);
}

/* Whoever deleted the lock's file would have a second agent started for the same nodes. The one that comes later has them: this one
 * leaves them as they are, as if it had died. */
static void keep_lock(struct agent *a)
{
    char path[PATH_MAX];
    struct stat mine, there;
    struct err e;
    int fresh;
    snprintf(path, sizeof path, "%s/" AGENT_LOCK, a->o->data_dir);
    if (a->stopping || fstat(a->lock, &mine) != 0) return;
    if (stat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) return;
    int r = take_lock(a->o, &fresh, &e);
    if (r == ERR_IN_USE) log_error("%s: this one ends, and leaves the nodes to it", e.msg);
    else if (r) log_error("%s was deleted while it was in use: %s", path, e.msg);
    else log_warn("%s was deleted while it was in use: put back", path);
    if (r == ERR_IN_USE) _exit(EXIT_FAILURE);
    if (r) return;
    close(a->lock);
    a->lock = fresh;
}

/* serve has made agent.log the standard error of this process, and never opens it again either. */
static void bound_logs(struct agent *a)
{
    char path[PATH_MAX];
    struct stat mine, log;
    snprintf(path, sizeof path, "%s/" AGENT_LOG, a->o->data_dir);
    if (fstat(STDERR_FILENO, &mine) == 0 && stat(path, &log) == 0 && mine.st_ino == log.st_ino && mine.st_dev == log.st_dev)
        log_file_bound(path);
    for (size_t i = 0; i < a->n_nodes; i++) node_bound_log(a->nodes[i]);
}

static void tick(uv_timer_t *t)
{
    struct agent *a = t->data;
    a->dirty = true;
    check_dir(a);
    keep_lock(a);
    bound_logs(a);
    for (size_t i = 0; i < a->n_nodes; i++) node_keep_room(a->nodes[i]);
    reservations_renew(a->node_host.reservations);
    connections_sweep(&a->link_host.connections, (int64_t)uv_now(&a->loop));
}

static void beat(uv_timer_t *t)
{
    struct agent *a = t->data;
    for (size_t i = 0; i < a->n_nodes; i++) node_beat(a->nodes[i]);
    agent_move_slots(a);
}

static void close_all(void *arg)
{
    struct agent *a = arg;
    for (size_t i = 0; i < a->n_movers; i++) slot_mover_close(a->movers[i]);
    for (size_t i = 0; i < a->n_nodes; i++) node_close(a->nodes[i]);
    for (size_t i = 0; i < a->n_links; i++) link_close(a->links[i]);
    a->n_nodes = a->n_links = a->n_movers = 0;
    agent_index_nodes(a);
    shelf_close(a->node_host.shelf);
    dial_close(a->dial);
    uv_close((uv_handle_t *)&a->before_wait, NULL);
    uv_close((uv_handle_t *)&a->sigterm, NULL);
    uv_close((uv_handle_t *)&a->sigint, NULL);
    uv_close((uv_handle_t *)&a->tick, NULL);
    uv_close((uv_handle_t *)&a->beat, NULL);
}

/* ---- every turn of the loop ---- */

static bool any_running(const struct agent *a)
{
    for (size_t i = 0; i < a->n_nodes; i++)
        if (node_is_running(a->nodes[i])) return true;
    return false;
}

/*
 * An agent that has just come back does not say that its nodes are starting; one that tells of a death also tells how far
 * the dead node's replicas are; and a node that takes another's place is told of when it has: a report that is under way
 * would hold up that one. The agent waits until it knows, but not for ever.
 */
static bool may_report(struct agent *a)
{
    if (a->version == 0) return a->stopped;
    if (!a->stopping && switching(&a->node_host)) return false;
    bool quiet = uv_now(&a->loop) < a->quiet_until;
    for (size_t i = 0; i < a->n_nodes && !a->stopping; i++)
        if (node_is_looking(a->nodes[i]) || (quiet && node_is_unknown(a->nodes[i]))) return false;
    return true;
}

static void close_gone_nodes(struct agent *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n_nodes; i++) {
        if (node_is_gone(a->nodes[i])) node_close(a->nodes[i]);
        else a->nodes[kept++] = a->nodes[i];
    }
    if (kept == a->n_nodes) return;
    a->n_nodes = kept;
    agent_index_nodes(a);
}

/* Who only has to be told what to do goes before whoever has to be started first. */
void agent_wake(struct agent *a)
{
    for (size_t i = 0; i < a->n_nodes; i++)
        if (node_is_running(a->nodes[i])) node_wake(a->nodes[i]);
    for (size_t i = 0; i < a->n_nodes; i++)
        if (!node_is_running(a->nodes[i])) node_wake(a->nodes[i]);
}

static void report(struct agent *a)
{
    if (a->stopping && !any_running(a)) {
        a->stopped = true;
        if (a->o->stop_only) close_all(a);
        else dial_finish(a->dial, close_all);
    } else if (may_report(a)) {
        dial_report(a->dial);
    } else if (a->version != 0) {
        uv_timer_start(&a->tick, tick, SOON_MS, TICK_MS);
    }
}

/* Tells what has changed before anything follows from it: to start a process, say, takes longer. */
static void before_wait(uv_prepare_t *h)
{
    struct agent *a = h->data;
    while (a->dirty && !a->stopped) {
        a->dirty = false;
        close_gone_nodes(a);
        report(a);
        agent_wake(a);
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
        struct node *n = agent_add_node(a, entry->d_name);
        if (node_is_running(n)) log_info("node %s: runs already, adopted", entry->d_name);
    }
    closedir(d);
    return 0;
}

static int64_t on_assignment(void *arg, const char *json, size_t len)
{
    return agent_assign(arg, json, len);
}

static void on_sighting(void *arg, struct buf *out)
{
    agent_sighting(arg, out);
}

static const struct dial_events dial_events = {.assignment = on_assignment, .sighting = on_sighting};

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
    uv_timer_start(&a->tick, tick, TICK_MS, TICK_MS);
    uv_timer_start(&a->beat, beat, BEAT_MS, BEAT_MS);
}

static int run(struct agent *a, struct err *e)
{
    struct dial_options d = {.region = a->o->region, .data_dir = a->o->data_dir};
    int r = dial_open(&a->loop, &d, &dial_events, a, &a->dial, e);
    if (r) return r;
    open_handles(a);
    a->node_host.shelf = shelf_open(&a->loop, a->o->data_dir, shelf_has_changed, a);
    census_restore(a->o->data_dir);
    r = scan_dir(a, e);
    if (r) close_all(a);
    else if (a->o->stop_only) agent_stop(a, "only started for that");
    uv_run(&a->loop, UV_RUN_DEFAULT);
    if (r) return r;
    log_info("stopped");
    if (a->end.code) *e = a->end;
    return a->end.code;
}

/* Every connection through a link takes two descriptors. */
static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0) return;
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

static void fini(struct agent *a)
{
    uv_loop_close(&a->loop);
    reservations_free(a->node_host.reservations);
    arena_fini(&a->orders[0]);
    arena_fini(&a->orders[1]);
    free(a->nodes);
    free(a->links);
    free(a->movers);
    free(a->trips);
}

static int prepare(const struct agent_options *o, struct agent *a, struct err *e)
{
    if (!file_id_ok(o->region)) return err_set(e, ERR_USAGE, "\"%s\" is no name of a region", o->region);
    int r = file_mkdirs(o->data_dir, e);
    if (!r) r = take_lock(o, &a->lock, e);
    if (!r && stat(o->data_dir, &a->dir) != 0) r = err_set(e, ERR_IO, "reading %s: %s", o->data_dir, strerror(errno));
    return r;
}

static void prepare_hosts(struct agent *a)
{
    a->cluster_host = (struct cluster_host){.map = map_for_node, .mover = mover_for_node};
    a->redis_host = (struct redis_host){.cluster = &cluster_part, .clusters = &a->cluster_host};
    a->node_host = (struct node_host){.loop = &a->loop,
        .dir = a->o->data_dir,
        .engines = &a->engines,
        .engine_host = &a->redis_host,
        .link_host = &a->link_host,
        .changed = node_has_changed,
        .find = find_for_node,
        .nth = nth_node,
        .upstream_lost = upstream_lost,
        .upstream_listens = upstream_listens,
        .followers_load = followers_load,
        .switching = switching,
        .stop_limit_ms = a->o->stop_limit_ms,
        .reservations = reservations_new(),
        .has_link = has_link};
    a->mover_host = (struct slot_mover_host){
        .loop = &a->loop, .nodes = &a->node_host, .clusters = &a->cluster_host, .changed = mover_has_changed, .arg = a};
}

int agent_run(const struct agent_options *o, struct err *e)
{
    struct agent a = {
        .o = o,
        .lock = -1,
    };
    agent_engines_init(&a.engines, o->redis_server, o->memcached, o->engines);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    int r = prepare(o, &a, e);
    if (!r && uv_loop_init(&a.loop) != 0) r = err_set(e, ERR_BROKEN, "no event loop");
    if (!r) {
        prepare_hosts(&a);
        a.link_host = (struct link_host){&a.loop, link_has_changed, a.node_host.reservations, leads_to_ours, {{0}}};
        link_host_limit(&a.link_host);
        r = run(&a, e);
        fini(&a);
    }
    if (a.lock >= 0) close(a.lock);
    return r;
}
