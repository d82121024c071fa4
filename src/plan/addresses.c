#include "base/arena.h"
#include "base/text.h"
#include "catalog/region.h"
#include "plan/address_book.h"
#include "plan/plan.h"
#include "plan/seen.h"
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

/* The counter begins anywhere, runs through the region's hosts, or through the port range, and comes round to what was freed
 * long ago. */
static bool give_address(struct world *w, struct world_region *r, const char **address, int64_t *port)
{
    int64_t span = w->addressing.ports ? w->addressing.last_port - w->addressing.first_port + 1 : PLAN_HOSTS;
    const struct region *known = region_find(r->row.name);
    for (int64_t tries = 0; tries < span; tries++) {
        int64_t at = (r->row.next_host + tries) % span;
        const char *host = w->addressing.ports ? w->addressing.host : plan_host_address(w->arena, known ? known->octet : 0, at);
        int64_t with = w->addressing.ports ? w->addressing.first_port + at : *port;
        if (address_is_taken(w, host, with)) continue;
        if (w->held) address_book_take(w->held, address_book_entry(w->arena, w->addressing.ports, host, with));
        world_set_int(w, &r->row.next_host, (at + 1) % span);
        world_set(w, address, host);
        world_set_int(w, port, with);
        return true;
    }
    return false;
}

struct addressed {
    const char *region;
    const char **address;
    int64_t *port, *settled;
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
    if (!*x.address && !give_address(w, r, x.address, x.port)) return go_without(w, x);
    world_set(w, x.no_address, NULL);
    return NULL;
}

void plan_addresses(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct row_node *n = &w->nodes[i].row;
        if (w->nodes[i].drop || n->want != WISH_RUN) continue;
        const char *reason = plan_address(w, (struct addressed){n->region, &n->address, &n->port, &n->settled, &n->no_address,
                                                 seen_node_state(n) == SEEN_READY, seen_node_state(n) == SEEN_CONFLICT});
        if (reason) world_event(w, n->region, n->cluster_id, EVENT_NODE_START_FAILED, n->node_id, reason);
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *e = &w->endpoints[i].row;
        if (w->endpoints[i].drop) continue;
        const char *reason =
            plan_address(w, (struct addressed){e->region, &e->address, &e->port, &e->settled, &e->no_address,
                                seen_endpoint_state(e) == ENDPOINT_LISTENING, seen_endpoint_state(e) == ENDPOINT_CONFLICT});
        if (reason) {
            if (e->cluster_id)
                world_event(w, e->region, e->cluster_id, EVENT_CONFIGURATION_ENDPOINT_FAILED, e->cluster_id, reason);
            else world_event(w, e->region, e->rg_id, EVENT_ENDPOINT_FAILED, endpoint_kind_text(e->kind), e->rg_id, reason);
        }
    }
}
