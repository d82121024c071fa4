#pragma once
#include "ops/core/op.h"
/* The end of a replication group. */

/* Everything of it goes: at once, or with 'final' once the final snapshot is taken that was asked for. Its state allows that. */
int rg_delete(struct op *op, struct row_replication_group *rg, bool final);
