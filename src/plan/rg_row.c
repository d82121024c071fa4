#include "plan/rg_row.h"
#include <string.h>

bool rg_is_clustered(const struct row_replication_group *rg)
{
    return rg->cluster_mode != MODE_DISABLED;
}

bool rg_is_sharded(const struct row_replication_group *rg)
{
    return rg->cluster_mode == MODE_ENABLED;
}
