#pragma once
#include "ops/core/op.h"
/* What becomes of the files of a snapshot that is available: they are copied, or exported to a bucket. */

/* Writes a copy of that name, which is nobody else's. 'kms_key_id' may be NULL. */
int snapshot_copy(struct op *op, const struct row_snapshot *from, const char *name, const char *kms_key_id);

/* The files go to a bucket, under the snapshot's export_name; writes the row. The bucket must be there, and none of its objects. */
int snapshot_export(struct op *op, struct row_snapshot *s, const char *bucket);
