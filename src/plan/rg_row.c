#include "plan/rg_row.h"

bool rg_is_clustered(const struct row_replication_group *rg)
{
    return rg->cluster_mode != MODE_DISABLED;
}

bool rg_is_sharded(const struct row_replication_group *rg)
{
    return rg->cluster_mode == MODE_ENABLED;
}

bool rg_has_failover(const struct row_replication_group *rg)
{
    return rg->automatic_failover == FAILOVER_ENABLED || rg->automatic_failover == FAILOVER_ENABLING;
}

bool global_is_at_rest(const struct row_global_replication_group *g)
{
    return g->status == GLOBAL_AVAILABLE || g->status == GLOBAL_PRIMARY_ONLY;
}

bool durability_outlives(enum durability d)
{
    return d == DURABILITY_ASYNC || d == DURABILITY_SYNC;
}

bool durability_recovers_in_place(enum durability d)
{
    return d == DURABILITY_SYNC;
}
