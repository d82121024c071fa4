#include "agent/session/fleet.h"
#include "agent/os/reservations.h"
#include "agent/session/engines.h"
#include "base/log.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_AT_ONCE = 100 };

#define FLEET_OF(ptr, member) ((struct fleet *)(void *)((char *)(ptr)-offsetof(struct fleet, member)))

/* ---- finding and adding ---- */

struct node *fleet_find_node(const struct fleet *f, const char *id)
{
    return index_get(&f->node_index, id);
}

void fleet_index_nodes(struct fleet *f)
{
    index_fini(&f->node_index);
    for (size_t i = 0; i < f->n_nodes; i++) index_put(&f->node_index, node_id(f->nodes[i]), f->nodes[i]);
}

struct node *fleet_add_node(struct fleet *f, const char *id)
{
    f->nodes = realloc(f->nodes, (f->n_nodes + 1) * sizeof *f->nodes);
    if (f->nodes == NULL) abort();
    struct node *n = f->nodes[f->n_nodes++] = node_open(&f->node_host, id);
    index_put(&f->node_index, node_id(n), n);
    return n;
}

struct link *fleet_add_link(struct fleet *f, const char *id)
{
    f->links = realloc(f->links, (f->n_links + 1) * sizeof *f->links);
    if (f->links == NULL) abort();
    return f->links[f->n_links++] = link_open(&f->link_host, id);
}

const struct cluster_map *fleet_find_cluster(const struct fleet *f, const char *group)
{
    for (size_t i = 0; i < f->n_clusters; i++)
        if (strcmp(f->clusters[i].m->group, group) == 0) return &f->clusters[i];
    return NULL;
}

struct slot_mover *fleet_find_mover(const struct fleet *f, const char *group)
{
    for (size_t i = 0; i < f->n_movers; i++)
        if (strcmp(slot_mover_cluster(f->movers[i]), group) == 0) return f->movers[i];
    return NULL;
}

static bool has_moves(const struct cluster_map *map)
{
    return map->m->moves.n > 0 || map->m->settle.v;
}

void fleet_move_slots(struct fleet *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n_clusters; i++) {
        const char *cluster = f->clusters[i].m->group;
        if (!has_moves(&f->clusters[i]) || fleet_find_mover(f, cluster)) continue;
        f->movers = realloc(f->movers, (f->n_movers + 1) * sizeof *f->movers);
        if (f->movers == NULL) abort();
        f->movers[f->n_movers++] = slot_mover_open(&f->mover_host, cluster);
    }
    for (size_t i = 0; i < f->n_movers; i++) {
        const struct cluster_map *map = fleet_find_cluster(f, slot_mover_cluster(f->movers[i]));
        bool over = f->stopping || map == NULL || !has_moves(map);
        if (over && slot_mover_is_idle(f->movers[i])) {
            slot_mover_close(f->movers[i]);
        } else {
            slot_mover_step(f->movers[i]);
            f->movers[kept++] = f->movers[i];
        }
    }
    f->n_movers = kept;
}

/* ---- what nodes and links ask of the fleet ---- */

static void node_has_changed(struct node_host *h)
{
    FLEET_OF(h, node_host)->changed = true;
}

static struct node *find_for_node(struct node_host *h, const char *id)
{
    return fleet_find_node(FLEET_OF(h, node_host), id);
}

static struct node *nth_node(struct node_host *h, size_t i)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    return i < f->n_nodes ? f->nodes[i] : NULL;
}

static const struct cluster_map *map_for_node(struct cluster_host *h, const char *cluster)
{
    return fleet_find_cluster(FLEET_OF(h, cluster_host), cluster);
}

static const struct slot_mover *mover_for_node(struct cluster_host *h, const char *cluster)
{
    return fleet_find_mover(FLEET_OF(h, cluster_host), cluster);
}

static void part_has_changed(void *arg)
{
    ((struct fleet *)arg)->changed = true;
}

static void upstream_lost(struct node_host *h, const char *id)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    for (size_t i = 0; i < f->n_nodes; i++) {
        const char *up = node_upstream(f->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0) node_look(f->nodes[i]);
    }
}

static void upstream_listens(struct node_host *h, const char *id)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    for (size_t i = 0; i < f->n_nodes; i++) {
        const char *up = node_upstream(f->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0) node_relink(f->nodes[i]);
    }
}

static bool followers_bring(struct node_host *h, const char *id)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    for (size_t i = 0; i < f->n_nodes; i++) {
        const char *up = node_upstream(f->nodes[i]);
        if (up != NULL && strcmp(up, id) == 0 && (node_is_to_load(f->nodes[i]) || node_is_news(f->nodes[i]))) return true;
    }
    return false;
}

static bool switching_nodes(struct node_host *h)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    for (size_t i = 0; i < f->n_nodes; i++)
        if (node_is_switching(f->nodes[i])) return true;
    return false;
}

static void link_has_changed(struct link_host *h)
{
    FLEET_OF(h, link_host)->changed = true;
}

/* Of another agent's nodes serve names only those that are there. */
static bool leads_to_ours(struct link_host *h, const char *address, int64_t port)
{
    const struct fleet *f = FLEET_OF(h, link_host);
    for (size_t i = 0; i < f->n_nodes; i++)
        if (node_is_at(f->nodes[i], address, port)) return node_is_ready(f->nodes[i]);
    return true;
}

static pid_t process_at(struct link_host *h, const char *address, int64_t port)
{
    const struct fleet *f = FLEET_OF(h, link_host);
    for (size_t i = 0; i < f->n_nodes; i++)
        if (node_is_at(f->nodes[i], address, port)) return node_ready_process(f->nodes[i]);
    return 0;
}

static void publish_nodes(struct link_host *h, const char *address, int64_t port, int64_t version, const char *list)
{
    const struct fleet *f = FLEET_OF(h, link_host);
    for (size_t i = 0; i < f->n_nodes; i++)
        if (node_is_at(f->nodes[i], address, port)) node_publish(f->nodes[i], version, list);
}

static bool has_link(struct node_host *h, const char *address, int64_t port)
{
    const struct fleet *f = FLEET_OF(h, node_host);
    for (size_t i = 0; i < f->n_links; i++)
        if (link_is_at(f->links[i], address, port)) return link_is_listening(f->links[i]);
    return false;
}

/* ---- every turn of the loop ---- */

bool fleet_any_running(const struct fleet *f)
{
    for (size_t i = 0; i < f->n_nodes; i++)
        if (node_is_running(f->nodes[i])) return true;
    return false;
}

/*
 * An agent that has just come back does not say that its nodes are starting; one that tells of a death also tells how far
 * the dead node's replicas are; and a node that takes another's place is told of when it has: a report that is under way
 * would hold up that one. The agent waits until it knows, but not for ever.
 */
bool fleet_may_report(struct fleet *f)
{
    if (f->version == 0) return f->stopped;
    if (!f->stopping && switching_nodes(&f->node_host)) return false;
    bool quiet = uv_now(f->loop) < f->quiet_until;
    for (size_t i = 0; i < f->n_nodes && !f->stopping; i++)
        if (node_is_looking(f->nodes[i]) || (quiet && node_is_unknown(f->nodes[i]))) return false;
    return true;
}

void fleet_close_gone_nodes(struct fleet *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n_nodes; i++) {
        if (node_is_gone(f->nodes[i])) node_close(f->nodes[i]);
        else f->nodes[kept++] = f->nodes[i];
    }
    if (kept == f->n_nodes) return;
    f->n_nodes = kept;
    fleet_index_nodes(f);
}

void fleet_stored(struct fleet *f)
{
    f->node_host.known = f->told;
    for (size_t i = 0; i < f->n_nodes; i++) node_stored(f->nodes[i]);
}

/* Of hundreds of nodes, most are at rest, and have nothing to do with what has changed. */
static bool wake_is_due(const struct fleet *f, const struct node *n)
{
    const char *up = node_upstream(n);
    const struct node *upstream = up != NULL ? fleet_find_node(f, up) : NULL;
    return !node_rests(n) || (upstream != NULL && node_is_stirred(upstream));
}

/* Who only has to be told what to do goes before whoever has to be started first. */
void fleet_wake(struct fleet *f)
{
    size_t n_due = 0;
    struct node **due = calloc(f->n_nodes + 1, sizeof *due);
    if (due == NULL) abort();
    for (int running = 1; running >= 0; running--)
        for (size_t i = 0; i < f->n_nodes; i++)
            if (node_is_running(f->nodes[i]) == running && wake_is_due(f, f->nodes[i])) due[n_due++] = f->nodes[i];
    for (size_t i = 0; i < f->n_nodes; i++) node_settle(f->nodes[i]);
    for (size_t i = 0; i < n_due; i++) node_wake(due[i]);
    free(due);
}

/* A question costs both sides a few microseconds and wakes a process: a large fleet would be at that all the time. */
void fleet_beat(struct fleet *f)
{
    size_t turns = (f->n_nodes + ASKED_AT_ONCE - 1) / ASKED_AT_ONCE;
    f->beats++;
    for (size_t i = 0; i < f->n_nodes; i++) node_beat(f->nodes[i], (i + f->beats) % turns == 0);
    fleet_move_slots(f);
}

/* ---- the beginning and the end ---- */

void fleet_stop(struct fleet *f, const char *why)
{
    if (f->stopping) return;
    log_info("stopping: %s", why);
    f->stopping = f->changed = true;
    for (size_t i = 0; i < f->n_nodes; i++) node_stop(f->nodes[i]);
}

static void init_hosts(struct fleet *f, const struct agent_options *o)
{
    f->cluster_host = (struct cluster_host){.map = map_for_node, .mover = mover_for_node};
    f->node_host = (struct node_host){.loop = f->loop,
        .dir = o->data_dir,
        .engines = &f->engines,
        .engine_host = agent_engine_hosts_init(&f->engine_hosts, &f->cluster_host),
        .link_host = &f->link_host,
        .changed = node_has_changed,
        .find = find_for_node,
        .nth = nth_node,
        .upstream_lost = upstream_lost,
        .upstream_listens = upstream_listens,
        .followers_bring = followers_bring,
        .switching = switching_nodes,
        .stop_limit_ms = o->stop_limit_ms,
        .reservations = reservations_new(),
        .has_link = has_link};
    f->mover_host = (struct slot_mover_host){
        .loop = f->loop, .nodes = &f->node_host, .clusters = &f->cluster_host, .changed = part_has_changed, .arg = f};
    f->link_host = (struct link_host){.loop = f->loop,
        .changed = link_has_changed,
        .reservations = f->node_host.reservations,
        .leads_to_ours = leads_to_ours,
        .process_at = process_at,
        .publish = publish_nodes};
    link_host_limit(&f->link_host);
}

void fleet_init(struct fleet *f, uv_loop_t *loop, const struct agent_options *o)
{
    *f = (struct fleet){.region = o->region, .loop = loop};
    agent_engines_init(&f->engines, o->redis_server, o->memcached, o->engines);
    init_hosts(f, o);
    f->node_host.shelf = shelf_open(loop, o->data_dir, part_has_changed, f);
}

void fleet_close(struct fleet *f)
{
    for (size_t i = 0; i < f->n_movers; i++) slot_mover_close(f->movers[i]);
    for (size_t i = 0; i < f->n_nodes; i++) node_close(f->nodes[i]);
    for (size_t i = 0; i < f->n_links; i++) link_close(f->links[i]);
    f->n_nodes = f->n_links = f->n_movers = 0;
    fleet_index_nodes(f);
    shelf_close(f->node_host.shelf);
    f->node_host.shelf = NULL;
}

void fleet_fini(struct fleet *f)
{
    reservations_free(f->node_host.reservations);
    arena_fini(&f->orders[0]);
    arena_fini(&f->orders[1]);
    assembly_fini(&f->assembly);
    account_fini(&f->account);
    wan_regions_fini(&f->link_host.regions);
    free(f->nodes);
    free(f->links);
    free(f->movers);
    free(f->trips);
}
