#pragma once
#include "ops/core/op.h"
/*
 * What becomes of writes that a replication group has acknowledged: Durability as it was asked for, EffectiveDurability as it is. Whether a
 * replication group is durable is decided when it is made, and never changed. Source: the service's guide, "Configuring durability".
 */

/* Reads Durability into the row, which has its engine, its mode and its encryption already. */
int durability_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg);
int durability_change(struct op *op, const char *asked, struct row_replication_group *rg);

/* What is in force where 'd' was asked for: async, sync or disabled. */
const char *durability_effective(enum durability d);
