#include "agent/session/assignment.h"
#include "agent/os/file.h"
#include "agent/os/reservations.h"
#include "agent/session/dial.h"
#include "agent/session/fleet.h"
#include "base/log.h"
#include "base/trip.h"
#include "model/shape.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings or users of that generation. */
static const void *find_shared(const struct keyed *orders, int list, int64_t generation)
{
    char key[KEYED_KEY_SIZE];
    snprintf(key, sizeof key, "%lld", (long long)generation);
    return keyed_find(orders, list, key);
}

/* An order without settings or users of its own has those of its generation. */
static void share_settings(const struct keyed *orders, const struct proto_assignment *m)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct proto_node_order *o = &m->nodes.items[i];
        const struct proto_settings_order *settings = find_shared(orders, KEYED_ORDER_SETTINGS, o->generation.v);
        const struct proto_users_order *users = find_shared(orders, KEYED_ORDER_USERS, o->users_generation.v);
        if (!o->settings.set && settings) o->settings = settings->settings;
        if (!o->users.set && users) o->users = users->users;
    }
}

/* The shards of a replication group begin with the same files. They go into a copy: the order itself is kept as it came. */
static void share_seeds(const struct keyed *orders, const struct proto_assignment *m, struct arena *arena)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct proto_node_order *o = &m->nodes.items[i];
        if (o->seed == NULL) continue;
        struct proto_seed_order *seed = arena_new(arena, struct proto_seed_order);
        *seed = *o->seed;
        o->seed = seed;
        const struct proto_seed_source *source = keyed_find(orders, KEYED_ORDER_SEEDS, seed->source);
        if (source) seed->files = source->files;
    }
}

static void share_authority(const struct proto_assignment *m, struct arena *arena)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct proto_node_order *o = &m->nodes.items[i];
        if (o->tls == NULL) continue;
        struct proto_tls_order *tls = arena_new(arena, struct proto_tls_order);
        *tls = *o->tls;
        tls->authority = m->authority;
        o->tls = tls;
    }
}

/* A map that says the same keeps its number, so that nobody looks at everything anew. */
static void take_maps(struct fleet *f, const struct proto_assignment *m, struct arena *arena)
{
    struct cluster_map *maps = arena_array(arena, struct cluster_map, m->clusters.n);
    size_t n = 0;
    for (size_t i = 0; i < m->clusters.n; i++) {
        struct err e = {0};
        const struct proto_cluster_map *c = &m->clusters.items[i];
        const struct cluster_map *old = fleet_find_cluster(f, c->group);
        bool same = old != NULL && shape_same(&shape_proto_cluster_map, old->m, c);
        if (cluster_map_check(c, &e) != 0) log_error("the cluster of group %s can't be used: %s", c->group, e.msg);
        else cluster_map_init(&maps[n++], c, same ? old->serial : ++f->cluster_serial, arena);
    }
    f->clusters = maps;
    f->n_clusters = n;
}

/* What can't be an address is refused where its order is read. */
static void want_addresses(struct fleet *f, const struct proto_assignment *m)
{
    struct reservations *r = f->node_host.reservations;
    reservations_begin(r);
    for (size_t i = 0; i < m->nodes.n; i++) {
        const struct proto_node_order *o = &m->nodes.items[i];
        if (!o->run.v) continue;
        reservations_want(r, o->address, o->port.v);
        for (size_t k = 0; k < o->endpoints.n; k++) reservations_want(r, o->endpoints.items[k], o->port.v);
        const struct cluster_map *map = o->cluster ? fleet_find_cluster(f, o->cluster) : NULL;
        const struct proto_cluster_node *member = map ? cluster_node_ordered(map, o->id) : NULL;
        if (member) reservations_want(r, o->address, cluster_bus_port(member));
    }
    for (size_t i = 0; i < m->links.n; i++) reservations_want(r, m->links.items[i].address, m->links.items[i].port.v);
}

static void order_nodes(struct fleet *f, const struct proto_assignment *m)
{
    _index_ struct index orders = {0};
    for (size_t i = 0; i < m->nodes.n; i++) {
        const char *id = m->nodes.items[i].id;
        if (!file_id_ok(id)) log_error("the assignment has a node whose id can't be a folder's name; it is left out");
        else if (fleet_find_node(f, id) == NULL) fleet_add_node(f, id);
        index_put(&orders, id, &m->nodes.items[i]);
    }
    for (size_t i = 0; i < f->n_nodes; i++) node_order(f->nodes[i], index_get(&orders, node_id(f->nodes[i])));
}

/* Links that shall not be close before anything else, so that nodes and other links find their addresses free. */
static void close_links(struct fleet *f, const struct proto_assignment *m)
{
    _index_ struct index orders = {0};
    size_t kept = 0;
    for (size_t i = 0; i < m->links.n; i++) index_put(&orders, m->links.items[i].id, &m->links.items[i]);
    for (size_t i = 0; i < f->n_links; i++) {
        if (index_get(&orders, link_id(f->links[i])) == NULL) link_close(f->links[i]);
        else f->links[kept++] = f->links[i];
    }
    f->n_links = kept;
}

static void order_links(struct fleet *f, const struct proto_assignment *m)
{
    _index_ struct index links = {0};
    for (size_t i = 0; i < f->n_links; i++) index_put(&links, link_id(f->links[i]), f->links[i]);
    for (size_t i = 0; i < m->links.n; i++) {
        struct link *l = index_get(&links, m->links.items[i].id);
        link_order(l != NULL ? l : fleet_add_link(f, m->links.items[i].id), &m->links.items[i]);
    }
}

/* Armed when the list is another than before, so that a new assignment about something else does not arm them again. */
static void arm_trips(struct fleet *f, const struct proto_assignment *m)
{
    _buf_ struct buf text = {0};
    for (size_t i = 0; i < m->trips.n; i++) buf_printf(&text, "%s %d,", m->trips.items[i].name, (int)m->trips.items[i].count.v);
    buf_add(&text, "", 0);
    const char *now = text.data ? text.data : "";
    if (strcmp(now, f->trips ? f->trips : "") == 0) return;
    free(f->trips);
    if ((f->trips = strdup(now)) == NULL) abort();
    for (int t = 0; t < TRIP__COUNT; t++) trip_arm((enum trip)t, 0);
    for (size_t i = 0; i < m->trips.n; i++) {
        int t = trip_find(m->trips.items[i].name);
        if (t >= 0) trip_arm((enum trip)t, (int)m->trips.items[i].count.v);
    }
}

int64_t assignment_apply(struct fleet *f, const char *json, size_t len)
{
    struct err e = {0};
    struct arena *next = &f->orders[!f->current], *old = &f->orders[f->current];
    struct proto_assignment m = {0};
    if (f->stopping) return DIAL_ENOUGH;
    int r = assembly_take(&f->assembly, f->region, json, len, next, &m, NULL, NULL, &e);
    if (r) {
        if (r != ERR_STALE) log_error("serve sent an assignment that is of no use: %s", e.msg);
        arena_fini(next);
        return DIAL_USELESS;
    }
    assembly_list(&f->assembly, next, &m);
    if (f->version == 0) f->quiet_until = uv_now(f->loop) + 1000;
    f->version = m.version.v;
    f->changed = true;
    if (m.stop_limit_ms.set) f->node_host.stop_limit_ms = m.stop_limit_ms.v;
    arm_trips(f, &m);
    share_settings(&f->assembly.orders, &m);
    share_authority(&m, next);
    share_seeds(&f->assembly.orders, &m, next);
    take_maps(f, &m, next);
    shelf_order(f->node_host.shelf, &m.snapshots);
    want_addresses(f, &m);
    order_nodes(f, &m);
    reservations_end(f->node_host.reservations);
    close_links(f, &m);
    fleet_wake(f);
    fleet_move_slots(f);
    link_host_network(&f->link_host, &m.network);
    order_links(f, &m);
    f->current = !f->current;
    arena_fini(old);
    assembly_settle(&f->assembly);
    if (m.shutdown.v) fleet_stop(f, "serve says so");
    trip_crash(TRIP_CRASH_AFTER_ASSIGN);
    return f->version;
}
