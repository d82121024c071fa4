#pragma once
#include "ops/core/op.h"
/* What a replication group asks of the server that runs its engine's version. */

/* Whether that server can do what the replication group is: InvalidParameterCombination with the part that it lacks. 'replicated': it
 * has, or will have, nodes that follow others. */
int rg_check_program(struct op *op, const struct row_replication_group *rg, const struct engine_version *v, bool replicated);
