#pragma once
#include "ops/core/op.h"

/*
 * Puts a request's changes into the cache cluster's row, which the caller writes: what
 * ApplyImmediately governs (node type, engine version, number of nodes) into its
 * pending columns, the rest at once.
 */
int cluster_change(struct op *op, const struct api_modify_cache_cluster_in *in, struct row_cache_cluster *c);
