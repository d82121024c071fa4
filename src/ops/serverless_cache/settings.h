#pragma once
#include "ops/core/op.h"
/* Settings of a serverless cache that its replication group has in another form. */

/* The snapshot window that begins at the time hh:mm, an hour long; NULL stays NULL. */
int settings_read_daily_time(struct op *op, const char *given, const char **window);

/* Writes how much the engine beneath may fill. */
int settings_write_limit(struct op *op, const struct row_serverless_cache *row);
