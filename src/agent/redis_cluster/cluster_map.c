#include "agent/redis_cluster/cluster_map.h"
#include "base/digest.h"
#include "base/hex.h"
#include "agent/engine/order_check.h"
#include "base/index.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUS_ABOVE = 10000, SYSTEM_PORTS = 32768 };

bool cluster_name_ok(const char *name)
{
    return name != NULL && strlen(name) == CLUSTER_NAME && strspn(name, "0123456789abcdef") == CLUSTER_NAME;
}

static int check_node(const struct proto_cluster_node *n, struct slots *taken, struct err *e)
{
    if (!cluster_name_ok(n->name)) return err_set(e, ERR_USAGE, "a node of the cluster has no proper name");
    if (!order_is_address(n->host)) return err_set(e, ERR_USAGE, "a node of the cluster has no proper address");
    if (!order_is_port(n->port) || n->bus_port.v < 0 || n->bus_port.v > 65535)
        return err_set(e, ERR_USAGE, "a node of the cluster has no proper port");
    if (slots_read(taken, n->slots) != SLOTS_OK) return err_set(e, ERR_USAGE, "the slots of the cluster are not proper");
    return 0;
}

int cluster_map_check(const struct proto_cluster_map *m, struct err *e)
{
    struct slots taken = {0};
    int r = 0;
    for (size_t i = 0; i < m->nodes.n && !r; i++) r = check_node(&m->nodes.items[i], &taken, e);
    for (size_t i = 0; i < m->moves.n && !r; i++) {
        struct slots moving = {0};
        if (slots_read(&moving, m->moves.items[i].slots) != SLOTS_OK) r = err_set(e, ERR_USAGE, "a move has no proper slots");
    }
    return r;
}

static int by_name(const void *a, const void *b)
{
    const struct proto_cluster_node *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int by_order(const void *a, const void *b)
{
    const struct proto_cluster_node *const *x = a, *const *y = b;
    return strcmp((*x)->order, (*y)->order);
}

/* The first of a shard that is one. */
static void find_primaries(struct cluster_map *map)
{
    _index_ struct index by_shard = {0};
    const struct proto_cluster_node_list *l = &map->m->nodes;
    for (size_t i = l->n; i > 0; i--)
        if (l->items[i - 1].primary.v) index_put(&by_shard, l->items[i - 1].shard, &l->items[i - 1]);
    for (size_t i = 0; i < l->n; i++) map->primaries[i] = index_get(&by_shard, l->items[i].shard);
}

void cluster_map_init(struct cluster_map *out, const struct proto_cluster_map *m, uint64_t serial, struct arena *a)
{
    *out = (struct cluster_map){.m = m, .serial = serial};
    out->sorted = arena_array(a, const struct proto_cluster_node *, m->nodes.n);
    out->ordered = arena_array(a, const struct proto_cluster_node *, m->nodes.n);
    out->primaries = arena_array(a, const struct proto_cluster_node *, m->nodes.n);
    out->slots = arena_array(a, struct slots, m->nodes.n);
    for (size_t i = 0; i < m->nodes.n; i++) {
        out->sorted[i] = out->ordered[i] = &m->nodes.items[i];
        slots_read(&out->slots[i], m->nodes.items[i].slots);
    }
    find_primaries(out);
    qsort(out->sorted, m->nodes.n, sizeof *out->sorted, by_name);
    qsort(out->ordered, m->nodes.n, sizeof *out->ordered, by_order);
}

const struct proto_cluster_node *cluster_node_named(const struct cluster_map *map, const char *name)
{
    const struct proto_cluster_node key = {.name = name}, *k = &key;
    const struct proto_cluster_node **found = bsearch(&k, map->sorted, map->m->nodes.n, sizeof *map->sorted, by_name);
    return found != NULL ? *found : NULL;
}

const struct proto_cluster_node *cluster_node_ordered(const struct cluster_map *map, const char *order)
{
    const struct proto_cluster_node key = {.order = order}, *k = &key;
    if (order == NULL) return NULL;
    const struct proto_cluster_node **found = bsearch(&k, map->ordered, map->m->nodes.n, sizeof *map->ordered, by_order);
    return found != NULL ? *found : NULL;
}

const struct proto_cluster_node *cluster_primary(const struct cluster_map *map, const char *shard)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &map->m->nodes.items[i];
        if (n->primary.v && strcmp(n->shard, shard) == 0) return n;
    }
    return NULL;
}

const struct proto_cluster_node *cluster_primary_of(const struct cluster_map *map, const struct proto_cluster_node *node)
{
    return map->primaries[node - map->m->nodes.items];
}

const struct slots *cluster_slots_of(const struct cluster_map *map, const struct proto_cluster_node *node)
{
    return &map->slots[node - map->m->nodes.items];
}

int cluster_followers(const struct cluster_map *map, const struct proto_cluster_node *primary)
{
    int n = 0;
    for (size_t i = 0; i < map->m->nodes.n; i++) n += strcmp(map->m->nodes.items[i].shard, primary->shard) == 0;
    return n - 1;
}

int cluster_bus_port(const struct proto_cluster_node *node)
{
    if (node->bus_port.v > 0) return (int)node->bus_port.v;
    int port = (int)node->port.v;
    return port + BUS_ABOVE < SYSTEM_PORTS ? port + BUS_ABOVE : port - BUS_ABOVE;
}

/* ---- nodes.conf ---- */

static void add_slots(const struct cluster_map *map, const struct proto_cluster_node *primary, struct buf *out)
{
    _arena_ struct arena a = {0};
    const char *text = slots_text(&a, cluster_slots_of(map, primary), ' ');
    if (*text) buf_printf(out, " %s", text);
}

/* 'shard' is what comes behind the address, 'master' whom the node follows; NULL for a master. */
static void add_node(const struct proto_cluster_node *n, bool is_me, bool has_address, const char *shard, const char *master,
    int64_t epoch, struct buf *out)
{
    if (has_address) buf_printf(out, "%s %s:%d@%d%s ", n->name, n->host, (int)n->port.v, cluster_bus_port(n), shard);
    else buf_printf(out, "%s :0@0%s ", n->name, shard);
    buf_printf(out, "%s%s%s %s 0 0 %lld connected", is_me ? "myself," : "", master ? "slave" : "master",
        has_address ? "" : ",noaddr", master ? master : "-", (long long)epoch);
}

/* The same in every node's file: an id of the shard, which its phantom has for a name. */
static void shard_id(const struct cluster_map *map, const struct proto_cluster_node *primary, char out[CLUSTER_NAME + 1])
{
    _buf_ struct buf both = {0};
    uint8_t digest[DIGEST_SIZE];
    buf_add(&both, map->m->group, strlen(map->m->group) + 1);
    buf_puts(&both, primary->shard);
    digest_bytes(both.data, both.len, digest);
    hex_write(digest, CLUSTER_NAME / 2, out);
}

/* 'epoch' is that of the primary. */
static void add_shard(const struct cluster_map *map, const struct proto_cluster_node *primary, const char *me,
    const struct cluster_scene *scene, enum shard_start how, int64_t epoch, struct buf *out)
{
    bool headless = how == SHARD_HEADLESS;
    char phantom[CLUSTER_NAME + 1], shard[CLUSTER_NAME + sizeof ",,shard-id="] = "";
    shard_id(map, primary, phantom);
    if (scene->names_shards) snprintf(shard, sizeof shard, ",,shard-id=%s", phantom);
    if (headless) {
        buf_printf(out, "%s :0@0%s master,noaddr - 0 0 0 disconnected", phantom, shard);
        add_slots(map, primary, out);
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &map->m->nodes.items[i];
        if (map->primaries[i] != cluster_primary_of(map, primary)) continue;
        bool is_master = !headless && n == primary;
        bool is_me = strcmp(n->name, me) == 0;
        const char *master = is_master ? NULL : headless ? phantom : primary->name;
        add_node(n, is_me, is_me || scene->is_there(scene->arg, n), shard, master, is_master ? epoch : 0, out);
        if (is_master) add_slots(map, n, out);
        buf_putc(out, '\n');
    }
}

void cluster_nodes_conf(
    const struct cluster_map *map, const char *name, int64_t epoch, const struct cluster_scene *scene, struct buf *out)
{
    int64_t shards = 0;
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &map->m->nodes.items[i];
        if (!n->primary.v) continue;
        enum shard_start how = scene->shard(scene->arg, n);
        shards++;
        /* That of a primary that lives is 0: those that live know better, and tell. */
        add_shard(map, n, name, scene, how, how == SHARD_NEWBORN ? shards : 0, out);
        if (how == SHARD_NEWBORN && shards > epoch) epoch = shards;
    }
    buf_printf(out, "vars currentEpoch %lld lastVoteEpoch 0\n", (long long)epoch);
}

bool cluster_conf_is_primary(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    while (line != NULL && line != text && line[-1] != '\n') line = strstr(line + 1, name);
    return line != NULL && memmem(line, strcspn(line, "\n"), "myself,master", strlen("myself,master")) != NULL;
}
