#pragma once
#include "store/sql.gen.h"
#include <stdbool.h>
/* What the row of a replication group, or of a global datastore, says, for the operations and the plans alike. */

/* True where the nodes are one Redis Cluster: the mode is enabled, or compatible. */
bool rg_is_clustered(const struct row_replication_group *rg);
/* True where clients are to find nothing but the Redis Cluster: the mode is enabled. */
bool rg_is_sharded(const struct row_replication_group *rg);

/* True where writes outlive the processes that acknowledged them: async and sync. */
bool durability_outlives(enum durability d);
/* Whether a dead primary has whatever it acknowledged on its disk, while a replica may lack something. */
bool durability_recovers_in_place(enum durability d);

/* True while automatic failover is on, or being turned on. */
bool rg_has_failover(const struct row_replication_group *rg);

/* True for a global datastore that nothing happens to: it takes changes. */
bool global_is_at_rest(const struct row_global_replication_group *g);
