#include "agent/dry_run/dry_fleet.h"
#include "agent/dry_run/dry_cluster.h"
#include "agent/dry_run/dry_follows.h"
#include "agent/dry_run/dry_news.h"
#include "agent/dry_run/dry_node.h"
#include "agent/os/file.h"
#include "base/arena.h"
#include "base/index.h"
#include "base/log.h"
#include "model/shape.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What engines take on an idle machine, roughly, until an assignment says otherwise. */
enum { START_MS = 20, SWITCH_MS = 2 };

/* A Redis Cluster, with what is made of its map. */
struct mapped {
    struct dry_cluster cluster;
    struct arena arena;
    char *group;
};

struct dry_fleet {
    struct dry_host host;
    void (*changed)(void *arg);
    void *arg;
    const struct keyed *orders;
    struct proto_dry_run_order *run; /* how the dry run went last; NULL: as nobody has said */
    struct dry_node **nodes;
    size_t n_nodes;
    struct index by_id, by_process;
    struct dry_node **waiting; /* those that are to live next */
    size_t n_waiting, waiting_room;
    struct dry_follows follows;
    struct index savers;              /* who is to take a snapshot, by its id */
    struct index mapped;              /* struct mapped, by replication group */
    struct dry_news clusters;         /* those that something has happened in */
    struct dry_news seen[KEYED_SEEN]; /* what may be otherwise than was told */
    uint64_t serial;                  /* the last that a map was given */
    uint64_t looks_at_faults;
    bool stopping;
};

/* ---- finding ---- */

/* The host is its first member. */
static struct dry_fleet *fleet_of(struct dry_host *h)
{
    return (struct dry_fleet *)(void *)h;
}

static struct dry_node *find_dry_node(struct dry_host *h, const char *id)
{
    return index_get(&fleet_of(h)->by_id, id);
}

/* ---- who is to be looked at ---- */

static void look_at(struct dry_fleet *f, struct dry_node *n)
{
    if (!n->is_waiting) {
        n->is_waiting = true;
        if (f->n_waiting == f->waiting_room) {
            f->waiting_room = f->waiting_room ? 2 * f->waiting_room : 16;
            f->waiting = realloc(f->waiting, f->waiting_room * sizeof *f->waiting);
            if (f->waiting == NULL) abort();
        }
        f->waiting[f->n_waiting++] = n;
    }
    dry_news_add(&f->seen[KEYED_SEEN_NODES], n->id);
    if (n->order && n->order->snapshot) dry_news_add(&f->seen[KEYED_SEEN_SNAPSHOTS], n->order->snapshot);
    if (n->order && n->order->cluster) dry_news_add(&f->clusters, n->order->cluster);
}

/* Followers wait for it, and tell whether they are linked to it. */
static void look_at_followers(struct dry_fleet *f, const char *upstream)
{
    const struct dry_followers *l = dry_follows_find(&f->follows, upstream);
    for (size_t i = 0; l && i < l->n; i++) look_at(f, l->nodes[i]);
}

/* Its process before this one is found no more. */
static void index_process(struct dry_fleet *f, struct dry_node *n)
{
    char process[sizeof n->process];
    if (n->pid == 0) return; /* it had none yet */
    snprintf(process, sizeof process, "%lld", (long long)n->pid);
    if (strcmp(process, n->process) == 0) return;
    index_drop(&f->by_process, n->process);
    memcpy(n->process, process, sizeof process);
    index_put(&f->by_process, n->process, n);
}

static void node_has_changed(struct dry_host *h, struct dry_node *n)
{
    struct dry_fleet *f = fleet_of(h);
    index_process(f, n);
    look_at(f, n);
    look_at_followers(f, n->id);
    f->changed(f->arg);
}

/* ---- nodes ---- */

static struct dry_node *add_node(struct dry_fleet *f, const char *id)
{
    struct dry_node *n = dry_node_open(&f->host, id);
    f->nodes = realloc(f->nodes, (f->n_nodes + 1) * sizeof *f->nodes);
    if (f->nodes == NULL) abort();
    n->place = f->n_nodes;
    f->nodes[f->n_nodes++] = n;
    index_put(&f->by_id, n->id, n);
    look_at_followers(f, id);
    return n;
}

static void forget_node(struct dry_fleet *f, struct dry_node *n)
{
    assert(n->order == NULL && !n->is_waiting);
    f->nodes[n->place] = f->nodes[--f->n_nodes];
    f->nodes[n->place]->place = n->place;
    index_drop(&f->by_id, n->id);
    index_drop(&f->by_process, n->process);
    dry_news_add(&f->seen[KEYED_SEEN_NODES], n->id);
    look_at_followers(f, n->id);
    dry_node_close(n);
}

static void order_node(struct dry_fleet *f, const char *id, const struct proto_node_order *o)
{
    struct dry_node *n = find_dry_node(&f->host, id);
    if (!file_id_ok(id)) {
        log_error("the assignment has a node whose id can't be a folder's name; it is left out");
        return;
    }
    if (n == NULL && o == NULL) return;
    if (n == NULL) n = add_node(f, id);
    look_at(f, n);
    if (n->order) {
        dry_follows_drop(&f->follows, n->order->upstream_node, n);
        if (n->order->snapshot && index_get(&f->savers, n->order->snapshot) == n) index_drop(&f->savers, n->order->snapshot);
    }
    dry_node_order(n, o);
    /* What others have to know of a node's order; the strings that it is found by are the order's own. */
    if (n->order) {
        dry_follows_add(&f->follows, n->order->upstream_node, n);
        if (n->order->snapshot) index_put(&f->savers, n->order->snapshot, n);
    }
    n->is_ordered = true;
    look_at(f, n);
    look_at_followers(f, id);
}

/* ---- Redis Clusters ---- */

static void drop_map(struct mapped *c)
{
    if (c == NULL) return;
    arena_fini(&c->arena);
    free(c->group);
    free(c);
}

static void order_cluster(struct dry_fleet *f, const char *group, const struct proto_cluster_map *o)
{
    struct err e = {0};
    struct mapped *c = index_get(&f->mapped, group);
    if (c) index_drop(&f->mapped, group);
    drop_map(c);
    dry_news_add(&f->clusters, group);
    if (o && cluster_map_check(o, &e) != 0) log_error("the cluster of group %s can't be used: %s", group, e.msg);
    if (o == NULL || e.code) return;
    c = calloc(1, sizeof *c);
    if (c == NULL || (c->group = strdup(group)) == NULL) abort();
    cluster_map_init(&c->cluster.map, o, ++f->serial, &c->arena);
    index_put(&f->mapped, c->group, c);
}

/* Its nodes tell of it. */
static void turn_cluster(struct dry_fleet *f, struct mapped *c)
{
    const struct proto_cluster_map *m = c->cluster.map.m;
    dry_cluster_turn(&c->cluster, &f->host);
    for (size_t i = 0; i < m->nodes.n; i++)
        if (m->nodes.items[i].order) dry_news_add(&f->seen[KEYED_SEEN_NODES], m->nodes.items[i].order);
}

/* ---- an assignment ---- */

void dry_fleet_order(void *fleet, int list, const char *key)
{
    struct dry_fleet *f = fleet;
    const void *order = keyed_find(f->orders, list, key);
    if (list == KEYED_ORDER_NODES) order_node(f, key, order);
    else if (list == KEYED_ORDER_CLUSTERS) order_cluster(f, key, order);
    else if (list == KEYED_ORDER_LINKS) dry_news_add(&f->seen[KEYED_SEEN_LINKS], key);
    else if (list == KEYED_ORDER_SNAPSHOTS) dry_news_add(&f->seen[KEYED_SEEN_SNAPSHOTS], key);
}

/* It comes with every assignment, and is seldom another one. Then the one before is the caller's. */
static bool take_run(struct dry_fleet *f, const struct proto_dry_run_order *o, struct proto_dry_run_order **before)
{
    if (f->run && shape_same(&shape_proto_dry_run_order, f->run, o)) return false;
    *before = f->run;
    f->run = shape_clone(&shape_proto_dry_run_order, o);
    if (o->start_ms.set) f->host.times.start_ms = o->start_ms.v;
    if (o->switch_ms.set) f->host.times.switch_ms = o->switch_ms.v;
    if (o->life_ms.set) f->host.times.life_ms = o->life_ms.v;
    return true;
}

static struct dry_node *find_process(const struct dry_fleet *f, int64_t pid)
{
    char process[24];
    snprintf(process, sizeof process, "%lld", (long long)pid);
    return index_get(&f->by_process, process);
}

static void take_faults(struct dry_fleet *f, const struct proto_dry_run_order *before)
{
    f->looks_at_faults++;
    for (size_t i = 0; i < f->run->faults.n; i++) {
        const struct proto_dry_run_fault *fault = &f->run->faults.items[i];
        struct dry_node *n = find_process(f, fault->pid.v);
        if (n == NULL) continue;
        n->look_with_fault = f->looks_at_faults;
        dry_node_hang(n, fault->hangs.v);
        if (!fault->hangs.v) dry_node_die(n);
    }
    for (size_t i = 0; before && i < before->faults.n; i++) {
        struct dry_node *n = find_process(f, before->faults.items[i].pid.v);
        if (n && n->look_with_fault != f->looks_at_faults) dry_node_hang(n, false);
    }
}

static void live_nodes(struct dry_fleet *f)
{
    for (size_t i = 0; i < f->n_waiting; i++) {
        struct dry_node *n = f->waiting[i];
        bool is_due = n->is_ordered || dry_node_waits(n);
        n->is_waiting = n->is_ordered = false;
        if (is_due) dry_node_live(n);
        if (dry_node_is_gone(n) && !n->is_waiting) forget_node(f, n);
    }
    f->n_waiting = 0;
}

void dry_fleet_settle(struct dry_fleet *f, const struct proto_dry_run_order *o)
{
    static const struct proto_dry_run_order nothing;
    if (f->stopping) return;
    if (o == NULL) o = &nothing;
    struct proto_dry_run_order *before = NULL;
    bool otherwise = take_run(f, o, &before);
    live_nodes(f);
    if (otherwise) take_faults(f, before);
    free(before);
    f->changed(f->arg);
}

/* ---- what happens meanwhile ---- */

void dry_fleet_turn(struct dry_fleet *f)
{
    if (f->stopping) return;
    live_nodes(f);
    for (size_t i = 0; i < f->clusters.n; i++) {
        struct mapped *c = index_get(&f->mapped, f->clusters.ids[i]);
        if (c) turn_cluster(f, c);
    }
    dry_news_clear(&f->clusters);
}

void dry_fleet_stop(struct dry_fleet *f)
{
    f->stopping = true;
    for (size_t i = 0; i < f->n_nodes; i++) dry_node_stop(f->nodes[i]);
    f->changed(f->arg);
}

/* ---- what is told of it ---- */

static void see_node(const struct dry_fleet *f, const struct dry_node *n, struct arena *a, struct proto_node_seen *out)
{
    bool tells = n->state == DRY_READY && n->order && n->order->cluster;
    const struct mapped *c = tells ? index_get(&f->mapped, n->order->cluster) : NULL;
    dry_node_see(n, out);
    if (c) out->cluster = dry_cluster_see(&c->cluster, n, a);
}

static void see_link(const struct proto_link_order *o, struct proto_link_seen *out)
{
    *out = (struct proto_link_seen){.id = o->id, .address = o->address, .port = o->port, .state = ENDPOINT_LISTENING};
}

/* One that nobody is to take any more was taken, by this agent or one before it. */
static void see_snapshot(const struct dry_fleet *f, const struct proto_snapshot_order *o, struct proto_snapshot_seen *out)
{
    const struct dry_node *saver = index_get(&f->savers, o->id);
    bool taken = saver == NULL || (saver->saved && strcmp(saver->saved, o->id) == 0);
    *out = (struct proto_snapshot_seen){.id = o->id, .state = !o->keep.v ? PART_GONE : taken ? PART_WHOLE : PART_MISSING};
    if (out->state != PART_WHOLE) return;
    out->size = OPT_INT(0);
    if (saver) out->taken_ms = OPT_INT(saver->saved_ms);
    out->export = o->export;
    out->exported = o->export_path;
}

static void add_gone(struct string_list *gone, struct arena *a, const char *id)
{
    gone->items[gone->n++] = arena_strdup(a, id);
}

static void see_news(struct dry_fleet *f, struct arena *a, struct proto_sighting *out)
{
    for (size_t i = 0; i < f->seen[KEYED_SEEN_NODES].n; i++) {
        const char *id = f->seen[KEYED_SEEN_NODES].ids[i];
        const struct dry_node *n = find_dry_node(&f->host, id);
        if (n) see_node(f, n, a, &out->nodes.items[out->nodes.n++]);
        else add_gone(&out->gone->nodes, a, id);
    }
    for (size_t i = 0; i < f->seen[KEYED_SEEN_LINKS].n; i++) {
        const char *id = f->seen[KEYED_SEEN_LINKS].ids[i];
        const struct proto_link_order *o = keyed_find(f->orders, KEYED_ORDER_LINKS, id);
        if (o) see_link(o, &out->links.items[out->links.n++]);
        else add_gone(&out->gone->links, a, id);
    }
    for (size_t i = 0; i < f->seen[KEYED_SEEN_SNAPSHOTS].n; i++) {
        const char *id = f->seen[KEYED_SEEN_SNAPSHOTS].ids[i];
        const struct proto_snapshot_order *o = keyed_find(f->orders, KEYED_ORDER_SNAPSHOTS, id);
        if (o) see_snapshot(f, o, &out->snapshots.items[out->snapshots.n++]);
        else add_gone(&out->gone->snapshots, a, id);
    }
}

static struct proto_gone *room_for_gone(const struct dry_fleet *f, struct arena *a)
{
    struct proto_gone *gone = arena_new(a, struct proto_gone);
    struct string_list *lists[] = {&gone->nodes, &gone->links, &gone->snapshots};
    const int news[] = {KEYED_SEEN_NODES, KEYED_SEEN_LINKS, KEYED_SEEN_SNAPSHOTS};
    *gone = (struct proto_gone){0};
    for (size_t i = 0; i < 3; i++) *lists[i] = (struct string_list){true, 0, arena_array(a, const char *, f->seen[news[i]].n)};
    return gone;
}

void dry_fleet_see(struct dry_fleet *f, bool whole, struct arena *a, struct proto_sighting *out)
{
    const struct index *links = &f->orders->items[KEYED_ORDER_LINKS], *snapshots = &f->orders->items[KEYED_ORDER_SNAPSHOTS];
    size_t n_nodes = whole ? f->n_nodes : f->seen[KEYED_SEEN_NODES].n;
    size_t n_links = whole ? links->n : f->seen[KEYED_SEEN_LINKS].n;
    size_t n_snapshots = whole ? snapshots->n : f->seen[KEYED_SEEN_SNAPSHOTS].n;
    out->nodes = (struct proto_node_seen_list){true, 0, arena_array(a, struct proto_node_seen, n_nodes)};
    out->links = (struct proto_link_seen_list){true, 0, arena_array(a, struct proto_link_seen, n_links)};
    out->snapshots = (struct proto_snapshot_seen_list){true, 0, arena_array(a, struct proto_snapshot_seen, n_snapshots)};
    if (!whole) out->gone = room_for_gone(f, a);
    if (whole) {
        const void *order;
        for (size_t i = 0; i < f->n_nodes; i++) see_node(f, f->nodes[i], a, &out->nodes.items[out->nodes.n++]);
        for (size_t at = 0; (order = keyed_next(f->orders, KEYED_ORDER_LINKS, &at)) != NULL;)
            see_link(order, &out->links.items[out->links.n++]);
        for (size_t at = 0; (order = keyed_next(f->orders, KEYED_ORDER_SNAPSHOTS, &at)) != NULL;)
            see_snapshot(f, order, &out->snapshots.items[out->snapshots.n++]);
    } else see_news(f, a, out);
    for (size_t i = 0; i < KEYED_SEEN; i++) dry_news_clear(&f->seen[i]);
}

/* ---- opening and closing ---- */

struct dry_fleet *dry_fleet_open(uv_loop_t *loop, const struct keyed *orders, void (*changed)(void *arg), void *arg)
{
    struct dry_fleet *f = calloc(1, sizeof *f);
    if (f == NULL) abort();
    f->host =
        (struct dry_host){.loop = loop, .times = {START_MS, SWITCH_MS, 0}, .changed = node_has_changed, .find = find_dry_node};
    f->orders = orders;
    f->changed = changed;
    f->arg = arg;
    return f;
}

static void free_fleet(uv_handle_t *h)
{
    struct dry_fleet *f = h->data;
    for (size_t i = 0; i < f->mapped.cap; i++) drop_map(f->mapped.slots[i].value);
    for (size_t i = 0; i < KEYED_SEEN; i++) dry_news_fini(&f->seen[i]);
    dry_news_fini(&f->clusters);
    dry_follows_fini(&f->follows);
    index_fini(&f->mapped);
    index_fini(&f->savers);
    index_fini(&f->by_id);
    index_fini(&f->by_process);
    free(f->waiting);
    free(f->nodes);
    free(f->run);
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
