#pragma once
#include "store/sql.gen.h"
#include <stdbool.h>
/* What the row of a replication group says, for the operations and the plans alike. */

/* True where the nodes are one Redis Cluster: the mode is enabled, or compatible. */
bool rg_is_clustered(const struct row_replication_group *rg);
/* True where clients are to find nothing but the Redis Cluster: the mode is enabled. */
bool rg_is_sharded(const struct row_replication_group *rg);
