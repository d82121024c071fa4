#pragma once
#include "ops/core/op.h"

/* A cache cluster as the API shows it, in the request's arena: 0, or < 0. */
int view_cluster(struct op *op, const struct row_cache_cluster *row, bool with_nodes, struct api_cache_cluster *out);
