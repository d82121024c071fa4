#pragma once
#include "ops/core/op.h"

/* A global datastore as the API shows it, in the request's arena: 0, or < 0. */
int view_global(
    struct op *op, const struct row_global_replication_group *row, bool with_members, struct api_global_replication_group *out);
