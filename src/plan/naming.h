#pragma once
#include "catalog/endpoint_name.h"
#include "plan/world.h"
/*
 * The host names of endpoints (catalog/endpoint_name.h), as rows have them. Once encryption in transit is preferred, they are those of
 * its form; the plain ones go on leading to the same addresses until it is required, as AWS has it. Where no names are made
 * (world.addressing.domain is NULL) none of these may be asked.
 */

/* The form in which the API shows names. */
bool naming_is_encrypted(enum encryption_mode mode);
/* Whether names in that form lead anywhere. */
bool naming_leads(const struct world_rg *rg, bool encrypted);
/* The names of a replication group; not of a node, which may also be a stand-alone cluster's. In the world's arena. */
const char *naming_rg(struct world *w, const struct world_rg *rg, enum endpoint_name kind, bool encrypted);
const char *naming_node(struct world *w, const struct world_node *n, bool encrypted);
/* Of the endpoint at which a memcached cluster tells of its nodes. */
const char *naming_memcached(struct world *w, const struct world_cluster *c);
