#pragma once
#include "ops/op.h"
/*
 * For a group that has just been written and is to have another number of node groups in the
 * end, because a snapshot has all its data in these: writes those that come, and which go.
 */
int shards_reach(struct op *op, struct row_replication_group *rg, size_t count);
