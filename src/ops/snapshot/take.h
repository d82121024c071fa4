#pragma once
#include "ops/core/op.h"
/* How a snapshot begins: shared by the operations that take one. */

struct snapshot_request {
    const char *name;                  /* as it was given */
    const char *name_parameter;        /* what the request calls it; NULL: the name is as its row has it, and is nobody else's */
    struct row_replication_group *rg;  /* NULL: of a stand-alone cluster */
    struct row_cache_cluster *cluster; /* NULL: of the replication group as a whole */
    bool final;                        /* the source is deleted once it is taken */
    const char *kms_key_id;
    const struct api_tag_list *tags; /* NULL or empty: those of the source */
};

/*
 * Checks that it may be taken, and writes the snapshot with its parts. The source's
 * status is the caller's affair. *name is the snapshot's, in the arena.
 */
int snapshot_take(struct op *op, const struct snapshot_request *q, const char **name);

/* What a snapshot of that name was just begun of shows 'snapshotting' until it is taken. */
int snapshot_mark_source(struct op *op, const struct snapshot_request *q, const char *name);

/* Reads a new snapshot's name: it must be well formed, and nobody else's. */
int snapshot_check_name(struct op *op, const char *parameter, const char *given, const char **out);

/* Snapshots of memcached and of the oldest node types are not possible. */
int snapshot_check_supported(struct op *op, const struct row_cache_cluster *c);

/* 0 and the snapshot's row, or AWS's fault for one that is not there. */
int find_snapshot(struct op *op, const char *name, struct row_snapshot **out);
