#pragma once
#include "model/api.gen.h"
#include "ops/core/op.h"
/*
 * In cluster mode a secondary of a global datastore has the primary's node groups, with the same ids and slots. Puts them into *filled, a
 * copy of 'in', which keeps what the caller says of zones and replicas. A caller who names other node groups gets the service's fault.
 */
int rg_inherit_shards(struct op *op, const struct row_global_replication_group *g,
    const struct api_create_replication_group_in *in, struct api_create_replication_group_in *filled);

/* The node groups of the datastore's primary, in order of their ids. */
int rg_primary_shards(struct op *op, const struct row_global_replication_group *g, struct row_node_group **out, size_t *n);
