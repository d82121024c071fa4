#include "agent/redis_cluster/cluster_see.h"
#include "agent/redis/greet.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/slots.h"
#include "agent/redis_cluster/source.h"
#include "base/log.h"
#include "base/task.h"
#include "model/shape.h"
#include <assert.h>

enum { REFUSED_MS = 200, WHOLE_MS = 500, WHOLE_AGAIN_MS = 2 };

static const struct task view_task = {"view of the Redis Cluster",
    {
        [VIEW_REST] = {"rest", TASK_TO(VIEW_INFO)},                       /* waits until it is time for another look */
        [VIEW_INFO] = {"info", TASK_TO(VIEW_INFO) | TASK_TO(VIEW_NODES)}, /* waits for the answer to CLUSTER INFO */
        /* waits for that to CLUSTER NODES, which was asked with it */
        [VIEW_NODES] = {"nodes", TASK_TO(VIEW_REST) | TASK_TO(VIEW_INFO) | TASK_TO(VIEW_SLOTS)},
        /* agrees with the map; waits for what clients are told, after whatever is to be mended first */
        [VIEW_SLOTS] = {"slots", TASK_TO(VIEW_REST) | TASK_TO(VIEW_INFO)},
    }};

static void move_to_state(struct node *n, enum view_state to)
{
    struct cluster_state *c = cluster_of(n);
    task_move(&view_task, n->id, &c->asks, (int)to);
    assert(to != VIEW_SLOTS || (c->view.read && c->view.agrees && !c->doubted));
}

static bool peer_lives(void *arg, const char *order)
{
    return cluster_find_ready(((const struct node *)arg)->host, order) != NULL;
}

static bool is_linked(void *arg, const char *order)
{
    const struct node *other = cluster_find_ready(((const struct node *)arg)->host, order);
    return other != NULL && redis_of(other)->info.link_up;
}

bool cluster_is_settled(const struct node *n, const struct cluster_map *map)
{
    const struct cluster_state *c = cluster_of(n);
    const struct cluster_view *v = &c->view;
    return v->read && !c->doubted && c->whole && v->agrees && c->complete && v->strangers == 0 &&
           v->known == (int)map->m->nodes.n;
}

/* With another map, or once somebody has come or gone since it was asked, it may tell its clients something else. */
static bool view_agrees(const struct node *n)
{
    const struct cluster_state *c = cluster_of(n);
    const struct cluster_map *map = cluster_map_of(n);
    return c->fine && c->fine_pulse == cluster_host_of(n)->pulse && map != NULL && c->fine_serial == map->serial;
}

/* What is told, anew; a change is one of what a sighting says. */
static void tell_view(struct node *n)
{
    struct cluster_state *c = cluster_of(n);
    struct arena a = {0};
    struct slots moving = {0};
    cluster_view_moving(&c->view, &moving);
    c->fine = c->view.agrees && c->complete;
    c->fine_pulse = c->pulse;
    c->fine_serial = c->serial;
    struct proto_cluster_seen seen = {.state = c->whole ? REDIS_CLUSTER_OK : REDIS_CLUSTER_FAIL,
        .name = arena_strdup(&a, n->order->cluster_name),
        .slots = slots_text(&a, &c->view.slots, ' '),
        .known = OPT_INT(c->view.known),
        .strangers = OPT_INT(c->view.strangers),
        .epoch = OPT_INT(c->view.epoch),
        .agrees = OPT_BOOL(view_agrees(n)),
        .moving = slots_text(&a, &moving, ' '),
        .unable = c->unable[0] != '\0' ? arena_strdup(&a, c->unable) : NULL};
    bool same = c->seen.name != NULL && shape_same(&shape_proto_cluster_seen, &c->seen, &seen);
    arena_fini(&c->told);
    c->told = a;
    c->seen = seen;
    if (!same) node_changed(n);
}

struct proto_cluster_seen *cluster_seen(struct node *n)
{
    struct cluster_state *c = cluster_of(n);
    c->seen.agrees = OPT_BOOL(view_agrees(n));
    return c->seen.name != NULL ? &c->seen : NULL;
}

/* CLUSTER INFO, whose answer is that to 'what', and CLUSTER NODES, whose answer comes behind it: of the same instant, so that the one
 * tells how many nodes the other has to name. */
static void ask_view(struct node *n, enum redis_ask what)
{
    rconn_queue(n->conn, 2, (const char *const[]){"CLUSTER", "INFO"});
    redis_ask(n, what, WORDS("CLUSTER", "NODES"));
    redis_of(n)->talk.followed = true;
}

void cluster_view_refused(struct node *n)
{
    cluster_of(n)->stale = true;
}

static int read_nodes(const struct node *n, const struct redisReply *r, struct arena *a, struct cluster_nodes *out, struct err *e)
{
    if (r->type != REDIS_REPLY_STRING) return err_set(e, ERR_PARSE, "there is no proper answer to CLUSTER NODES");
    int ret = cluster_nodes_read(r->str, r->len, cluster_of(n)->count, a, out, e);
    return ret ? err_wrap(e, "what it says of its cluster is not believed") : 0;
}

/* ---- the greeting ---- */

void cluster_greet(struct node *n, enum redis_ask what)
{
    if (what == ASK_WHOLE) redis_ask(n, ASK_WHOLE, WORDS("CLUSTER", "INFO"));
    else if (what == ASK_SOURCE) source_ask(n);
    else ask_view(n, ASK_CLUSTER);
}

static void know_myself(struct node *n, const struct redisReply *r)
{
    struct err e;
    _arena_ struct arena a = {0};
    struct cluster_nodes nodes;
    struct cluster_state *c = cluster_of(n);
    if (read_nodes(n, r, &a, &nodes, &e) != 0) {
        node_reason(n, "%s", e.msg);
        return redis_greet_again(n, ASK_CLUSTER, REFUSED_MS);
    }
    c->unfollowing = true;
    c->orphan = !nodes.myself->is_master;
    redis_of(n)->talk.greeting = ASK_SOURCE;
}

static void know_source(struct node *n, const struct redisReply *r)
{
    source_know(n, r);
    if (cluster_of(n)->orphan) redis_of(n)->talk.greeting = ASK_WHOLE;
    else node_event(n, EVENT_KNOWN);
}

/* Whoever takes over before it has looked at its Redis Cluster for the first time waits two seconds, as if it had started as a master. */
static void know_whole(struct node *n, const struct redisReply *r)
{
    bool whole = false;
    int64_t known;
    bool over = node_now(n) - n->boot_since > WHOLE_MS;
    if ((cluster_info_read(r, &whole, &known) && whole) || over) node_event(n, EVENT_KNOWN);
    else redis_greet_again(n, ASK_WHOLE, WHOLE_AGAIN_MS);
}

void cluster_greeted(struct node *n, enum redis_ask what, const struct redisReply *r)
{
    bool whole;
    int64_t *count = &cluster_of(n)->count;
    if (what == ASK_NODES) return know_myself(n, r);
    if (what == ASK_SOURCE) return know_source(n, r);
    if (what == ASK_WHOLE) return know_whole(n, r);
    if (!cluster_info_read(r, &whole, count)) *count = 0;
    redis_await(n, ASK_NODES, STEP_NONE);
}

/* ---- what it sees ---- */

void cluster_correct(struct node *n, struct replication_info *info)
{
    struct cluster_state *c = cluster_of(n);
    c->unfollowing = info->role == ROLE_PRIMARY;
    c->orphan = c->orphan && c->unfollowing;
    if (c->orphan) *info = (struct replication_info){.role = ROLE_REPLICA, .offset = info->offset};
}

static void know_orphan(struct node *n)
{
    struct cluster_state *c = cluster_of(n);
    bool orphan = c->unfollowing && c->view.role == ROLE_REPLICA;
    if (orphan == c->orphan) return;
    c->orphan = orphan;
    redis_of(n)->info_old = true;
}

void cluster_do_view(struct node *n)
{
    struct cluster_state *c = cluster_of(n);
    c->read_at = node_now(n);
    c->role = redis_of(n)->info.role;
    c->pulse = cluster_host_of(n)->pulse;
    c->stale = false;
    move_to_state(n, VIEW_INFO);
    ask_view(n, ASK_STEP);
}

void cluster_know_info(struct node *n, const struct redisReply *r)
{
    struct cluster_state *c = cluster_of(n);
    if (!cluster_info_read(r, &c->whole, &c->count)) c->count = 0;
    move_to_state(n, VIEW_NODES);
    redis_await(n, ASK_STEP, STEP_CLUSTER_NODES);
}

/* The view stays the last one that was believed; it is not held for that of a Redis Cluster that is as it shall be. */
static void doubt_view(struct node *n, const struct err *e)
{
    struct cluster_state *c = cluster_of(n);
    node_reason(n, "%s", e->msg);
    if (c->fine) node_changed(n);
    c->fine = false;
    c->doubted = true;
    move_to_state(n, VIEW_REST);
}

void cluster_know_nodes(struct node *n, const struct redisReply *r)
{
    struct err e;
    _arena_ struct arena a = {0};
    struct cluster_nodes nodes;
    struct cluster_state *c = cluster_of(n);
    const struct cluster_map *map = cluster_map_of(n);
    if (map == NULL) return move_to_state(n, VIEW_REST);
    if (read_nodes(n, r, &a, &nodes, &e) != 0) return doubt_view(n, &e);
    c->doubted = false;
    cluster_view_clear(&c->view);
    cluster_view_read(&c->view, &nodes, map, peer_lives, n);
    c->serial = map->serial;
    know_orphan(n);
    c->mended = false;
    slots_note_unclaimed(n, map);
    move_to_state(n, c->view.agrees ? VIEW_SLOTS : VIEW_REST);
    if (c->view.agrees) return; /* CLUSTER SLOTS comes before anything is told */
    c->complete = false;
    tell_view(n);
}

void cluster_know_slots(struct node *n, const struct redisReply *r)
{
    struct cluster_state *c = cluster_of(n);
    const struct cluster_map *map = cluster_map_of(n);
    move_to_state(n, VIEW_REST);
    c->complete = map != NULL && c->serial == map->serial && cluster_slots_complete(r, map, is_linked, n);
    tell_view(n);
}
