#include "control/pass.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/trip.h"
#include "control/absent.h"
#include "control/authority.h"
#include "control/certificates.h"
#include "control/endpoint_zone.h"
#include "control/invariants.h"
#include "control/reach.h"
#include "control/secret.h"
#include "control/sight.h"
#include "control/steady.h"
#include "control/trace_world.h"
#include "control/world_io.h"
#include "dns/zone.h"
#include "plan/plan.h"
#include "plan/snapshot.h"
#include "plan/tables.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLOCK_JUMP_MS = 1000,
    /* Batches of one pass beyond those that it began with: what the plans wrote may be of interest to others, but not for ever. */
    MORE_BATCHES = 100,
    /* Batches at a stretch: a tenth of a second, roughly. */
    BATCHES_AT_ONCE = 16,
};

/* The components that are planned in one transaction, each with its world. */
struct batch {
    struct arena arena;
    struct components components;
    struct world *worlds; /* of each component */
    struct arena *arenas;
    struct world_region *regions; /* the same for all worlds */
    bool wrote;
};

/* ---- what goes into the log ---- */

static void log_status(const char *what, const char *region, const char *id, const char *before, const char *after)
{
    if (before && strcmp(before, after) != 0)
        log_info("%s%s%s %s: %s -> %s", region, *region ? " " : "", what, id, before, after);
}

static void log_changes(const struct world *w)
{
    for (size_t i = 0; i < w->n_rgs; i++)
        log_status("replication group", w->rgs[i].row.region, w->rgs[i].row.id,
            w->rgs[i].stored ? rg_status_text(w->rgs[i].stored->status) : NULL, rg_status_text(w->rgs[i].row.status));
    for (size_t i = 0; i < w->n_clusters; i++)
        if (w->clusters[i].row.rg_id == NULL)
            log_status("cache cluster", w->clusters[i].row.region, w->clusters[i].row.id,
                w->clusters[i].stored ? cluster_status_text(w->clusters[i].stored->status) : NULL,
                cluster_status_text(w->clusters[i].row.status));
    for (size_t i = 0; i < w->n_snapshots; i++)
        log_status("snapshot", w->snapshots[i].row.region, w->snapshots[i].row.name,
            snapshot_status_text(w->snapshots[i].stored->status), snapshot_status_text(w->snapshots[i].row.status));
    for (size_t i = 0; i < w->n_globals; i++) {
        const struct row_global_replication_group *was = w->globals[i].stored;
        log_status("global datastore", "", w->globals[i].row.id, was ? global_status_text(was->status) : NULL,
            global_status_text(w->globals[i].row.status));
        log_status("phase of global datastore", "", w->globals[i].row.id, was ? global_phase_text(was->phase) : NULL,
            global_phase_text(w->globals[i].row.phase));
    }
}

/* Once, until they have come to rest again: it goes on with every look. */
static void tell_unrest(struct passes *p, const struct world *w)
{
    if (w->restless && !p->restless) log_error("the plans do not come to rest: %s", w->restless);
    p->restless = w->restless != NULL;
}

/* ---- the world of a component ---- */

static struct world world_now(const struct passes *p, struct arena *a)
{
    const struct control_options *o = p->o;
    return (struct world){
        .arena = a,
        .now_ms = p->steady_ms + p->apart_ms,
        .steady_ms = p->steady_ms,
        .started_ms = p->started_ms,
        .addressing = {.ports = o->ports,
            .host = o->listen_host,
            .first_port = o->first_port,
            .last_port = o->last_port,
            .advertise = o->advertise,
            .own_address = o->own_address,
            .domain = o->domain,
            .named = o->named,
            .names = p->host_names},
        .allow_restricted = o->allow_restricted,
        .blocked_limit_ms = o->blocked_limit_ms,
    };
}

static struct world_region *regions_now(struct passes *p, struct arena *a)
{
    struct world_region *regions = world_regions(a, &p->rows);
    for (size_t i = 0; i < p->rows.n_regions; i++) {
        const struct session *s = session_find(p->sessions, regions[i].row.name);
        regions[i].in_touch = s && s->in_touch;
        regions[i].obeys = s && s->in_touch && s->taken == s->version;
        regions[i].isolated = s && s->isolated;
        regions[i].cut_from = network_cut_from(&p->network, &p->outages, regions[i].row.name);
        regions[i].heard_ms = s ? s->heard_ms : p->started_ms;
    }
    return regions;
}

/* 'units' NULL: all there is. */
static void take_world(struct passes *p, struct world *w, const struct unit_list *units, struct world_region *regions)
{
    world_of_units(w, &p->rows, units);
    w->regions = regions;
    w->n_regions = p->rows.n_regions;
    absences_mark(&p->absences, w);
    for (const struct session *s = p->sessions->first; s; s = s->next) {
        if (!s->told.any) continue;
        trace_recall_seen(p->trace, w, s->region, &s->told);
        sight(w, s->region, &s->told);
    }
}

/* ---- planning, in one transaction ---- */

static int plan_component(struct passes *p, struct batch *b, size_t i, struct err *e)
{
    struct world *w = &b->worlds[i];
    *w = world_now(p, &b->arenas[i]);
    w->held = &p->rows.addresses;
    take_world(p, w, &b->components.items[i].units, b->regions);
    plan_world(w);
    if (!invariants_hold_in(w, p->o->check)) { /* nothing is stored of such a pass */
        store_rollback(p->o->store);
        abort();
    }
    p->rows.writes_by = i + 1;
    int r = world_store(p->o->store, w, &b->wrote, e);
    p->rows.writes_by = 0;
    return r;
}

static int plan_batch(struct passes *p, struct batch *b, struct err *e)
{
    struct store *s = p->o->store;
    int r = store_begin(s, true, e);
    if (r) return r;
    p->planning = true;
    b->regions = regions_now(p, &b->arena);
    for (size_t i = 0; r == 0 && i < b->components.n; i++)
        if (b->components.items[i].units.n) r = plan_component(p, b, i, e);
    if (r == 0) r = world_store_regions(s, b->regions, p->rows.n_regions, &b->wrote, e);
    if (r == 0 && b->wrote) r = steady_note(s, clock_steady_ms(), e);
    if (r || !b->wrote) store_rollback(s);
    else r = store_commit(s, e);
    p->planning = false;
    return r;
}

/* ---- what follows from it ---- */

static bool region_has_work(const struct world *w, const char *region)
{
    for (size_t i = 0; i < w->n_nodes; i++)
        if (strcmp(w->nodes[i].row.region, region) == 0) return true;
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (strcmp(w->snapshots[i].row.region, region) == 0 && snapshot_needs_agent(&w->snapshots[i].row)) return true;
    return false;
}

static bool region_has_rows(const struct world *w, const char *region)
{
    for (size_t i = 0; i < w->n_clusters; i++)
        if (strcmp(w->clusters[i].row.region, region) == 0) return true;
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (strcmp(w->snapshots[i].row.region, region) == 0) return true;
    return false;
}

/* Every region with nodes has an agent. Its orders are as the rows now have them. */
static void take_orders(struct passes *p, struct world *w, const char *region)
{
    struct proto_assignment a;
    if (region_has_work(w, region)) session_ensure(p->sessions, region);
    struct session *s = region_has_rows(w, region) ? session_find(p->sessions, region) : NULL;
    if (s == NULL || s->isolated) return;
    assign(w, region, &p->secrets, &p->outages, &a);
    trace_orders(p->trace, w, &a);
    for (size_t i = 0; i < a.nodes.n; i++) s->has_tls |= a.nodes.items[i].tls != NULL;
    if (orders_take(&s->orders, w, &a)) trace_assigned(p->trace, &a, s->version + 1);
}

/* A snapshot at rest waits for its own time alone, and not for whatever its source waits for. */
static void set_due(struct passes *p, const struct component *c, const struct world *w)
{
    bool others = false;
    for (size_t i = 0; i < c->units.n; i++) others |= c->units.items[i]->looked && c->units.items[i]->kind != UNIT_SNAPSHOT;
    for (size_t i = 0; i < c->units.n; i++) {
        struct unit *u = c->units.items[i];
        bool at_rest_alone = u->kind == UNIT_SNAPSHOT && others;
        /* With its snapshot's end, say, a cache cluster that nobody had asked to be looked at begins to wait for the next window. */
        bool sooner = !u->looked && u->component && w->wake_ms < u->due_ms;
        if ((u->looked || sooner) && !at_rest_alone) due_set(&p->due, u, w->wake_ms);
    }
    for (size_t i = 0; others && i < w->n_snapshots; i++) {
        struct unit *u = rows_unit_named(&p->rows, UNIT_SNAPSHOT, w->snapshots[i].row.region, w->snapshots[i].row.name);
        if (u && u->looked) due_set(&p->due, u, w->snapshots[i].wake_ms);
    }
}

static void finish_batch(struct passes *p, struct batch *b)
{
    for (size_t i = 0; i < b->components.n; i++) {
        struct world *w = &b->worlds[i];
        if (b->components.items[i].units.n == 0) continue;
        if (p->stopping) losses_look(&p->losses, w);
        log_changes(w);
        trace_changes(p->trace, w);
        tell_unrest(p, w);
        for (size_t k = 0; k < w->n_regions; k++) take_orders(p, w, w->regions[k].row.name);
        if (p->o->zone) endpoint_zone_take(p->o->zone, w, p->o->names_at);
        set_due(p, &b->components.items[i], w);
    }
    rows_apply(&p->rows);
}

static void batch_fini(struct batch *b)
{
    size_t n = b->components.n;
    components_fini(&b->components);
    for (size_t i = 0; i < n; i++) arena_fini(&b->arenas[i]);
    arena_fini(&b->arena);
    free(b);
}

static int make_batch(struct passes *p, struct err *e)
{
    struct batch *b = calloc(1, sizeof *b);
    if (b == NULL) abort();
    components_take(&b->components, &p->rows);
    b->worlds = arena_array(&b->arena, struct world, b->components.n);
    b->arenas = arena_array(&b->arena, struct arena, b->components.n);
    int r = plan_batch(p, b, e);
    if (r) rows_lose(&p->rows);
    else finish_batch(p, b);
    batch_fini(b);
    return r;
}

/* ---- who is looked at ---- */

static int load_rows(struct passes *p, struct err *e)
{
    if (p->rows.known && p->rows.parameters_known) return 0;
    if (!p->rows.known) due_fini(&p->due);
    if (!p->rows.known && p->o->zone) zone_clear(p->o->zone);
    int r = store_begin(p->o->store, false, e);
    if (r) return r;
    r = rows_load(&p->rows, p->o->store, e);
    store_rollback(p->o->store);
    return r;
}

/* Whether an agent is in touch, and whether it has taken its orders. */
static void mark_regions(struct passes *p)
{
    absences_look(&p->absences, p->sessions, &p->rows);
    for (struct session *s = p->sessions->first; s; s = s->next) {
        if (s->looked_in_touch != s->in_touch) reach_region(&p->rows, s->region);
        s->looked_in_touch = s->in_touch;
        if (s->looked_taken != s->taken && s->taken == s->version) reach_obedience(&p->rows);
        s->looked_taken = s->taken;
    }
}

/* Everything that stops reaches everybody. */
static void look_at_faults(struct passes *p)
{
    outages_advance(&p->outages, p->steady_ms);
    bool changed = p->outage_edits != p->outages.edits || p->network_edits != p->network.edits;
    for (struct session *s = p->sessions->first; s; s = s->next) {
        bool isolated = !p->stopping && outages_isolate(&p->outages, s->region);
        changed |= s->isolated != isolated;
        session_isolate(s, isolated);
    }
    if (changed) rows_mark_all(&p->rows);
    p->outage_edits = p->outages.edits;
    p->network_edits = p->network.edits;
}

static void mark_due(struct passes *p)
{
    for (struct unit *u; (u = due_take(&p->due, p->steady_ms)) != NULL;) rows_mark(&p->rows, u);
    bool renew = certificates_due_ms(p->secrets.certificates) <= p->steady_ms + p->apart_ms;
    if (renew || p->trace_edits != trace_edits(p->trace)) rows_mark_all(&p->rows); /* orders tell of both */
    p->trace_edits = trace_edits(p->trace);
}

/* The control plane that was there before this one may have left agents in regions without any nodes. */
static void look_for_agents(struct passes *p)
{
    for (size_t i = 0; !p->handed_out && i < p->rows.n_regions; i++) {
        const char *region = rows_region_name(p->rows.regions[i]);
        if (session_left_over(p->sessions, region)) session_ensure(p->sessions, region);
    }
    p->handed_out = true;
}

/* No other installation, nor an earlier serve of this one, calls its versions so. */
static void number_versions(const struct passes *p, struct session *s)
{
    char first[24];
    snprintf(first, sizeof first, "%lld", (long long)s->version);
    secret_derive(p->secrets.admin_password, "numbering", s->region, first, s->numbering);
}

/* True where something has changed that heads tell of, but for the session itself. */
static bool heads_are_otherwise(struct passes *p)
{
    struct head_facts now = {
        .network = p->network.edits, .outages = p->outages.edits, .dry_run = p->dry_run.edits, .stopping = p->stopping};
    const struct head_facts *old = &p->heads;
    memcpy(now.trips, trip_left, sizeof now.trips);
    bool edited = now.network != old->network || now.outages != old->outages || now.dry_run != old->dry_run;
    bool same = !edited && now.stopping == old->stopping && memcmp(now.trips, old->trips, sizeof now.trips) == 0;
    p->heads = now;
    return !same;
}

static void make_head(struct passes *p, struct session *s)
{
    _arena_ struct arena a = {0};
    struct proto_assignment head;
    struct err e;
    const char *authority = s->has_tls ? authority_pem(p->secrets.authority, &e) : NULL;
    if (s->numbering[0] == '\0') number_versions(p, s);
    assign_head(&a, s->region, authority, p->stopping, &head);
    head.numbering = s->numbering;
    head.stop_limit_ms = OPT_INT(p->o->stop_limit_ms);
    network_order(&p->network, &p->outages, &a, s->region, &head);
    if (session_is_dry_run(p->sessions, s->region)) dry_run_order(&p->dry_run, &a, s->region, &head);
    orders_take_head(&s->orders, &head);
    s->head.made = authority || !s->has_tls;
    s->head.has_tls = s->has_tls;
    s->head.dry_run = session_is_dry_run(p->sessions, s->region);
}

void passes_hand_out(struct passes *p)
{
    bool otherwise = heads_are_otherwise(p);
    for (struct session *s = p->sessions->first; s; s = s->next) {
        bool dry_run = session_is_dry_run(p->sessions, s->region);
        if (otherwise || !s->head.made || s->head.has_tls != s->has_tls || s->head.dry_run != dry_run) make_head(p, s);
        session_hand_out(s);
    }
    trip_crash(TRIP_CRASH_AFTER_ASSIGN);
}

/* ---- a pass ---- */

/* A look at everything changes nothing. Where something is to be looked at again at once, that is to come first. */
static void look_at_all(struct passes *p)
{
    if (!invariants_are_asked(p->o->check) || passes_have_work(p) || passes_due_ms(p) <= p->steady_ms) return;
    _arena_ struct arena a = {0};
    struct world w = world_now(p, &a);
    w.wake_ms = INT64_MAX;
    w.trailing = true;
    take_world(p, &w, NULL, regions_now(p, &a));
    if (w.trail) w.restless = world_trail(&w); /* what an agent told was not looked at */
    if (!invariants_hold(&w, p->o->check)) abort();
}

/* The time is the same for all that a pass looks at. The two clocks can't be read at once: a millisecond between them is nothing. */
static void take_time(struct passes *p)
{
    p->steady_ms = clock_steady_ms();
    int64_t apart_ms = clock_now_ms() - p->steady_ms, jump_ms = apart_ms - p->apart_ms;
    if (jump_ms >= -1 && jump_ms <= 1) return;
    p->apart_ms = apart_ms;
    if (jump_ms > -CLOCK_JUMP_MS && jump_ms < CLOCK_JUMP_MS) return;
    log_info(
        "the wall clock went %s by %lld ms", jump_ms < 0 ? "back" : "forward", (long long)(jump_ms < 0 ? -jump_ms : jump_ms));
    rows_mark_all(&p->rows);
}

int passes_make(struct passes *p, struct err *e)
{
    int r = load_rows(p, e);
    if (r) return r;
    take_time(p);
    look_at_faults(p);
    mark_regions(p);
    mark_due(p);
    if (p->batches_left == 0) p->batches_left = p->rows.marked.n + MORE_BATCHES;
    for (size_t i = 0; r == 0 && p->rows.marked.n && p->batches_left && i < BATCHES_AT_ONCE; i++) {
        r = make_batch(p, e);
        p->batches_left--;
    }
    if (r || p->rows.marked.n == 0) p->batches_left = 0;
    if (r || passes_go_on(p)) return r;
    for (struct session *s = p->sessions->first; s && p->rows.marked.n == 0; s = s->next) session_complete(s);
    rows_sweep(&p->rows);
    look_for_agents(p);
    passes_hand_out(p);
    look_at_all(p);
    return 0;
}

bool passes_go_on(const struct passes *p)
{
    return p->batches_left > 0;
}

int passes_rows(struct passes *p, const struct rows **out, struct err *e)
{
    *out = &p->rows;
    return load_rows(p, e);
}

int passes_world(struct passes *p, const char *region, const char *id, struct arena *a, struct world *w, struct err *e)
{
    int r = load_rows(p, e);
    if (r) return r;
    struct unit *u = rows_unit_of(&p->rows, region, id);
    struct components *all = arena_new(a, struct components);
    *all = (struct components){0};
    take_time(p);
    *w = world_now(p, a);
    if (u) component_add(all, u);
    take_world(p, w, &all->items[0].units, regions_now(p, a));
    components_fini(all);
    return 0;
}

bool passes_have_work(const struct passes *p)
{
    return !p->rows.known || !p->rows.parameters_known || p->rows.marked.n > 0;
}

int64_t passes_due_ms(const struct passes *p)
{
    int64_t due_ms = due_next_ms(&p->due), date_ms = certificates_due_ms(p->secrets.certificates);
    int64_t outage_ms = outages_due_ms(&p->outages);
    if (outage_ms < due_ms) due_ms = outage_ms;
    if (date_ms == INT64_MAX) return due_ms;
    int64_t renewal_ms = clock_steady_ms() + (date_ms - clock_now_ms());
    return renewal_ms < due_ms ? renewal_ms : due_ms;
}

void passes_hear(struct passes *p, const struct session *s, int list, const char *key)
{
    struct rows *r = &p->rows;
    if (list == KEYED_SEEN_NODES) rows_mark(r, rows_unit_of_node(r, s->region, key));
    else if (list == KEYED_SEEN_LINKS) rows_mark(r, rows_unit_of_endpoint(r, s->region, key));
    else if (list == KEYED_SEEN_SNAPSHOTS) rows_mark(r, rows_unit_of_file(r, s->region, key));
    else rows_mark(r, rows_unit_named(r, UNIT_RG, s->region, key));
}

bool passes_look_for_processes(struct passes *p)
{
    for (const struct session *s = p->sessions->first; s; s = s->next) p->absences.again |= session_is_silent(s);
    return p->absences.again;
}

bool passes_clock_jumps(const struct passes *p)
{
    int64_t jump_ms = clock_now_ms() - clock_steady_ms() - p->apart_ms;
    return jump_ms <= -CLOCK_JUMP_MS || jump_ms >= CLOCK_JUMP_MS;
}

/* ---- opening and closing ---- */

static void on_row(void *arg, const struct sql_table *t, const void *row, bool gone)
{
    struct passes *p = arg;
    trace_row(p->trace, t, row);
    rows_note(&p->rows, t, row, gone);
}

/* Our own writes are applied once nobody looks at the rows of before any more. */
static void on_end(void *arg, bool committed)
{
    struct passes *p = arg;
    if (!committed) rows_forget_notes(&p->rows);
    else if (!p->planning) rows_apply(&p->rows);
}

/* What an agent told of what is gone says nothing of whatever gets its name next. */
static void forget_told(const struct passes *p, const struct rows_change *c)
{
    const struct row_node *n = c->table == &sql_table_node ? c->was : NULL;
    const struct row_endpoint *e = c->table == &sql_table_endpoint ? c->was : NULL;
    const struct row_snapshot_part *f = c->table == &sql_table_snapshot_part ? c->was : NULL;
    struct session *s = n ? session_find(p->sessions, n->region) : e ? session_find(p->sessions, e->region) : NULL;
    if (f) s = session_find(p->sessions, f->region);
    if (s == NULL) return;
    _arena_ struct arena a = {0};
    if (n) told_forget(&s->told, KEYED_SEEN_NODES, n->id);
    if (e) told_forget(&s->told, KEYED_SEEN_LINKS, e->id);
    if (f) told_forget(&s->told, KEYED_SEEN_SNAPSHOTS, snapshot_file(&a, f->snapshot, f->node_group_id));
}

static void on_changed(void *arg, const struct rows_change *c)
{
    struct passes *p = arg;
    reach_changed(&p->rows, c);
    if (c->is == NULL) forget_told(p, c);
    if (p->o->zone) endpoint_zone_follow(p->o->zone, c);
    const struct row_node *was = c->table == &sql_table_node ? c->was : NULL, *is = was ? c->is : NULL;
    if (was && (is == NULL || is->seen_pid != was->seen_pid)) dry_run_forget(&p->dry_run, was->region, was->seen_pid);
}

void passes_open(struct passes *p)
{
    const struct store_watch watch = {.row = on_row, .end = on_end, .arg = p};
    p->started_ms = clock_steady_ms();
    p->apart_ms = clock_now_ms() - p->started_ms;
    p->rows = (struct rows){.ports = p->o->ports, .changed = on_changed, .changed_arg = p};
    store_watch(p->o->store, &watch);
}

void passes_close(struct passes *p)
{
    store_watch(p->o->store, NULL);
    due_fini(&p->due);
    rows_fini(&p->rows);
    absences_fini(&p->absences);
    losses_fini(&p->losses);
    dry_run_fini(&p->dry_run);
    network_fini(&p->network);
    outages_fini(&p->outages);
}
