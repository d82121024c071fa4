#include "agent/redis_cluster/slot_node.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_state.h"

struct node *slot_node_primary(struct node_host *h, const char *order)
{
    struct node *n = cluster_find(h, order);
    if (n == NULL || n->state != NODE_UP || !n->life.ready || n->life.hung || !cluster_is_primary(n)) return NULL;
    const struct cluster_state *c = cluster_of(n);
    return c->whole && c->view.read && c->view.role == ROLE_PRIMARY ? n : NULL;
}

struct node *slot_node_find(struct node_host *h, const char *order)
{
    return cluster_find(h, order);
}

const char *slot_node_id(const struct node *n)
{
    return n->id;
}

bool slot_node_address(const struct node *n, struct slot_node_address *out)
{
    if (n->order == NULL) return false;
    *out = (struct slot_node_address){n->order->address, (int)n->order->port.v, n->order->mover_password};
    return true;
}

const struct cluster_view *slot_node_view(const struct node *n)
{
    return &cluster_of(n)->view;
}

bool slot_node_is_fresh(const struct node *n)
{
    return !cluster_of(n)->stale && cluster_of(n)->asks != VIEW_NODES;
}

void slot_node_gets(struct node *n, int slot)
{
    struct slots *s = &cluster_of(n)->view.slots;
    if (!slots_has(s, slot)) slots_add(s, slot);
}

void slot_node_loses(struct node *n, int slot)
{
    slots_remove(&cluster_of(n)->view.slots, slot);
}

void slot_node_changed(struct node *n)
{
    cluster_of(n)->stale = true;
}

void slot_node_works(struct node *n, bool yes)
{
    n->life.working = yes;
}

void slot_node_restore_settings(struct node *n)
{
    n->life.generation = -1;
    redis_of(n)->setting = 0;
}

struct rconn *slot_node_connect(const struct node *n, const struct rconn_events *events, void *arg, int *unread)
{
    struct rconn *conn = redis_open(n, events, arg);
    *unread = conn != NULL && redis_log_in(n, conn) ? 1 : 0;
    return conn;
}
