#include "agent/redis_cluster/cluster.h"
#include "agent/redis/conf.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "agent/node/reservations.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_CONF "nodes.conf"
/* For what it may grow by: each slot in flight is 50 bytes. */
enum { ROOM = 16384 };
/*
 * cluster-node-timeout: within half of it every node asks every other. Until the cluster is
 * formed that is often. After that nobody is suspected too soon, and the nodes' own election,
 * the second line where no agent lives, still ends within five seconds. In a cluster of more
 * than FEW nodes it grows with the square of their number, so that all of them together ask
 * no more often than FEW would.
 */
enum { HASTE_MS = 500, PATIENCE_MS = 2000, FEW = 60 };

static int64_t timeout_ms(const struct cluster_map *map, int of_few)
{
    size_t n = map != NULL ? map->m->nodes.n : 0;
    return n <= FEW ? of_few : (int64_t)(of_few * n * n / (FEW * FEW));
}

enum { AGAIN_MS = 5, STIR_MS = 10, SETTLED_MS = 1000, UNSETTLED_MS = 200, MOVING_MS = 100 };

bool cluster_ordered(const struct node *n)
{
    return n->order != NULL && n->order->cluster != NULL;
}

const struct cluster_map *cluster_map_of(const struct node *n)
{
    return cluster_ordered(n) ? n->host->cluster(n->host, n->order->cluster) : NULL;
}

/* ---- before its start ---- */

static bool headless(void *arg, const struct proto_cluster_node *primary)
{
    const struct node *n = arg, *p = n->host->find(n->host, primary->order);
    if (p == NULL || p->order == NULL || !p->order->takeover.v) return false;
    return !p->life.ready || p->life.info.role != ROLE_PRIMARY;
}

/* A replica that lives takes over from its master. If that came back before, it would tell that it is no master any more, and
 * there would be no slots left to be taken over. */
bool cluster_starts_at_once(const struct node *n)
{
    const struct node *up =
        cluster_ordered(n) && n->order->upstream_node ? n->host->find(n->host, n->order->upstream_node) : NULL;
    if (up == NULL || up->order == NULL || !up->order->takeover.v) return false;
    return up->proc == NULL || up->life.cluster.from_phantom;
}

static int64_t latest_epoch(const struct node *n, const struct cluster_map *map)
{
    int64_t latest = 0;
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct node *other = n->host->find(n->host, map->m->nodes.items[i].order);
        if (other != NULL && other->life.cluster.view.latest > latest) latest = other->life.cluster.view.latest;
    }
    return latest;
}

/* A primary that starts again where it was still has its slots; anybody else's file tells of roles that have changed. */
static bool keeps_nodes_conf(const struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf text = {0};
    const struct proto_node_order *o = n->order;
    if (role_parse(o->role) != ROLE_PRIMARY || o->takeover.v || !node_has_file(n, NODES_CONF)) return false;
    return file_read(node_path(n, NODES_CONF, path), &text, &e) == 0 && cluster_conf_is_primary(text.data, o->cluster_name);
}

/* The engine ends itself where it can't listen there; that the address is taken is better known before. */
static int probe_bus(const struct node *n, int port, struct err *e)
{
    const char *address = n->order->address;
    if (reservations_probe(n->host->reservations, address, port) != EADDRINUSE) return 0;
    return err_set(e, ERR_IN_USE, "%s:%d, for the nodes of the cluster, is in use by another program", address, port);
}

int cluster_prepare(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = map != NULL ? cluster_node_ordered(map, n->id) : NULL;
    if (me == NULL || cluster_primary_of(map, me) == NULL || n->order->cluster_name == NULL ||
        strcmp(me->name, n->order->cluster_name) != 0)
        return err_set(e, ERR_USAGE, "there is no cluster with this node in the assignment");
    int r = probe_bus(n, cluster_bus_port(me), e);
    if (r || keeps_nodes_conf(n)) return r;
    cluster_nodes_conf(map, me->name, latest_epoch(n, map), headless, n, &text);
    return file_put(node_path(n, NODES_CONF, path), text.data, text.len, e);
}

/* The engine writes the file in place, and cuts it where it has become shorter, and its room with it. file_put() exchanges the two. */
void node_keep_room(const struct node *n)
{
    char path[PATH_MAX];
    if (!cluster_ordered(n)) return;
    file_keep_room(node_path(n, NODES_CONF, path), ROOM);
    file_keep_room(node_path(n, NODES_CONF ".new", path), ROOM);
}

void cluster_begin(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = map != NULL ? cluster_node_ordered(map, n->id) : NULL;
    const struct proto_cluster_node *primary = me != NULL ? cluster_primary_of(map, me) : NULL;
    n->life.cluster.from_phantom = primary != NULL && headless(n, primary);
}

void cluster_conf(const struct node *n, struct buf *out)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = map != NULL ? cluster_node_ordered(map, n->id) : NULL;
    buf_puts(out, "cluster-enabled yes\n"
                  "cluster-config-file " NODES_CONF "\n"
                  "cluster-allow-replica-migration no\n"
                  "cluster-replica-validity-factor 0\n");
    buf_printf(out, "cluster-node-timeout %lld\n", (long long)timeout_ms(map, HASTE_MS));
    buf_printf(out, "cluster-announce-ip %s\n", n->order->address);
    if (me != NULL) buf_printf(out, "cluster-port %d\n", cluster_bus_port(me));
}

/* ---- what it sees ---- */

const struct node *cluster_ready_node(const struct node *n, const char *order)
{
    const struct node *other = n->host->find(n->host, order);
    return other != NULL && other->life.ready && !other->life.hung ? other : NULL;
}

static bool lives(void *arg, const char *order)
{
    return cluster_ready_node(arg, order) != NULL;
}

static bool is_linked(void *arg, const char *order)
{
    const struct node *other = cluster_ready_node(arg, order);
    return other != NULL && other->life.info.link_up;
}

static bool settled(const struct cluster_life *c, const struct cluster_map *map)
{
    const struct cluster_view *v = &c->view;
    return v->read && !c->doubted && c->whole && v->agrees && c->complete && v->strangers == 0 &&
           v->known == (int)map->m->nodes.n;
}

/* With another map, or once somebody has come or gone since it was asked, it may tell its clients something else. */
static bool agrees(const struct node *n)
{
    const struct cluster_life *c = &n->life.cluster;
    const struct cluster_map *map = cluster_map_of(n);
    return c->fine && c->fine_pulse == n->host->pulse && map != NULL && c->fine_serial == map->serial;
}

/* What is told, anew; a change is one of what a sighting says. */
static void tell(struct node *n)
{
    struct cluster_life *c = &n->life.cluster;
    struct arena a = {0};
    struct slots moving = {0};
    cluster_view_moving(&c->view, &moving);
    c->fine = c->view.agrees && c->complete;
    c->fine_pulse = c->pulse;
    c->fine_serial = c->serial;
    struct proto_cluster_seen seen = {.state = c->whole ? "ok" : "fail",
        .name = arena_strdup(&a, n->order->cluster_name),
        .slots = slots_text(&a, &c->view.slots, ' '),
        .known = OPT_INT(c->view.known),
        .strangers = OPT_INT(c->view.strangers),
        .epoch = OPT_INT(c->view.epoch),
        .agrees = OPT_BOOL(agrees(n)),
        .moving = slots_text(&a, &moving, ' ')};
    bool same = c->seen.name != NULL && shape_same(&shape_proto_cluster_seen, &c->seen, &seen);
    arena_fini(&c->told);
    c->told = a;
    c->seen = seen;
    if (!same) node_changed(n);
}

struct proto_cluster_seen *cluster_seen(struct node *n)
{
    struct cluster_life *c = &n->life.cluster;
    c->seen.agrees = OPT_BOOL(agrees(n));
    return c->seen.name != NULL ? &c->seen : NULL;
}

void cluster_ask_view(struct node *n, enum node_ask what)
{
    rconn_queue(n->conn, 2, (const char *const[]){"CLUSTER", "INFO"});
    redis_ask(n, what, WORDS("CLUSTER", "NODES"));
    n->followed = true;
}

void cluster_view_refused(struct node *n)
{
    n->unread++;
    n->life.cluster.stale = true;
}

void cluster_know_count(struct node *n, const struct redisReply *r)
{
    struct cluster_life *c = &n->life.cluster;
    bool whole;
    if (!cluster_info_read(r, &whole, &c->count)) c->count = 0;
}

static int read_nodes(const struct node *n, const struct redisReply *r, struct arena *a, struct cluster_nodes *out, struct err *e)
{
    if (r->type != REDIS_REPLY_STRING) return err_set(e, ERR_PARSE, "there is no proper answer to CLUSTER NODES");
    int ret = cluster_nodes_read(r->str, r->len, n->life.cluster.count, a, out, e);
    return ret ? err_wrap(e, "what it says of its cluster is not believed") : 0;
}

int cluster_know_myself(struct node *n, const struct redisReply *r, struct err *e)
{
    _arena_ struct arena a = {0};
    struct cluster_nodes nodes;
    int ret = read_nodes(n, r, &a, &nodes, e);
    if (ret) return ret;
    n->life.cluster.unfollowing = true;
    n->life.cluster.orphan = !nodes.myself->is_master;
    return 0;
}

void cluster_correct(struct node *n, struct replication_info *info)
{
    struct cluster_life *c = &n->life.cluster;
    c->unfollowing = info->role == ROLE_PRIMARY;
    c->orphan = c->orphan && c->unfollowing;
    if (c->orphan) *info = (struct replication_info){.role = ROLE_REPLICA, .offset = info->offset};
}

static void know_orphan(struct node *n)
{
    struct cluster_life *c = &n->life.cluster;
    bool orphan = c->unfollowing && c->view.role == ROLE_REPLICA;
    if (orphan == c->orphan) return;
    c->orphan = orphan;
    n->life.info_old = true;
}

void cluster_do_view(struct node *n)
{
    struct cluster_life *c = &n->life.cluster;
    c->read_at = node_now(n);
    c->role = n->life.info.role;
    c->pulse = n->host->pulse;
    c->stale = false;
    cluster_ask_view(n, ASK_STEP);
}

void cluster_know_info(struct node *n, const struct redisReply *r)
{
    struct cluster_life *c = &n->life.cluster;
    if (!cluster_info_read(r, &c->whole, &c->count)) c->count = 0;
    c->answered = true;
    redis_await(n, ASK_STEP, STEP_CLUSTER_NODES);
}

/* The view stays the last one that was believed; it is not held for that of a cluster that is as it shall be. */
static void doubt(struct node *n, const struct err *e)
{
    struct cluster_life *c = &n->life.cluster;
    node_reason(n, "%s", e->msg);
    if (c->fine) node_changed(n);
    c->fine = false;
    c->doubted = true;
}

void cluster_know_nodes(struct node *n, const struct redisReply *r)
{
    struct err e;
    _arena_ struct arena a = {0};
    struct cluster_nodes nodes;
    struct cluster_life *c = &n->life.cluster;
    const struct cluster_map *map = cluster_map_of(n);
    c->answered = false;
    if (map == NULL) return;
    if (read_nodes(n, r, &a, &nodes, &e) != 0) return doubt(n, &e);
    c->doubted = false;
    cluster_view_clear(&c->view);
    cluster_view_read(&c->view, &nodes, map, lives, n);
    c->serial = map->serial;
    know_orphan(n);
    c->slots_asked = c->mended = false;
    cluster_note_unclaimed(n, map);
    if (c->view.agrees) return; /* CLUSTER SLOTS comes before anything is told */
    c->complete = false;
    tell(n);
}

void cluster_know_slots(struct node *n, const struct redisReply *r)
{
    struct cluster_life *c = &n->life.cluster;
    const struct cluster_map *map = cluster_map_of(n);
    c->slots_asked = true;
    c->complete = map != NULL && c->serial == map->serial && cluster_slots_complete(r, map, is_linked, n);
    tell(n);
}

/* ---- what it needs ---- */

/* How often the view is read at most: in a large cluster it is long, and everybody has one. */
static int64_t pace(const struct cluster_map *map)
{
    return AGAIN_MS + (int64_t)map->m->nodes.n;
}

static int64_t next_view_at(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_life *c = &n->life.cluster;
    int64_t size = (int64_t)map->m->nodes.n;
    bool eager = node_now(n) < n->life.eager_until;
    if (c->read_at == 0) return 0;
    if (c->stale || c->serial != map->serial || c->role != n->life.info.role || c->pulse != n->host->pulse)
        return c->read_at + pace(map);
    if (!settled(c, map)) return c->read_at + (eager ? pace(map) : UNSETTLED_MS + size);
    return c->read_at + (map->m->moves.n ? MOVING_MS + size : SETTLED_MS + 4 * size);
}

static bool shall_stir(const struct node *n, const struct cluster_map *map)
{
    const struct proto_cluster_node *me = cluster_node_ordered(map, n->id);
    const struct replication_info *i = &n->life.info;
    if (me == NULL || i->role != ROLE_PRIMARY || i->offset != 0 || cluster_followers(map, me) == 0) return false;
    return node_now(n) < n->life.eager_until && node_now(n) >= n->life.cluster.stir_at;
}

/* Patient nodes tell each other less often, which the last to settle would have to wait for. */
static bool all_settled(const struct node *n, const struct cluster_map *map)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct node *other = cluster_ready_node(n, map->m->nodes.items[i].order);
        if (other != NULL && !settled(&other->life.cluster, map)) return false;
    }
    return true;
}

enum step cluster_next(struct node *n)
{
    const struct cluster_life *c = &n->life.cluster;
    const struct cluster_map *map = cluster_map_of(n);
    if (map == NULL || !n->life.ready) return STEP_NONE;
    if (node_now(n) >= next_view_at(n, map)) return STEP_CLUSTER_INFO;
    if (!c->view.read || c->serial != map->serial) return STEP_NONE;
    if (c->claim && !c->mended) return STEP_CLAIM;
    if (cluster_has_to_mend(n, map)) return STEP_MEND;
    if (c->view.missing.n) return STEP_MEET;
    if (c->view.forget.n) return STEP_FORGET;
    if (c->view.agrees && !c->slots_asked) return STEP_CLUSTER_SLOTS;
    if (c->patience != timeout_ms(map, PATIENCE_MS) && all_settled(n, map)) return STEP_PATIENCE;
    return shall_stir(n, map) ? STEP_STIR : STEP_NONE;
}

int64_t cluster_next_at(const struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    int64_t now = node_now(n);
    if (map == NULL || !n->life.ready) return 0;
    int64_t at = next_view_at(n, map);
    if (at - now >= BEAT_MS) at = 0; /* the beat is soon enough */
    if (n->hold_until > now && (at == 0 || n->hold_until < at)) at = n->hold_until;
    return at > now ? at : now + 1;
}

/* ---- steps ---- */

void cluster_try_again(struct node *n)
{
    bool eager = node_now(n) < n->life.eager_until;
    n->hold_until = node_now(n) + (eager ? AGAIN_MS : UNSETTLED_MS);
    n->life.info_old = true;
    n->life.cluster.stale = true;
}

void cluster_do_follow(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *up = map != NULL ? cluster_node_ordered(map, n->order->upstream_node) : NULL;
    if (up == NULL) return cluster_try_again(n);
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "REPLICATE", up->name));
}

/* It does not know its upstream yet, or not yet as a master, or still believes to own slots: word of that is on its way. */
void cluster_follow_refused(struct node *n, const struct redisReply *r)
{
    if (node_now(n) >= n->life.eager_until) node_reason(n, "redis-server refuses to follow: %.100s", r->str);
    cluster_try_again(n);
}

void cluster_do_meet(struct node *n)
{
    char port[12], bus[12];
    const struct string_list *l = &n->life.cluster.view.missing;
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *other = cluster_node_named(map, l->items[l->n - 1]);
    if (other == NULL) return cluster_try_again(n);
    snprintf(port, sizeof port, "%d", (int)other->port.v);
    snprintf(bus, sizeof bus, "%d", cluster_bus_port(other));
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "MEET", other->host, port, bus));
}

void cluster_met(struct node *n, const struct redisReply *r)
{
    (void)r;
    free(names_pop(&n->life.cluster.view.missing));
    n->life.cluster.stale = true;
}

void cluster_do_forget(struct node *n)
{
    const struct string_list *l = &n->life.cluster.view.forget;
    redis_ask(n, ASK_STEP, WORDS("CLUSTER", "FORGET", l->items[l->n - 1]));
}

/* Refused or not: the next view tells what is left to do. */
void cluster_forgot(struct node *n, const struct redisReply *r)
{
    (void)r;
    free(names_pop(&n->life.cluster.view.forget));
    n->life.cluster.stale = true;
}

void cluster_do_patience(struct node *n)
{
    char ms[24];
    snprintf(ms, sizeof ms, "%lld", (long long)timeout_ms(cluster_map_of(n), PATIENCE_MS));
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "cluster-node-timeout", ms));
}

void cluster_patient(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.cluster.patience = timeout_ms(cluster_map_of(n), PATIENCE_MS);
}

void cluster_stirred(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.cluster.stir_at = node_now(n) + STIR_MS;
    n->life.info_old = true;
}
