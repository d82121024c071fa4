#pragma once
#include "ops/core/op.h"
/* Maintenance windows (ddd:hh:mm-ddd:hh:mm) and snapshot windows (hh:mm-hh:mm), UTC, at least 60 minutes. */

/* The window asked for in lower case, checked; or one of 60 minutes within the region's block where 'given' is NULL. */
int window_maintenance(struct op *op, const char *given, const char **out);
int window_snapshot(struct op *op, const char *given, const char **out);
