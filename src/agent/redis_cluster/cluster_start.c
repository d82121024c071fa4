#include "agent/redis_cluster/cluster_start.h"
#include "agent/engine/engine.h"
#include "agent/node/folder.h"
#include "agent/os/reservations.h"
#include "agent/os/file.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/source.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NODES_CONF "nodes.conf"
/* For what it may grow by: each slot in flight is 50 bytes. */
enum { ROOM = 16384 };
/*
 * cluster-node-timeout: within half of it every node asks every other. Until the Redis Cluster
 * is formed that is often. After that nobody is suspected too soon, and the nodes' own election,
 * the second line where no agent lives, still ends within five seconds. With more than FEW
 * nodes it grows with the square of their number, so that all of them together ask
 * no more often than FEW would.
 */
enum { HASTE_MS = 500, PATIENCE_MS = 2000, FEW = 60 };
enum { MANY = 180, LOOKS_OF_MANY = 10, LOOKS_LEAST = 2 };

int64_t cluster_timeout_ms(const struct cluster_map *map, bool formed)
{
    int of_few = formed ? PATIENCE_MS : HASTE_MS;
    size_t n = map != NULL ? map->m->nodes.n : 0;
    return n <= FEW ? of_few : (int64_t)(of_few * n * n / (FEW * FEW));
}

/* How often in a second an engine looks at its clients, at keys that expire, and at every node of its Redis Cluster: with hundreds of
 * nodes, the last would take most of the processor. 0: as often as it does by itself. */
static size_t looks_per_second(const struct cluster_map *map)
{
    size_t n = map != NULL ? map->m->nodes.n : 0;
    if (n <= MANY) return 0;
    size_t looks = LOOKS_OF_MANY * MANY * MANY / (n * n);
    return looks > LOOKS_LEAST ? looks : LOOKS_LEAST;
}

bool cluster_is_large(const struct cluster_map *map)
{
    return map->m->nodes.n > FEW;
}

/*
 * No process knows the shard yet: its primary was never started. One that follows another region
 * takes its shard over as in a small Redis Cluster, since that is when it begins to follow.
 */
static bool is_newborn(const struct node *p, const struct cluster_map *map)
{
    if (!cluster_is_large(map) || p->order->role != ROLE_PRIMARY) return false;
    return p->proc == NULL && !node_has_file(p, NODES_CONF);
}

static enum shard_start shard_start(void *arg, const struct proto_cluster_node *primary)
{
    const struct node *n = arg, *p = cluster_find(n->host, primary->order);
    if (p == NULL || p->order == NULL) return SHARD_LIVES;
    if (cluster_of(p)->newborn) return SHARD_NEWBORN;
    if (!p->order->takeover.v || (p->life.ready && cluster_is_primary(p))) return SHARD_LIVES;
    return is_newborn(p, cluster_map_of(n)) ? SHARD_NEWBORN : SHARD_HEADLESS;
}

static bool is_there(void *arg, const struct proto_cluster_node *node)
{
    const struct node *n = arg, *other = cluster_find(n->host, node->order);
    return !cluster_is_large(cluster_map_of(n)) || other == NULL || other->proc != NULL;
}

/* A replica that lives takes over from its master. If that came back before, it would tell that it is no master any more, and
 * there would be no slots left to be taken over. */
bool cluster_starts_at_once(const struct node *n)
{
    const struct node *up = n->order->upstream_node ? cluster_find(n->host, n->order->upstream_node) : NULL;
    if (up == NULL || up->order == NULL || !up->order->takeover.v) return false;
    return up->proc == NULL || cluster_of(up)->from_phantom || cluster_of(up)->newborn;
}

/* Its nodes.conf has it as a master. */
static bool is_master_by_file(const struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf text = {0};
    if (n->order->role != ROLE_PRIMARY || !node_has_file(n, NODES_CONF)) return false;
    return file_read(node_path(n, NODES_CONF, path), &text, &e) == 0 &&
           cluster_conf_is_primary(text.data, n->order->cluster_name);
}

/* Source: clusterLoadConfig() of Redis 7.2, which reads fields behind a node's address that 7.0 takes for its host name. */
static bool names_shards(const struct node *n)
{
    struct engine_program *program;
    struct err e;
    if (engine_pick(n->host->engines, n->order->engine, n->order->engine_version, &program, &e) != 0) return false;
    return engine_kind_runs(program->kind, program->name) && engine_is_from(program, 7, 2);
}

int cluster_prepare(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = cluster_entry_of(n);
    if (me == NULL || cluster_primary_of(map, me) == NULL || n->order->cluster_name == NULL ||
        strcmp(me->name, n->order->cluster_name) != 0)
        return err_set(e, ERR_USAGE, "there is no cluster with this node in the assignment");
    /* The engine ends itself where it can't listen there; that the address is taken is better known before. */
    const char *address = n->order->address;
    int bus = cluster_bus_port(me);
    if (reservations_probe(n->host->reservations, address, bus) == EADDRINUSE)
        return err_set(e, ERR_IN_USE, "%s:%d, for the nodes of the cluster, is in use by another program", address, bus);
    int r = source_prepare(n, e);
    /* A primary that starts again where it was still has its slots; anybody else's file tells of roles that have changed. */
    if (r || (!n->order->takeover.v && is_master_by_file(n))) return r;
    int64_t latest = 0;
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct node *other = cluster_find(n->host, map->m->nodes.items[i].order);
        if (other != NULL && cluster_of(other)->view.latest > latest) latest = cluster_of(other)->view.latest;
    }
    cluster_nodes_conf(map, me->name, latest, &(struct cluster_scene){shard_start, is_there, n, names_shards(n)}, &text);
    return file_put(node_path(n, NODES_CONF, path), text.data, text.len, e);
}

/* The engine writes the file in place, and cuts it where it has become shorter, and its room with it. file_put() exchanges the two. */
void cluster_keep_room(const struct node *n)
{
    char path[PATH_MAX];
    file_keep_room(node_path(n, NODES_CONF, path), ROOM);
    file_keep_room(node_path(n, NODES_CONF ".new", path), ROOM);
}

void cluster_begin(struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = cluster_entry_of(n);
    const struct proto_cluster_node *primary = me != NULL ? cluster_primary_of(map, me) : NULL;
    source_begin(n);
    cluster_announce(n);
    cluster_of(n)->announces = true;
    cluster_of(n)->newborn = n->order->takeover.v && is_master_by_file(n);
    cluster_of(n)->from_phantom = primary != NULL && shard_start(n, primary) == SHARD_HEADLESS;
}

void cluster_conf(const struct node *n, struct buf *out)
{
    const struct cluster_map *map = cluster_map_of(n);
    const struct proto_cluster_node *me = cluster_entry_of(n);
    buf_puts(out, "cluster-enabled yes\n"
                  "cluster-config-file " NODES_CONF "\n"
                  "cluster-allow-replica-migration no\n"
                  "cluster-replica-validity-factor 0\n");
    buf_printf(out, "cluster-node-timeout %lld\n", (long long)cluster_timeout_ms(map, false));
    if (looks_per_second(map)) buf_printf(out, "hz %zu\n", looks_per_second(map));
    buf_printf(out, "cluster-announce-ip %s\n", cluster_meeting_address(n));
    /* Nodes go on to meet at their addresses; this is what clients are told. An address passes for a name. */
    if (n->order->announced_host)
        buf_printf(out, "cluster-announce-hostname %s\ncluster-preferred-endpoint-type hostname\n", n->order->announced_host);
    if (me != NULL) buf_printf(out, "cluster-port %d\n", cluster_bus_port(me));
    source_conf(n, out);
}

int cluster_second_port(const struct node *n)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    return me != NULL ? cluster_bus_port(me) : 0;
}
