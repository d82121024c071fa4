#include "scripted_host.h"
#include "agent/engine/engine.h"
#include "agent/forwarder/link.h"
#include "agent/node/folder.h"
#include "agent/os/reservations.h"
#include "agent/os/file.h"
#include "agent/redis_cluster/cluster.h"
#include "agent/session/engines.h"
#include "agent/snapshots/shelf.h"
#include "model/json.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

struct node_host script_nodes;
struct cluster_host script_clusters;
int script_changes, script_upstream_lost, script_upstream_listens;
bool script_followers_bring, script_switching, script_has_link;
const struct cluster_map *script_map;
const struct slot_mover *script_mover;

static uv_loop_t loop;
static struct engine_map engines;
static struct redis_host redis_host;
static struct link_host link_host;
static struct node *nodes[MOST];
static size_t n_nodes;
static char dir[64];
static struct arena orders;

static void changed(struct node_host *h)
{
    (void)h;
    script_changes++;
}

static struct node *find(struct node_host *h, const char *id)
{
    (void)h;
    for (size_t i = 0; i < n_nodes; i++)
        if (strcmp(node_id(nodes[i]), id) == 0) return nodes[i];
    return NULL;
}

static struct node *nth(struct node_host *h, size_t i)
{
    (void)h;
    return i < n_nodes ? nodes[i] : NULL;
}

static void upstream_lost(struct node_host *h, const char *id)
{
    (void)h;
    (void)id;
    script_upstream_lost++;
}

static void upstream_listens(struct node_host *h, const char *id)
{
    (void)h;
    (void)id;
    script_upstream_listens++;
}

static bool followers_bring(struct node_host *h, const char *id)
{
    (void)h;
    (void)id;
    return script_followers_bring;
}

static bool switching(struct node_host *h)
{
    (void)h;
    return script_switching;
}

static bool has_link(struct node_host *h, const char *address, int64_t port)
{
    (void)h;
    (void)address;
    (void)port;
    return script_has_link;
}

static const struct cluster_map *find_map(struct cluster_host *h, const char *cluster)
{
    (void)h;
    (void)cluster;
    return script_map;
}

static const struct slot_mover *find_mover(struct cluster_host *h, const char *cluster)
{
    (void)h;
    (void)cluster;
    return script_mover;
}

static void link_changed(struct link_host *h)
{
    (void)h;
}

static bool leads_to_ours(struct link_host *h, const char *address, int64_t port)
{
    (void)h;
    (void)address;
    (void)port;
    return true;
}

static void shelf_changed(void *arg)
{
    (void)arg;
    script_changes++;
}

/* As if each had been found, and had told its version. */
static void know_engines(void)
{
    agent_engines_init(&engines, "/engines/redis-server", "/engines/memcached", NULL);
    for (size_t i = 0; i < engines.n; i++) {
        struct engine_program *g = &engines.items[i];
        snprintf(g->path, sizeof g->path, "/engines/%s", g->kind->program);
        snprintf(g->name, sizeof g->name, "%s", g->kind->engines[0]);
        strcpy(g->version, "7.0.15");
    }
}

void script_open(void)
{
    strcpy(dir, "/tmp/meridian-script-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    uv_loop_init(&loop);
    know_engines();
    struct reservations *reservations = reservations_new();
    link_host =
        (struct link_host){.loop = &loop, .changed = link_changed, .reservations = reservations, .leads_to_ours = leads_to_ours};
    link_host_limit(&link_host);
    script_clusters = (struct cluster_host){.map = find_map, .mover = find_mover};
    redis_host = (struct redis_host){.cluster = &cluster_part, .clusters = &script_clusters};
    script_nodes = (struct node_host){.loop = &loop,
        .dir = dir,
        .engines = &engines,
        .engine_host = &redis_host,
        .link_host = &link_host,
        .changed = changed,
        .find = find,
        .nth = nth,
        .upstream_lost = upstream_lost,
        .upstream_listens = upstream_listens,
        .followers_bring = followers_bring,
        .switching = switching,
        .shelf = shelf_open(&loop, dir, shelf_changed, NULL),
        .reservations = reservations,
        .has_link = has_link};
}

void script_close(void)
{
    struct err e;
    for (size_t i = 0; i < n_nodes; i++) {
        node_stop(nodes[i]);
        if (script_process(node_id(nodes[i]))) script_end(node_id(nodes[i]), 0, 0);
        node_close(nodes[i]);
    }
    n_nodes = 0;
    shelf_close(script_nodes.shelf);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) continue;
    cr_assert_eq(uv_loop_close(&loop), 0);
    reservations_free(script_nodes.reservations);
    file_remove_tree(dir, &e);
    script_reset();
    arena_fini(&orders);
}

struct node *script_node(const char *id)
{
    char path[PATH_MAX];
    struct err e;
    cr_assert_lt(n_nodes, MOST);
    snprintf(path, sizeof path, "%s/%s", dir, id);
    cr_assert_eq(file_mkdirs(path, &e), 0);
    return nodes[n_nodes++] = node_open(&script_nodes, id);
}

/* Copied, as a node keeps pointing at its order until the next one, and the test's own may be gone by then. */
static const struct proto_node_order *copy_order(const struct proto_node_order *o)
{
    struct err e = {0};
    _buf_ struct buf json = {0};
    struct proto_node_order *copy = arena_array(&orders, struct proto_node_order, 1);
    json_encode(&json, &shape_proto_node_order, o);
    cr_assert_eq(json_decode(&shape_proto_node_order, json.data, json.len, &orders, copy, &e), 0, "%s", e.msg);
    return copy;
}

void script_order(struct node *n, const struct proto_node_order *o)
{
    node_order(n, o ? copy_order(o) : NULL);
    node_wake(n);
}

void script_later(struct node *n, int64_t ms)
{
    script_advance(ms);
    node_wake(n);
}

void script_beats(struct node *n, int beats)
{
    for (int i = 0; i < beats; i++) {
        script_advance(BEAT_MS);
        node_beat(n, true);
    }
}

void script_work_out(void)
{
    for (int i = 0; i < 2000; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        bool busy = false;
        for (size_t k = 0; k < n_nodes; k++) busy |= nodes[k]->seed.job != NULL || nodes[k]->fit.job != NULL;
        if (!busy) return;
        uv_sleep(1);
    }
    cr_assert_fail("the work takes too long");
}

struct proto_node_seen script_see(const struct node *n)
{
    struct proto_node_seen seen;
    node_see(n, &seen);
    return seen;
}

void script_write_file(const struct node *n, const char *file, const char *text)
{
    char path[PATH_MAX];
    struct err e;
    cr_assert_eq(file_mkdirs(n->dir, &e), 0);
    FILE *f = fopen(node_path(n, file, path), "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

const char *script_read_file(const struct node *n, const char *file)
{
    static char text[16384];
    char path[PATH_MAX];
    FILE *f = fopen(node_path(n, file, path), "r");
    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
    if (f) fclose(f);
    return text;
}

bool script_has_file(const struct node *n, const char *file)
{
    return node_has_file(n, file);
}
