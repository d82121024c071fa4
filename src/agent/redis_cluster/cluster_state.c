#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis/redis.h"
#include "agent/redis/state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_MS = 5, UNSETTLED_MS = 200 };

void *cluster_state_new(void)
{
    struct cluster_state *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    return c;
}

void cluster_state_forget(void *state)
{
    struct cluster_state *c = state;
    cluster_view_clear(&c->view);
    arena_fini(&c->told);
    *c = (struct cluster_state){0};
}

void cluster_state_free(void *state)
{
    cluster_state_forget(state);
    free(state);
}

struct cluster_state *cluster_of(const struct node *n)
{
    return redis_of(n)->cluster;
}

struct cluster_host *cluster_host_of(const struct node *n)
{
    const struct redis_host *h = n->host->engine_host;
    return h->clusters;
}

const struct cluster_map *cluster_map_of(const struct node *n)
{
    struct cluster_host *h = cluster_host_of(n);
    return n->order != NULL && n->order->cluster != NULL ? h->map(h, n->order->cluster) : NULL;
}

const struct proto_cluster_node *cluster_entry_of(const struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    return map != NULL ? cluster_node_ordered(map, n->id) : NULL;
}

const char *cluster_meeting_address(const struct node *n)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    return me != NULL ? me->host : n->order->address;
}

static void write_announcement(const struct node *n, char out[ANNOUNCED_SIZE])
{
    const char *host = n->order->announced_host;
    snprintf(out, ANNOUNCED_SIZE, "%s %s", cluster_meeting_address(n), host ? host : "");
}

void cluster_announce(struct node *n)
{
    write_announcement(n, cluster_of(n)->announced);
    cluster_of(n)->announces = false;
}

bool cluster_announces(const struct node *n)
{
    char wanted[ANNOUNCED_SIZE];
    write_announcement(n, wanted);
    return cluster_of(n)->announces && strcmp(cluster_of(n)->announced, wanted) == 0;
}

struct node *cluster_find(struct node_host *h, const char *order)
{
    struct node *n = h->find(h, order);
    return n != NULL && n->kind == &redis_kind ? n : NULL;
}

const struct node *cluster_find_ready(struct node_host *h, const char *order)
{
    const struct node *n = cluster_find(h, order);
    return n != NULL && n->life.ready && !n->life.hung ? n : NULL;
}

/* Its replication is that of the module, and not that of a replica in its Redis Cluster, which follows its primary. */
bool cluster_is_attached(const struct node *n)
{
    char upstream[SOURCE_SIZE];
    const struct replication_info *i = &redis_of(n)->info;
    snprintf(upstream, sizeof upstream, "%s %d", i->upstream_host, i->upstream_port);
    return i->role == ROLE_REPLICA && strcmp(upstream, cluster_of(n)->source) == 0;
}

bool cluster_is_primary(const struct node *n)
{
    return redis_of(n)->info.role == ROLE_PRIMARY || cluster_is_attached(n);
}

bool cluster_is_eager(const struct node *n)
{
    return node_now(n) < redis_of(n)->eager_until;
}

void cluster_try_again(struct node *n)
{
    redis_of(n)->hold_until = node_now(n) + (cluster_is_eager(n) ? AGAIN_MS : UNSETTLED_MS);
    redis_of(n)->info_old = true;
    cluster_of(n)->stale = true;
}
