#pragma once
#include "http/admin.h"
/*
 * /_meridian/links: the network between the regions.
 *
 *     GET  /_meridian/links           {"links": [link…]}: those that do anything
 *     PUT  /_meridian/links           with ?preset=aws or ?preset=none: all of them
 *     GET  /_meridian/links/FROM/TO   one direction between two regions
 *     PUT  /_meridian/links/FROM/TO   sets what ?latency_ms=, jitter_ms=, bandwidth_mbit= and state= name, both ways unless one_way=true
 */
struct control;
struct store;

struct links_admin {
    const struct admin *admin;
    struct control *control; /* NULL while serve stops */
    struct store *store;
};

void links_admin_add_routes(struct http *h, const struct links_admin *l);
