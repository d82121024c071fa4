#include "plan/rg_row.h"
#include <string.h>

bool rg_is_clustered(const struct row_replication_group *rg)
{
    return strcmp(rg->cluster_mode, "disabled") != 0;
}

bool rg_is_sharded(const struct row_replication_group *rg)
{
    return strcmp(rg->cluster_mode, "enabled") == 0;
}
