#include "base/arena.h"
#include "catalog/region.h"
#include "plan/plan.h"
#include <string.h>

const char *plan_host_address(struct arena *a, int octet, int64_t n)
{
    return arena_printf(a, "127.%d.%d.%d", octet, (int)(n / 254 % 256), (int)(n % 254) + 1);
}

static bool taken(struct world *w, const char *address, int64_t port)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct row_node *n = &w->nodes[i].row;
        if (n->address && strcmp(n->address, address) == 0 && (!w->addressing.ports || n->port == port)) return true;
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *e = &w->endpoints[i].row;
        if (e->address && strcmp(e->address, address) == 0 && (!w->addressing.ports || e->port == port)) return true;
    }
    return false;
}

/* The counter runs through the region's hosts, or through the port range, and comes round to what was freed long ago. */
static void give(struct world *w, struct world_region *r, const char **address, int64_t *port)
{
    int64_t span = w->addressing.ports ? w->addressing.last_port - w->addressing.first_port + 1 : PLAN_HOSTS;
    const struct region *known = region_find(r->row.name);
    for (int64_t tries = 0; tries < span; tries++) {
        int64_t at = r->row.next_host % span;
        const char *host = w->addressing.ports ? w->addressing.host : plan_host_address(w->arena, known ? known->octet : 0, at);
        int64_t with = w->addressing.ports ? w->addressing.first_port + at : *port;
        world_set_int(w, &r->row.next_host, (at + 1) % span);
        if (taken(w, host, with)) continue;
        world_set(w, address, host);
        world_set_int(w, port, with);
        return;
    }
}

/* Where one address is taken by somebody else, his others are likely to follow it: look on in the next /24, or a hundred ports on. */
static void leap(struct world *w, struct world_region *r)
{
    int64_t block = w->addressing.ports ? 100 : 254;
    world_set_int(w, &r->row.next_host, (r->row.next_host / block + 1) * block);
}

struct addressed {
    const char *region;
    const char **address;
    int64_t *port, *settled;
    const char **seen_state;
    bool in_force;
};

static void plan_address(struct world *w, struct addressed x)
{
    struct world_region *r = world_region(w, x.region);
    if (r == NULL) return;
    if (x.in_force) world_set_int(w, x.settled, 1);
    if (!*x.settled && *x.address && strcmp(*x.seen_state, "conflict") == 0) {
        leap(w, r);
        world_set(w, x.address, NULL);
        world_set(w, x.seen_state, "unknown"); /* said of the old address */
    }
    if (*x.address == NULL) give(w, r, x.address, x.port);
}

void plan_addresses(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct row_node *n = &w->nodes[i].row;
        if (w->nodes[i].drop || strcmp(n->want, "run") != 0) continue;
        plan_address(w, (struct addressed){
                            n->region, &n->address, &n->port, &n->settled, &n->seen_state, strcmp(n->seen_state, "ready") == 0});
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *e = &w->endpoints[i].row;
        if (w->endpoints[i].drop) continue;
        plan_address(w, (struct addressed){e->region, &e->address, &e->port, &e->settled, &e->seen_state,
                            strcmp(e->seen_state, "listening") == 0});
    }
}
