#pragma once
#include "main/faults_admin.h"
/*
 * /_meridian/links: the network between the regions.
 *
 *     GET  /_meridian/links           {"links": [link…]}: those that do anything
 *     PUT  /_meridian/links           with ?preset=aws or ?preset=none: all of them
 *     GET  /_meridian/links/FROM/TO   one direction between two regions
 *     PUT  /_meridian/links/FROM/TO   sets what ?latency_ms=, jitter_ms=, bandwidth_mbit= and state= name, both ways unless one_way=true
 */
void links_admin_add_routes(struct http *h, const struct faults_admin *f);
