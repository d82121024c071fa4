#pragma once
#include "ops/core/op.h"

/* A snapshot as the API shows it, in the request's arena: 0, or < 0. */
int view_snapshot(struct op *op, const struct row_snapshot *row, bool with_configuration, struct api_snapshot *out);
