#include "agent/session/agent_int.h"
#include "agent/os/file.h"
#include "agent/node/reservations.h"
#include "base/log.h"
#include "base/trip.h"
#include "model/json.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct node *agent_find_node(const struct agent *a, const char *id)
{
    return index_get(&a->node_index, id);
}

void agent_index_nodes(struct agent *a)
{
    index_fini(&a->node_index);
    for (size_t i = 0; i < a->n_nodes; i++) index_put(&a->node_index, node_id(a->nodes[i]), a->nodes[i]);
}

struct node *agent_add_node(struct agent *a, const char *id)
{
    a->nodes = realloc(a->nodes, (a->n_nodes + 1) * sizeof *a->nodes);
    if (a->nodes == NULL) abort();
    struct node *n = a->nodes[a->n_nodes++] = node_open(&a->node_host, id);
    index_put(&a->node_index, node_id(n), n);
    return n;
}

static struct link *add_link(struct agent *a, const char *id)
{
    a->links = realloc(a->links, (a->n_links + 1) * sizeof *a->links);
    if (a->links == NULL) abort();
    return a->links[a->n_links++] = link_open(&a->link_host, id);
}

/* ---- orders in ---- */

/* An order without settings or users of its own has those of its generation. */
static void share_settings(const struct proto_assignment *m)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct proto_node_order *o = &m->nodes.items[i];
        for (size_t k = 0; !o->settings.set && k < m->settings.n; k++)
            if (m->settings.items[k].generation.v == o->generation.v) o->settings = m->settings.items[k].settings;
        for (size_t k = 0; !o->users.set && k < m->users.n; k++)
            if (m->users.items[k].generation.v == o->users_generation.v) o->users = m->users.items[k].users;
    }
}

/* The shards of a replication group begin with the same files. */
static void share_seeds(const struct proto_assignment *m)
{
    for (size_t i = 0; i < m->nodes.n; i++) {
        struct proto_seed_order *o = m->nodes.items[i].seed;
        for (size_t k = 0; o && k < m->seeds.n; k++)
            if (strcmp(m->seeds.items[k].id, o->source) == 0) o->files = m->seeds.items[k].files;
    }
}

const struct cluster_map *agent_find_cluster(const struct agent *a, const char *group)
{
    for (size_t i = 0; i < a->n_clusters; i++)
        if (strcmp(a->clusters[i].m->group, group) == 0) return &a->clusters[i];
    return NULL;
}

/* A map that says the same keeps its number, so that nobody looks at everything anew. */
static void take_maps(struct agent *a, const struct proto_assignment *m, struct arena *arena)
{
    struct cluster_map *maps = arena_array(arena, struct cluster_map, m->clusters.n);
    size_t n = 0;
    for (size_t i = 0; i < m->clusters.n; i++) {
        struct err e = {0};
        const struct proto_cluster_map *c = &m->clusters.items[i];
        const struct cluster_map *old = agent_find_cluster(a, c->group);
        bool same = old != NULL && shape_same(&shape_proto_cluster_map, old->m, c);
        if (cluster_map_check(c, &e) != 0) log_error("the cluster of group %s can't be used: %s", c->group, e.msg);
        else cluster_map_init(&maps[n++], c, same ? old->serial : ++a->cluster_serial, arena);
    }
    a->clusters = maps;
    a->n_clusters = n;
}

static void share_authority(const struct proto_assignment *m)
{
    for (size_t i = 0; i < m->nodes.n; i++)
        if (m->nodes.items[i].tls) m->nodes.items[i].tls->authority = m->authority;
}

struct slot_mover *agent_find_mover(const struct agent *a, const char *group)
{
    for (size_t i = 0; i < a->n_movers; i++)
        if (strcmp(slot_mover_cluster(a->movers[i]), group) == 0) return a->movers[i];
    return NULL;
}

static void add_mover(struct agent *a, const char *group)
{
    a->movers = realloc(a->movers, (a->n_movers + 1) * sizeof *a->movers);
    if (a->movers == NULL) abort();
    a->movers[a->n_movers++] = slot_mover_open(&a->mover_host, group);
}

static bool has_moves(const struct cluster_map *map)
{
    return map->m->moves.n > 0 || map->m->settle.v;
}

void agent_move_slots(struct agent *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n_clusters; i++)
        if (has_moves(&a->clusters[i]) && !agent_find_mover(a, a->clusters[i].m->group)) add_mover(a, a->clusters[i].m->group);
    for (size_t i = 0; i < a->n_movers; i++) {
        const struct cluster_map *map = agent_find_cluster(a, slot_mover_cluster(a->movers[i]));
        bool over = a->stopping || map == NULL || !has_moves(map);
        if (over && slot_mover_is_idle(a->movers[i])) {
            slot_mover_close(a->movers[i]);
        } else {
            slot_mover_step(a->movers[i]);
            a->movers[kept++] = a->movers[i];
        }
    }
    a->n_movers = kept;
}

/* What can't be an address is refused where its order is read. */
static void want_addresses(struct agent *a, const struct proto_assignment *m)
{
    struct reservations *r = a->node_host.reservations;
    reservations_begin(r);
    for (size_t i = 0; i < m->nodes.n; i++) {
        const struct proto_node_order *o = &m->nodes.items[i];
        if (!o->run.v) continue;
        reservations_want(r, o->address, o->port.v);
        for (size_t k = 0; k < o->endpoints.n; k++) reservations_want(r, o->endpoints.items[k], o->port.v);
    }
    for (size_t i = 0; i < m->links.n; i++) reservations_want(r, m->links.items[i].address, m->links.items[i].port.v);
    for (size_t i = 0; i < a->n_clusters; i++)
        for (size_t k = 0; k < a->clusters[i].m->nodes.n; k++) {
            const struct proto_cluster_node *n = &a->clusters[i].m->nodes.items[k];
            reservations_want(r, n->host, cluster_bus_port(n));
        }
}

static void order_nodes(struct agent *a, const struct proto_assignment *m)
{
    _index_ struct index orders = {0};
    for (size_t i = 0; i < m->nodes.n; i++) {
        const char *id = m->nodes.items[i].id;
        if (!file_id_ok(id)) log_error("the assignment has a node whose id can't be a folder's name; it is left out");
        else if (agent_find_node(a, id) == NULL) agent_add_node(a, id);
        index_put(&orders, id, &m->nodes.items[i]);
    }
    for (size_t i = 0; i < a->n_nodes; i++) node_order(a->nodes[i], index_get(&orders, node_id(a->nodes[i])));
}

/* Links that shall not be close before anything else, so that nodes and other links find their addresses free. */
static void close_links(struct agent *a, const struct proto_assignment *m)
{
    _index_ struct index orders = {0};
    size_t kept = 0;
    for (size_t i = 0; i < m->links.n; i++) index_put(&orders, m->links.items[i].id, &m->links.items[i]);
    for (size_t i = 0; i < a->n_links; i++) {
        if (index_get(&orders, link_id(a->links[i])) == NULL) link_close(a->links[i]);
        else a->links[kept++] = a->links[i];
    }
    a->n_links = kept;
}

static void order_links(struct agent *a, const struct proto_assignment *m)
{
    _index_ struct index links = {0};
    for (size_t i = 0; i < a->n_links; i++) index_put(&links, link_id(a->links[i]), a->links[i]);
    for (size_t i = 0; i < m->links.n; i++) {
        struct link *l = index_get(&links, m->links.items[i].id);
        link_order(l != NULL ? l : add_link(a, m->links.items[i].id), &m->links.items[i]);
    }
}

/* Armed when the list is another than before, so that a new assignment about something else does not arm them again. */
static void arm_trips(struct agent *a, const struct proto_assignment *m)
{
    _buf_ struct buf text = {0};
    for (size_t i = 0; i < m->trips.n; i++) buf_printf(&text, "%s %d,", m->trips.items[i].name, (int)m->trips.items[i].count.v);
    buf_add(&text, "", 0);
    const char *now = text.data ? text.data : "";
    if (strcmp(now, a->trips ? a->trips : "") == 0) return;
    free(a->trips);
    if ((a->trips = strdup(now)) == NULL) abort();
    for (int t = 0; t < TRIP__COUNT; t++) trip_arm((enum trip)t, 0);
    for (size_t i = 0; i < m->trips.n; i++) {
        int t = trip_find(m->trips.items[i].name);
        if (t >= 0) trip_arm((enum trip)t, (int)m->trips.items[i].count.v);
    }
}

static bool is_ours(const struct agent *a, const struct proto_assignment *m)
{
    if (strcmp(m->region, a->o->region) == 0 && m->version.v > 0) return true;
    log_error("serve sent an assignment that is not for region %s", a->o->region);
    return false;
}

int64_t agent_assign(struct agent *a, const char *json, size_t len)
{
    struct err e = {0};
    struct arena *next = &a->orders[!a->current], *old = &a->orders[a->current];
    struct proto_assignment m = {0};
    if (a->stopping) return a->version;
    int r = json_decode(&shape_proto_assignment, json, len, next, &m, &e);
    if (r) log_error("serve sent an assignment that can't be read: %s", e.msg);
    if (r || !is_ours(a, &m)) {
        arena_fini(next);
        return -1;
    }
    if (a->version == 0) a->quiet_until = uv_now(&a->loop) + 1000;
    a->version = m.version.v;
    a->dirty = true;
    if (m.stop_limit_ms.set) a->node_host.stop_limit_ms = m.stop_limit_ms.v;
    arm_trips(a, &m);
    share_settings(&m);
    share_authority(&m);
    share_seeds(&m);
    take_maps(a, &m, next);
    shelf_order(a->node_host.shelf, &m.snapshots);
    want_addresses(a, &m);
    order_nodes(a, &m);
    reservations_end(a->node_host.reservations);
    close_links(a, &m);
    agent_wake(a);
    agent_move_slots(a);
    order_links(a, &m);
    a->current = !a->current;
    arena_fini(old);
    if (m.shutdown.v) agent_stop(a, "serve says so");
    trip_crash(TRIP_CRASH_AFTER_ASSIGN);
    return a->version;
}

/* ---- sightings out ---- */

static void see_stuck(const struct agent *a, struct arena *mem, struct proto_stuck_seen_list *out)
{
    *out = (struct proto_stuck_seen_list){true, 0, arena_array(mem, struct proto_stuck_seen, a->n_movers)};
    for (size_t i = 0; i < a->n_movers; i++) {
        bool settling;
        const char *why = slot_mover_stuck(a->movers[i], &settling);
        if (why != NULL)
            out->items[out->n++] = (struct proto_stuck_seen){slot_mover_cluster(a->movers[i]), why, OPT_BOOL(settling)};
    }
}

void agent_sighting(struct agent *a, struct buf *out)
{
    _arena_ struct arena mem = {0};
    struct proto_sighting s = {.region = a->o->region, .pid = OPT_INT(getpid()), .version = OPT_INT(a->version)};
    s.stopped = OPT_BOOL(a->stopped);
    s.nodes = (struct proto_node_seen_list){true, a->n_nodes, arena_array(&mem, struct proto_node_seen, a->n_nodes)};
    s.links = (struct proto_link_seen_list){true, a->n_links, arena_array(&mem, struct proto_link_seen, a->n_links)};
    for (size_t i = 0; i < a->n_nodes; i++) node_see(a->nodes[i], &s.nodes.items[i]);
    for (size_t i = 0; i < a->n_links; i++) link_see(a->links[i], &s.links.items[i]);
    shelf_see(a->node_host.shelf, &mem, &s.snapshots);
    see_stuck(a, &mem, &s.stuck);
    json_encode(out, &shape_proto_sighting, &s);
}
