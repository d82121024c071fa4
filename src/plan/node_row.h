#pragma once
#include "store/sql.gen.h"
/* How a node's row begins, whoever makes it: an operation or a plan. */
struct arena;

/* The node 'node_id' of a cache cluster, with that status, in the cache cluster's zone unless another is named; its id is in the arena. */
struct row_node node_row(struct arena *a, const struct row_cache_cluster *c, const char *node_id, enum node_status status,
    const char *zone, int64_t now_ms);
