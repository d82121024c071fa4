#pragma once
#include "ops/core/op.h"
/*
 * Cache clusters that belong to no replication group: what a CreateCacheCluster
 * request comes to, as rows. The plans do the rest.
 */

/* Reads, defaults and checks the request, and writes the cache cluster with its nodes. *id is the new cache cluster's, in the arena. */
int cluster_create(struct op *op, const struct api_create_cache_cluster_in *in, const char **id);
