#pragma once
#include "ops/core/op.h"
/*
 * Maintenance windows (ddd:hh:mm-ddd:hh:mm) and snapshot windows (hh:mm-hh:mm), UTC, at least 60 minutes, which must not
 * overlap. Source: PreferredMaintenanceWindow and SnapshotWindow in the API reference; the fault's words are our own.
 */

/* The windows of something new: those asked for, checked, the maintenance window in lower case; for each that is NULL one of 60
 * minutes, within the region's block where the other leaves room there. */
int window_choose(
    struct op *op, const char *maintenance, const char *snapshot, const char **out_maintenance, const char **out_snapshot);
/* Other windows for what has some: each that is NULL stays. 'both': snapshots are taken, so that both windows are made use of. */
int window_change(struct op *op, bool both, const char *maintenance, const char *snapshot, const char **old_maintenance,
    const char **old_snapshot);
