#include "agent/redis_cluster/cluster.h"
#include "agent/node/node_int.h"
#include "agent/node/reservations.h"

/* When a node's process is about to listen, and when nobody listens in its place any more: see reservations.h. */

static const struct proto_cluster_node *map_entry(const struct node *n)
{
    const struct cluster_map *map = cluster_map_of(n);
    return map != NULL ? cluster_node_ordered(map, n->id) : NULL;
}

void node_lend_start(struct node *n)
{
    struct reservations *r = n->host->reservations;
    const struct proto_cluster_node *entry = map_entry(n);
    reservations_lend(r, n, n->order->address, n->order->port.v);
    if (entry != NULL) reservations_lend(r, n, n->order->address, cluster_bus_port(entry));
}

/* Redis closes all its sockets, and goes back to what it had where it can't have all that it is asked to. */
void node_lend_bind(struct node *n)
{
    struct reservations *r = n->host->reservations;
    const struct string_list *lists[] = {&n->life.held, &n->life.binding};
    reservations_lend(r, n, n->order->address, n->order->port.v);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t k = 0; k < lists[i]->n; k++) reservations_lend(r, n, lists[i]->items[k], n->order->port.v);
    n->binds = true;
}

bool node_is_misled(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    bool follows = role_parse(o->role) == ROLE_REPLICA && o->cluster == NULL;
    if (!follows || !reservations_lacks(n->host->reservations, o->upstream_host, o->upstream_port.v)) return false;
    if (o->upstream_node == NULL) return !n->host->has_link(n->host, o->upstream_host, o->upstream_port.v);
    const struct node *up = n->host->find(n->host, o->upstream_node);
    return up != NULL && up->order != NULL && up->proc == NULL;
}

void node_lend_back(struct node *n)
{
    n->binds = false;
    reservations_return(n->host->reservations, n);
}

void node_reserve(struct node *n)
{
    struct reservations *r = n->host->reservations;
    const struct proto_cluster_node *entry = map_entry(n);
    node_lend_back(n);
    if (n->order == NULL) return;
    reservations_take(r, n->order->address, n->order->port.v);
    if (entry != NULL) reservations_take(r, n->order->address, cluster_bus_port(entry));
    const struct string_list *lists[] = {
        &n->life.held, &n->order->endpoints}; /* of an adopted one nobody may have asked what it holds */
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t k = 0; k < lists[i]->n; k++) reservations_take(r, lists[i]->items[k], n->order->port.v);
}
