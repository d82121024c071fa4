#include "agent/node/reserve.h"
#include "agent/os/reservations.h"

static int second_port(const struct node *n)
{
    return n->kind->second_port ? n->kind->second_port(n) : 0;
}

void node_lend_start(struct node *n)
{
    struct reservations *r = n->host->reservations;
    int second = second_port(n);
    reservations_lend(r, n, n->order->address, n->order->port.v);
    if (second != 0) reservations_lend(r, n, n->order->address, second);
}

void node_lend(struct node *n, const struct string_list *addresses)
{
    struct reservations *r = n->host->reservations;
    reservations_lend(r, n, n->order->address, n->order->port.v);
    for (size_t i = 0; i < addresses->n; i++) reservations_lend(r, n, addresses->items[i], n->order->port.v);
}

bool node_is_misled(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    bool follows = role_at_start(o) == ROLE_REPLICA && o->cluster == NULL;
    if (!follows || !reservations_lacks(n->host->reservations, o->upstream_host, o->upstream_port.v)) return false;
    if (o->upstream_node == NULL) return !n->host->has_link(n->host, o->upstream_host, o->upstream_port.v);
    const struct node *up = n->host->find(n->host, o->upstream_node);
    return up != NULL && up->order != NULL && up->proc == NULL;
}

void node_lend_back(struct node *n)
{
    reservations_return(n->host->reservations, n);
}

void node_reserve(struct node *n)
{
    struct reservations *r = n->host->reservations;
    node_lend_back(n);
    if (n->order == NULL) return;
    int second = second_port(n);
    reservations_take(r, n->order->address, n->order->port.v);
    if (second != 0) reservations_take(r, n->order->address, second);
    const struct string_list *held = n->kind->endpoints ? n->kind->endpoints(n) : NULL,
                             *lists[] = {held, &n->order->endpoints}; /* of an adopted one nobody may have asked what it holds */
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t k = 0; lists[i] && k < lists[i]->n; k++) reservations_take(r, lists[i]->items[k], n->order->port.v);
}
