#pragma once
#include "ops/restore.h"
/*
 * Snapshots restored into another number of node groups than they were taken of: the data
 * are loaded by as many as there are files, and spread from there while the group is created.
 */

/*
 * 'out' is the request with as many node groups as there are files, where those can be
 * spread; returns how many were asked for then, else 0.
 */
size_t restore_shards_wanted(
    const struct restore *x, const struct api_create_replication_group_in *in, struct api_create_replication_group_in *out);

/* The parameter group of a source without cluster mode is not that of a group with it. */
void restore_drop_parameters(
    const struct restore *x, const struct api_create_replication_group_in *asked, struct api_create_replication_group_in *filled);
