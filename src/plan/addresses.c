#include "base/arena.h"
#include "base/text.h"
#include "catalog/engine.h"
#include "catalog/region.h"
#include "plan/address_book.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/serverless.h"
#include <string.h>

const char *plan_host_address(struct arena *a, int octet, int64_t n)
{
    return arena_printf(a, "127.%d.%d.%d", octet, (int)(n / 254 % 256), (int)(n % 254) + 1);
}

/* What goes with this look has its address until then: whoever may be waiting for one looks again at once. */
static bool is_had(struct world *w, const char *its, int64_t its_port, bool drop, const char *address, int64_t port)
{
    if (its == NULL || strcmp(its, address) != 0 || (w->addressing.ports && its_port != port)) return false;
    if (drop) world_wake(w, w->steady_ms);
    return true;
}

static bool address_is_taken(struct world *w, const char *address, int64_t port)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *n = &w->nodes[i].row;
        if (is_had(w, n->address, n->port, w->nodes[i].drop, address, port)) return true;
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        const struct row_endpoint *e = &w->endpoints[i].row;
        if (is_had(w, e->address, e->port, w->endpoints[i].drop, address, port)) return true;
    }
    return w->held && address_book_has(w->held, address_book_entry(w->arena, w->addressing.ports, address, port));
}

/* What nobody has yet, who asks for it has. */
static bool take_address(struct world *w, const char *host, int64_t with, const char **address, int64_t *port)
{
    if (address_is_taken(w, host, with)) return false;
    if (w->held) address_book_take(w->held, address_book_entry(w->arena, w->addressing.ports, host, with));
    world_set(w, address, host);
    world_set_int(w, port, with);
    return true;
}

static bool is_default_port(int64_t port)
{
    for (int i = 0; i < ENGINE_COUNT; i++)
        if (engines[i].port == port) return true;
    return false;
}

/* The counter begins anywhere, runs through the region's hosts, or through the port range, and comes round to what was freed
 * long ago. 'spare': not to the ports that requests ask for when they name none. */
static bool give_next_address(struct world *w, struct world_region *r, bool spare, const char **address, int64_t *port)
{
    int64_t span = w->addressing.ports ? w->addressing.last_port - w->addressing.first_port + 1 : PLAN_HOSTS;
    const struct region *known = region_find(r->row.name);
    for (int64_t tries = 0; tries < span; tries++) {
        int64_t at = (r->row.next_host + tries) % span;
        const char *host = w->addressing.ports ? w->addressing.host : plan_host_address(w->arena, known ? known->octet : 0, at);
        int64_t with = w->addressing.ports ? w->addressing.first_port + at : *port;
        if (spare && is_default_port(with)) continue;
        if (!take_address(w, host, with, address, port)) continue;
        world_set_int(w, &r->row.next_host, (at + 1) % span);
        return true;
    }
    return false;
}

struct addressed {
    const char *region;
    const char **address;
    int64_t *port, *settled;
    int64_t wished;          /* ports mode: the port that clients expect it at; 0: any */
    const char **no_address; /* why there is none */
    bool in_force, is_taken; /* by another program */
};

/* It heals when something else goes. The reason, if it is news. */
static const char *go_without(struct world *w, struct addressed x)
{
    const char *reason = w->addressing.ports ? arena_printf(w->arena, "every port of %d to %d is in use; see --port-range",
                                                   w->addressing.first_port, w->addressing.last_port)
                                             : "every address of the region is in use";
    bool known = text_is(*x.no_address, reason);
    world_set(w, x.no_address, reason);
    return known ? NULL : reason;
}

static bool is_in_range(const struct world *w, int64_t port)
{
    return port >= w->addressing.first_port && port <= w->addressing.last_port;
}

/* The port that was asked for where it can be had, and is not the one that somebody else was just seen at. */
static bool give_address(struct world *w, struct world_region *r, struct addressed x)
{
    bool ports = w->addressing.ports;
    if (x.wished && !x.is_taken && is_in_range(w, x.wished) && take_address(w, w->addressing.host, x.wished, x.address, x.port))
        return true;
    return (ports && give_next_address(w, r, true, x.address, x.port)) || give_next_address(w, r, false, x.address, x.port);
}

/* Why there is none to be had, if that is news; else NULL. */
static const char *plan_address(struct world *w, struct addressed x)
{
    struct world_region *r = world_region(w, x.region);
    if (r == NULL) return NULL;
    if (x.in_force) world_set_int(w, x.settled, 1);
    /* All nodes listen where the flags say today, each at the port it has. */
    if (w->addressing.ports && *x.address) world_set(w, x.address, w->addressing.host);
    if (!*x.settled && *x.address && x.is_taken) {
        /* Where one address is taken by somebody else, his others are likely to follow it: look on in the next /24, or a
         * hundred ports on. */
        int64_t block = w->addressing.ports ? 100 : 254;
        world_set_int(w, &r->row.next_host, (r->row.next_host / block + 1) * block);
        world_set(w, x.address, NULL);
    }
    if (!*x.address && !give_address(w, r, x)) return go_without(w, x);
    world_set(w, x.no_address, NULL);
    return NULL;
}

/* ---- the ports that clients expect ---- */

/* Clients of a replication group begin at its primary endpoint, or at the configuration endpoint; those of a memcached cluster, too.
 * All others take what is left. */
static int64_t wished_by_endpoint(struct world *w, const struct row_endpoint *e)
{
    if (!w->addressing.ports || (e->kind != ENDPOINT_PRIMARY && e->kind != ENDPOINT_CONFIGURATION)) return 0;
    struct world_rg *rg = e->rg_id ? world_rg(w, e->region, e->rg_id) : NULL;
    struct world_cluster *c = e->cluster_id ? world_cluster(w, e->region, NULL, e->cluster_id) : NULL;
    return rg ? rg->row.port : c ? c->row.port : 0;
}

/* A cache cluster without an endpoint is its only node, and so is a serverless cache. */
static int64_t wished_by_node(const struct world *w, const struct world_node *n)
{
    bool alone = n->rg == NULL && n->cluster && strcmp(n->cluster->row.engine, engines[ENGINE_MEMCACHED].name) != 0;
    bool expected = alone || (n->cluster && serverless_owns(n->row.rg_id));
    return w->addressing.ports && expected ? n->cluster->row.port : 0;
}

/* Why it is another one; NULL: it is the one. */
static const char *other_port_reason(const struct world *w, int64_t wished, int64_t port)
{
    if (wished == 0 || wished == port) return NULL;
    return is_in_range(w, wished) ? "is in use" : "is outside of --port-range";
}

static void tell_of_endpoint(struct world *w, const struct row_endpoint *e, const char *reason)
{
    if (e->cluster_id) world_event(w, e->region, e->cluster_id, EVENT_CONFIGURATION_ENDPOINT_FAILED, e->cluster_id, reason);
    else world_event(w, e->region, e->rg_id, EVENT_ENDPOINT_FAILED, endpoint_kind_text(e->kind), e->rg_id, reason);
}

static void tell_port_of_node(struct world *w, const struct row_node *n, int64_t wished)
{
    const char *why = other_port_reason(w, wished, n->port);
    if (why == NULL) return;
    world_event(w, n->region, n->cluster_id, EVENT_NODE_PORT_REPLACED, n->node_id,
        arena_printf(w->arena, "%lld", (long long)n->port), arena_printf(w->arena, "%lld", (long long)wished), why);
}

static void tell_port_of_endpoint(struct world *w, const struct row_endpoint *e, int64_t wished)
{
    const char *why = other_port_reason(w, wished, e->port);
    if (why == NULL) return;
    const char *port = arena_printf(w->arena, "%lld", (long long)e->port);
    const char *asked = arena_printf(w->arena, "%lld", (long long)wished);
    if (e->cluster_id)
        world_event(w, e->region, e->cluster_id, EVENT_CONFIGURATION_PORT_REPLACED, e->cluster_id, port, asked, why);
    else
        world_event(
            w, e->region, e->rg_id, EVENT_ENDPOINT_PORT_REPLACED, endpoint_kind_text(e->kind), e->rg_id, port, asked, why);
}

static void plan_node_address(struct world *w, struct world_node *node, int64_t wished)
{
    struct row_node *n = &node->row;
    struct addressed x = {.region = n->region,
        .address = &n->address,
        .port = &n->port,
        .settled = &n->settled,
        .wished = wished,
        .no_address = &n->no_address,
        .in_force = seen_node_state(n) == SEEN_READY,
        .is_taken = seen_node_state(n) == SEEN_CONFLICT};
    bool anew = n->address == NULL || (!n->settled && x.is_taken);
    const char *reason = plan_address(w, x);
    if (reason) world_event(w, n->region, n->cluster_id, EVENT_NODE_START_FAILED, n->node_id, reason);
    else if (anew && n->address) tell_port_of_node(w, n, wished);
}

/* Where each has addresses of its own, both endpoints of a serverless cache are ports of its node's. */
static bool follow_node(struct world *w, struct row_endpoint *e)
{
    struct world_rg *rg = !w->addressing.ports && serverless_owns(e->rg_id) ? world_rg(w, e->region, e->rg_id) : NULL;
    if (rg == NULL || rg->n_nodes == 0) return false;
    world_set(w, &e->address, rg->nodes[0].row.address);
    return true;
}

static void plan_endpoint_address(struct world *w, struct row_endpoint *e, int64_t wished)
{
    if (follow_node(w, e)) return;
    struct addressed x = {.region = e->region,
        .address = &e->address,
        .port = &e->port,
        .settled = &e->settled,
        .wished = wished,
        .no_address = &e->no_address,
        .in_force = seen_endpoint_state(e) == ENDPOINT_LISTENING,
        .is_taken = seen_endpoint_state(e) == ENDPOINT_CONFLICT};
    bool anew = e->address == NULL || (!e->settled && x.is_taken);
    const char *reason = plan_address(w, x);
    if (reason) tell_of_endpoint(w, e, reason);
    else if (anew && e->address) tell_port_of_endpoint(w, e, wished);
}

/* Who is expected at a port comes before those that are not. */
static void plan_addresses_of(struct world *w, bool wished)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        int64_t port = wished_by_node(w, &w->nodes[i]);
        if (!w->nodes[i].drop && w->nodes[i].row.want == WISH_RUN && (port != 0) == wished)
            plan_node_address(w, &w->nodes[i], port);
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        int64_t port = wished_by_endpoint(w, &w->endpoints[i].row);
        if (!w->endpoints[i].drop && (port != 0) == wished) plan_endpoint_address(w, &w->endpoints[i].row, port);
    }
}

void plan_addresses(struct world *w)
{
    if (w->addressing.ports) plan_addresses_of(w, true);
    plan_addresses_of(w, false);
}
