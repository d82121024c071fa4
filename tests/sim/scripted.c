#include "scripted.h"
#include "base/err.h"
#include "faults.h"
#include "machine.h"
#include "model/json.h"
#include "model/shape.h"
#include "record.h"
#include "scripted_int.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 8, SLOW_MS = 100, QUICK_MS = 500, QUIET_MS = 1000, BEAT_MS_OF_SIGHTINGS = 1000 };

static struct disk *all_disks;

struct disk *disks(void)
{
    return all_disks;
}

struct disk *disk_of(const char *region, const char *id)
{
    struct disk *d = all_disks;
    while (d && (strcmp(d->region, region) != 0 || strcmp(d->id, id) != 0)) d = d->next;
    if (d) return d;
    d = calloc(1, sizeof *d);
    if (d == NULL) abort();
    snprintf(d->region, sizeof d->region, "%s", region);
    snprintf(d->id, sizeof d->id, "%s", id);
    d->next = all_disks;
    all_disks = d;
    return d;
}

void scripted_spoil(const char *region, size_t number)
{
    size_t n = 0, at = 0;
    for (struct disk *d = all_disks; d; d = d->next) n += d->is_file && d->there && strcmp(d->region, region) == 0;
    for (struct disk *d = all_disks; d && n; d = d->next) {
        if (!d->is_file || !d->there || strcmp(d->region, region) != 0 || at++ != number % n) continue;
        record("the file of %s is gone", d->id);
        d->there = false;
        return;
    }
}

struct disk *file_of(const char *region, const char *id)
{
    struct disk *d = disk_of(region, id);
    d->is_file = true;
    return d;
}

struct scripted_node *scripted_find(struct scripted *s, const char *id)
{
    for (size_t i = 0; id && i < s->n_nodes; i++)
        if (strcmp(s->nodes[i].id, id) == 0) return &s->nodes[i];
    return NULL;
}

static struct scripted_node *node_ensure(struct scripted *s, const char *id)
{
    struct scripted_node *n = scripted_find(s, id);
    if (n) return n;
    if (s->n_nodes == SCRIPTED_NODES) record_failure("more than %d nodes in %s", SCRIPTED_NODES, s->region);
    n = &s->nodes[s->n_nodes++];
    *n = (struct scripted_node){.disk = disk_of(s->region, id)};
    snprintf(n->id, sizeof n->id, "%s", id);
    scripted_node_adopt(s, n);
    return n;
}

/* ---- the sighting ---- */

static void see_links(const struct scripted *s, struct arena *mem, struct proto_link_seen_list *out)
{
    *out = (struct proto_link_seen_list){true, 0, arena_array(mem, struct proto_link_seen, s->a.links.n)};
    for (size_t i = 0; i < s->a.links.n; i++) {
        const struct proto_link_order *l = &s->a.links.items[i];
        bool taken = engine_at(l->address, l->port.v) != NULL || faults_stranger_at(l->address, l->port.v);
        out->items[out->n++] = (struct proto_link_seen){
            .id = l->id, .address = l->address, .port = l->port, .state = taken ? ENDPOINT_CONFLICT : ENDPOINT_LISTENING};
    }
}

static void see_snapshots(const struct scripted *s, struct arena *mem, struct proto_snapshot_seen_list *out)
{
    *out = (struct proto_snapshot_seen_list){true, 0, arena_array(mem, struct proto_snapshot_seen, s->a.snapshots.n)};
    for (size_t i = 0; i < s->a.snapshots.n; i++) {
        const struct proto_snapshot_order *o = &s->a.snapshots.items[i];
        struct disk *d = file_of(s->region, o->id);
        struct proto_snapshot_seen *seen = &out->items[out->n++];
        *seen = (struct proto_snapshot_seen){.id = o->id, .state = PART_MISSING};
        if (!o->keep.v) d->there = false;
        if (!o->keep.v) seen->state = PART_GONE;
        else if (d->failed) {
            seen->state = PART_FAILED;
            seen->reason = "there is no such file";
        } else if (d->there) {
            seen->state = PART_WHOLE;
            seen->size = OPT_INT(1000 + d->offset);
            seen->taken_ms = OPT_INT(d->noted_pid);
            seen->export = o->export;
            if (o->export_path) seen->exported = o->export_path;
        }
    }
}

static void fill_sighting(struct scripted *s, struct arena *mem, struct buf *out)
{
    struct proto_sighting x = {.region = s->region, .pid = OPT_INT(s->process->pid), .version = s->a.version};
    x.stopped = OPT_BOOL(s->stopped);
    x.nodes = (struct proto_node_seen_list){true, 0, arena_array(mem, struct proto_node_seen, s->n_nodes)};
    for (size_t i = 0; i < s->n_nodes; i++) {
        struct proto_node_seen *seen = &x.nodes.items[x.nodes.n++];
        scripted_node_see(s, &s->nodes[i], mem, seen);
        if (s->nodes[i].ready) seen->cluster = scripted_cluster(s, &s->nodes[i], mem);
    }
    see_links(s, mem, &x.links);
    see_snapshots(s, mem, &x.snapshots);
    json_encode(out, &shape_proto_sighting, &x);
}

static void on_sighting(void *arg, struct buf *out)
{
    _arena_ struct arena mem = {0};
    struct scripted *s = arg;
    s->told = machine_ms();
    fill_sighting(s, &mem, out);
}

/* ---- the assignment ---- */

static void order_links(struct scripted *s)
{
    for (size_t i = 0; i < s->a.links.n; i++) {
        const struct proto_link_order *l = &s->a.links.items[i];
        const struct proto_target *t = l->targets.n ? &l->targets.items[0] : NULL;
        engine_set_link(l->address, l->port.v, t ? t->host : "", t ? t->port.v : 0);
    }
}

static void order_lines(struct scripted *s)
{
    engine_drop_lines(s->region);
    for (size_t i = 0; i < s->a.network.n; i++) {
        const struct proto_far_region *f = &s->a.network.items[i];
        struct line l = {.down = (f->to && f->to->down.v) || (f->from && f->from->down.v),
            .lost = (f->to && f->to->lost.v) || (f->from && f->from->lost.v),
            .latency_ms = (f->to ? f->to->latency_ms.v : 0) + (f->from ? f->from->latency_ms.v : 0)};
        engine_set_line(s->region, f->region, &l);
    }
}

/* A file that comes from another one; those of nodes come with the nodes' orders. */
static void copy_snapshots(struct scripted *s)
{
    for (size_t i = 0; i < s->a.snapshots.n; i++) {
        const struct proto_snapshot_order *o = &s->a.snapshots.items[i];
        struct disk *to = file_of(s->region, o->id), *from = o->copy_of ? file_of(s->region, o->copy_of) : NULL;
        if (!o->keep.v) to->failed = false;
        if (!o->keep.v || to->there || from == NULL) continue;
        to->there = from->there;
        to->failed = !from->there;
        to->noted_pid = machine_wall_ms();
    }
}

static int64_t on_assignment(void *arg, const char *json, size_t len)
{
    struct scripted *s = arg;
    struct err e;
    struct arena *next = &s->orders[!s->current];
    struct proto_assignment m = {0};
    if (s->stopping) return DIAL_ENOUGH;
    if (json_decode(&shape_proto_assignment, json, len, next, &m, &e) != 0)
        record_failure("an assignment that can't be read: %s", e.msg);
    for (size_t i = 0; i < s->n_nodes; i++) s->nodes[i].order = NULL;
    for (size_t i = 0; i < m.nodes.n; i++) {
        struct scripted_node *n = node_ensure(s, m.nodes.items[i].id);
        n->order = &m.nodes.items[i];
    }
    if (!s->assigned) s->quiet_until = machine_ms() + QUIET_MS;
    s->a = m;
    scripted_read_maps(s, next);
    s->assigned = s->dirty = true;
    for (size_t i = 0; i < s->n_nodes; i++) s->nodes[i].assigned = true;
    order_links(s);
    order_lines(s);
    copy_snapshots(s);
    arena_fini(&s->orders[s->current]);
    s->current = !s->current;
    if (m.shutdown.v) s->stopping = true;
    s->quick_until = machine_ms() + QUICK_MS;
    uv_timer_start(&s->tick, s->tick.timer_cb, 1, 0);
    return m.version.v;
}

/* ---- its life ---- */

static void drop_gone(struct scripted *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_nodes; i++) {
        const struct scripted_node *n = &s->nodes[i];
        if (!n->assigned || n->order || n->engine || n->disk->there) s->nodes[kept++] = s->nodes[i];
    }
    s->n_nodes = kept;
}

static void gone(void *arg)
{
    struct scripted *s = arg;
    machine_exit(s->process, 0);
}

static void look_whether_stopped(struct scripted *s)
{
    for (size_t i = 0; i < s->n_nodes; i++)
        if (s->nodes[i].engine) return;
    if (s->stopped) return;
    s->stopped = true;
    dial_finish(s->dial, gone);
}

/* One that has just come back does not say that its nodes are starting. */
static bool may_report(const struct scripted *s)
{
    for (size_t i = 0; i < s->n_nodes; i++)
        if (s->nodes[i].engine && !s->nodes[i].ready && s->nodes[i].adopted && machine_ms() < s->quiet_until) return false;
    return s->assigned;
}

static void tick(uv_timer_t *t)
{
    struct scripted *s = t->data;
    bool moved = s->dirty;
    for (size_t i = 0; i < s->n_nodes; i++) moved |= scripted_node_step(s, &s->nodes[i]);
    if (s->assigned) drop_gone(s);
    moved |= scripted_move_slots(s);
    s->dirty = moved && !may_report(s);
    if (moved && !s->dirty) dial_report(s->dial);
    if (moved) s->quick_until = machine_ms() + QUICK_MS;
    if (s->stopping) look_whether_stopped(s);
    uv_timer_start(t, tick, s->stopping || machine_ms() < s->quick_until ? TICK_MS : SLOW_MS, 0);
}

static void beat(uv_timer_t *t)
{
    struct scripted *s = t->data;
    if (may_report(s) && !s->stopped) dial_report(s->dial);
}

static void on_signal(uv_signal_t *h, int signum)
{
    struct scripted *s = h->data;
    (void)signum;
    s->stopping = true;
}

static void on_stored(void *arg)
{
    struct scripted *s = arg;
    s->known = s->told;
    for (size_t i = 0; i < s->n_nodes; i++) scripted_node_stored(s, &s->nodes[i]);
}

static const struct dial_events events = {.assignment = on_assignment, .sighting = on_sighting, .stored = on_stored};

/* Whatever its folder holds is adopted before it knows what shall become of that. */
void scripted_agent(struct process *p, const char *region, const char *folder)
{
    struct scripted *s = calloc(1, sizeof *s);
    static uv_signal_t *term;
    struct err e;
    if (s == NULL || (term = calloc(1, sizeof *term)) == NULL) abort();
    s->process = p;
    snprintf(s->region, sizeof s->region, "%s", region);
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    uv_loop_init(&s->loop);
    for (struct disk *d = disks(); d; d = d->next)
        if (d->there && !d->is_file && strcmp(d->region, region) == 0) node_ensure(s, d->id);
    uv_timer_init(&s->loop, &s->tick);
    uv_timer_init(&s->loop, &s->beat);
    uv_signal_init(&s->loop, term);
    s->tick.data = s->beat.data = term->data = s;
    uv_signal_start(term, on_signal, SIGTERM);
    uv_timer_start(&s->tick, tick, TICK_MS, 0);
    uv_timer_start(&s->beat, beat, BEAT_MS_OF_SIGHTINGS, BEAT_MS_OF_SIGHTINGS);
    struct dial_options o = {region, folder};
    dial_open(&s->loop, &o, &events, s, &s->dial, &e);
}
