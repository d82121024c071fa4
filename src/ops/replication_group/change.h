#pragma once
#include "ops/core/op.h"
/*
 * The part of ModifyReplicationGroup that changes processes: failover, Multi-AZ,
 * node type, engine version, the primary. Sets the replication group's row (the caller writes
 * it) and writes what belongs to it. *busy is set where the replication group shows 'modifying'
 * until its processes are as the rows say.
 */
int rg_change(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg, bool *busy);
