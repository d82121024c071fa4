#pragma once
#include "ops/core/op.h"
/* Usage limits: how much a serverless cache may hold, and how many ElastiCache Processing Units (ECPUs) it may use a second. */

/* Takes what the request says of them into the row; what it does not name stays, and 0 is no limit. */
int limits_read(struct op *op, const struct api_cache_usage_limits *in, struct row_serverless_cache *row);

/* What the engine may fill, in bytes. */
int64_t limits_memory(const struct row_serverless_cache *row);

/* NULL where there are none. */
struct api_cache_usage_limits *limits_view(struct op *op, const struct row_serverless_cache *row);
