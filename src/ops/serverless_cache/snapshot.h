#pragma once
#include "ops/serverless_cache/serverless_cache.h"
/* Snapshots of serverless caches: rows as those of others, whose names have the prefix of all that is beneath serverless caches. */

/* 0 and the row, or the fault for a name that none has. */
int serverless_snapshot_find(struct op *op, const char *given, struct row_snapshot **out);

/* Takes the snapshot after which the cache is deleted. */
int serverless_snapshot_final(struct op *op, const struct serverless_cache *c, const char *name);

/*
 * What a cache is to begin with: the one snapshot that the ARNs name, of a serverless cache or of a replication group, as its row has it,
 * or the ARNs of files in buckets.
 */
int serverless_snapshot_source(struct op *op, const struct string_list *arns, const char **snapshot, struct string_list *files);

/* As the API shows it, in the request's arena. */
int serverless_snapshot_view(struct op *op, const struct row_snapshot *s, struct api_serverless_cache_snapshot *out);
