#include "agent/dry_run/dry_fleet.h"
#include "agent/dry_run/dry_cluster.h"
#include "agent/dry_run/dry_node.h"
#include "agent/os/file.h"
#include "base/arena.h"
#include "base/index.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

/* What engines take on an idle machine, roughly, until an assignment says otherwise. */
enum { START_MS = 20, SWITCH_MS = 2 };

struct dry_fleet {
    struct dry_host host;
    void (*changed)(void *arg);
    void *arg;
    struct dry_node **nodes;
    size_t n_nodes;
    struct index by_id;
    const struct proto_assignment *ordered; /* NULL: nothing yet */
    struct arena maps;                      /* what is read from the assignment */
    struct dry_cluster *clusters;
    size_t n_clusters;
    bool stopping;
};

/* ---- finding ---- */

/* The host is its first member. */
static struct dry_fleet *fleet_of(struct dry_host *h)
{
    return (struct dry_fleet *)(void *)h;
}

static void node_has_changed(struct dry_host *h)
{
    fleet_of(h)->changed(fleet_of(h)->arg);
}

static struct dry_node *find_node(struct dry_host *h, const char *id)
{
    return index_get(&fleet_of(h)->by_id, id);
}

static void add_node(struct dry_fleet *f, const char *id)
{
    f->nodes = realloc(f->nodes, (f->n_nodes + 1) * sizeof *f->nodes);
    if (f->nodes == NULL) abort();
    struct dry_node *n = f->nodes[f->n_nodes++] = dry_node_open(&f->host, id);
    index_put(&f->by_id, n->id, n);
}

static void forget_gone_nodes(struct dry_fleet *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (dry_node_is_gone(f->nodes[i])) dry_node_close(f->nodes[i]);
        else f->nodes[kept++] = f->nodes[i];
    }
    if (kept == f->n_nodes) return;
    f->n_nodes = kept;
    index_fini(&f->by_id);
    for (size_t i = 0; i < kept; i++) index_put(&f->by_id, f->nodes[i]->id, f->nodes[i]);
}

/* ---- an assignment ---- */

static void take_times(struct dry_fleet *f, const struct proto_dry_run_order *o)
{
    if (o == NULL) return;
    if (o->start_ms.set) f->host.times.start_ms = o->start_ms.v;
    if (o->switch_ms.set) f->host.times.switch_ms = o->switch_ms.v;
    if (o->life_ms.set) f->host.times.life_ms = o->life_ms.v;
}

static const struct proto_dry_run_fault *find_fault(const struct proto_dry_run_order *o, int64_t pid)
{
    for (size_t i = 0; o && i < o->faults.n; i++)
        if (o->faults.items[i].pid.v == pid) return &o->faults.items[i];
    return NULL;
}

static void take_faults(struct dry_fleet *f, const struct proto_dry_run_order *o)
{
    for (size_t i = 0; i < f->n_nodes; i++) {
        const struct proto_dry_run_fault *fault = find_fault(o, f->nodes[i]->pid);
        dry_node_hang(f->nodes[i], fault && fault->hangs.v);
        if (fault && !fault->hangs.v) dry_node_die(f->nodes[i]);
    }
}

static void take_maps(struct dry_fleet *f, const struct proto_assignment *m)
{
    arena_fini(&f->maps);
    f->maps = (struct arena){0};
    f->clusters = arena_array(&f->maps, struct dry_cluster, m->clusters.n);
    f->n_clusters = 0;
    for (size_t i = 0; i < m->clusters.n; i++) {
        struct err e = {0};
        const struct proto_cluster_map *c = &m->clusters.items[i];
        if (cluster_map_check(c, &e) != 0) log_error("the cluster of group %s can't be used: %s", c->group, e.msg);
        else cluster_map_init(&f->clusters[f->n_clusters++].map, c, m->version.v > 0 ? (uint64_t)m->version.v : 0, &f->maps);
    }
}

static void order_nodes(struct dry_fleet *f, const struct proto_assignment *m)
{
    _index_ struct index orders = {0};
    for (size_t i = 0; i < m->nodes.n; i++) {
        const char *id = m->nodes.items[i].id;
        if (!file_id_ok(id)) log_error("the assignment has a node whose id can't be a folder's name; it is left out");
        else if (find_node(&f->host, id) == NULL) add_node(f, id);
        index_put(&orders, id, &m->nodes.items[i]);
    }
    for (size_t i = 0; i < f->n_nodes; i++) dry_node_order(f->nodes[i], index_get(&orders, f->nodes[i]->id));
    for (size_t i = 0; i < f->n_nodes; i++) dry_node_live(f->nodes[i]);
}

void dry_fleet_order(struct dry_fleet *f, const struct proto_assignment *m)
{
    if (f->stopping) return;
    f->ordered = m;
    take_times(f, m->dry_run);
    take_maps(f, m);
    order_nodes(f, m);
    take_faults(f, m->dry_run);
    node_has_changed(&f->host);
}

/* ---- what happens meanwhile ---- */

void dry_fleet_turn(struct dry_fleet *f)
{
    if (f->stopping) return;
    for (size_t i = 0; i < f->n_nodes; i++)
        if (dry_node_waits(f->nodes[i])) dry_node_live(f->nodes[i]);
    forget_gone_nodes(f);
    for (size_t i = 0; i < f->n_clusters; i++) dry_cluster_turn(&f->clusters[i], &f->host);
}

void dry_fleet_stop(struct dry_fleet *f)
{
    f->stopping = true;
    for (size_t i = 0; i < f->n_nodes; i++) dry_node_stop(f->nodes[i]);
    node_has_changed(&f->host);
}

/* ---- what is told of it ---- */

static const struct dry_cluster *cluster_of(const struct dry_fleet *f, const struct dry_node *n)
{
    const char *group = n->order ? n->order->cluster : NULL;
    for (size_t i = 0; group && i < f->n_clusters; i++)
        if (strcmp(f->clusters[i].map.m->group, group) == 0) return &f->clusters[i];
    return NULL;
}

static void see_nodes(const struct dry_fleet *f, struct arena *a, struct proto_sighting *out)
{
    out->nodes = (struct proto_node_seen_list){true, f->n_nodes, arena_array(a, struct proto_node_seen, f->n_nodes)};
    for (size_t i = 0; i < f->n_nodes; i++) {
        const struct dry_cluster *c = f->nodes[i]->state == DRY_READY ? cluster_of(f, f->nodes[i]) : NULL;
        dry_node_see(f->nodes[i], &out->nodes.items[i]);
        if (c) out->nodes.items[i].cluster = dry_cluster_see(c, f->nodes[i], a);
    }
}

static void see_links(const struct proto_assignment *m, struct arena *a, struct proto_sighting *out)
{
    out->links = (struct proto_link_seen_list){true, m->links.n, arena_array(a, struct proto_link_seen, m->links.n)};
    for (size_t i = 0; i < m->links.n; i++) {
        const struct proto_link_order *o = &m->links.items[i];
        out->links.items[i] =
            (struct proto_link_seen){.id = o->id, .address = o->address, .port = o->port, .state = ENDPOINT_LISTENING};
    }
}

/* The snapshots that nodes are to take; the value is the node. */
static void index_savers(const struct dry_fleet *f, struct index *out)
{
    for (size_t i = 0; i < f->n_nodes; i++)
        if (f->nodes[i]->order && f->nodes[i]->order->snapshot) index_put(out, f->nodes[i]->order->snapshot, f->nodes[i]);
}

/* One that nobody is to take any more was taken, by this agent or one before it. */
static void see_snapshot(const struct proto_snapshot_order *o, const struct dry_node *saver, struct proto_snapshot_seen *out)
{
    bool taken = saver == NULL || (saver->saved && strcmp(saver->saved, o->id) == 0);
    *out = (struct proto_snapshot_seen){.id = o->id, .state = !o->keep.v ? PART_GONE : taken ? PART_WHOLE : PART_MISSING};
    if (out->state != PART_WHOLE) return;
    out->size = OPT_INT(0);
    if (saver) out->taken_ms = OPT_INT(saver->saved_ms);
    out->export = o->export;
    out->exported = o->export_path;
}

static void see_snapshots(const struct dry_fleet *f, struct arena *a, struct proto_sighting *out)
{
    _index_ struct index savers = {0};
    const struct proto_snapshot_order_list *list = &f->ordered->snapshots;
    out->snapshots = (struct proto_snapshot_seen_list){true, list->n, arena_array(a, struct proto_snapshot_seen, list->n)};
    index_savers(f, &savers);
    for (size_t i = 0; i < list->n; i++)
        see_snapshot(&list->items[i], index_get(&savers, list->items[i].id), &out->snapshots.items[i]);
}

void dry_fleet_see(struct dry_fleet *f, struct arena *a, struct proto_sighting *out)
{
    see_nodes(f, a, out);
    if (f->ordered == NULL) return;
    see_links(f->ordered, a, out);
    see_snapshots(f, a, out);
}

/* ---- opening and closing ---- */

struct dry_fleet *dry_fleet_open(uv_loop_t *loop, void (*changed)(void *arg), void *arg)
{
    struct dry_fleet *f = calloc(1, sizeof *f);
    if (f == NULL) abort();
    f->host = (struct dry_host){.loop = loop, .times = {START_MS, SWITCH_MS, 0}, .changed = node_has_changed, .find = find_node};
    f->changed = changed;
    f->arg = arg;
    return f;
}

static void free_fleet(uv_handle_t *h)
{
    struct dry_fleet *f = h->data;
    index_fini(&f->by_id);
    arena_fini(&f->maps);
    free(f->nodes);
    free(f);
    free(h);
}

void dry_fleet_close(struct dry_fleet *f)
{
    for (size_t i = 0; i < f->n_nodes; i++) dry_node_close(f->nodes[i]);
    uv_timer_t *last = malloc(sizeof *last);
    if (last == NULL) abort();
    uv_timer_init(f->host.loop, last);
    last->data = f;
    uv_close((uv_handle_t *)last, free_fleet);
}
