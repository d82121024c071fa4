#include "ops/replication_group/program.h"
#include "ops/core/request.h"
#include "plan/rg_row.h"

int rg_check_program(struct op *op, const struct row_replication_group *rg, const struct engine_version *v, bool replicated)
{
    const bool asked[PART__COUNT] = {
        [PART_NODES] = true,
        [PART_ENDPOINTS] = true,
        [PART_REPLICAS] = replicated,
        [PART_ENCRYPTION] = rg->transit_encryption != ENCRYPTION_NONE,
        [PART_SNAPSHOTS] = rg->snapshot_retention_limit > 0,
        [PART_CLUSTER_MODE] = rg_is_clustered(rg),
    };
    int r = 0;
    for (int part = 0; r == 0 && part < PART__COUNT; part++) r = request_part(op, v, (enum engine_part)part, asked[part]);
    return r;
}
