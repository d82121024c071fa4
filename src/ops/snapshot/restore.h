#pragma once
#include "ops/core/op.h"
/*
 * Replication groups and cache clusters that begin with the data of a snapshot or of RDB files. What a
 * request leaves open is as it was with the snapshot's source.
 */
struct restore {
    struct row_snapshot *snapshot;   /* NULL: files, or nothing at all */
    struct row_snapshot_part *parts; /* of the snapshot */
    const char **paths;              /* of the files, below the import directory */
    size_t n;                        /* parts or paths; 0: nothing is restored */
};

/* Reads what a request names: 'snapshot' as it stands in its row, NULL or "" for none. Files are looked at, but only at their beginning: the agent checks all of them. */
int restore_read(struct op *op, const char *snapshot, const struct string_list *arns, struct restore *out);

/* *filled is the request with the snapshot's settings where it has none of its own. */
int restore_fill_group(struct op *op, const struct restore *x, const struct api_create_replication_group_in *in,
    struct api_create_replication_group_in *filled);
int restore_fill_cluster(struct op *op, const struct restore *x, const struct api_create_cache_cluster_in *in,
    struct api_create_cache_cluster_in *filled);

/* Files of others don't say who has which slots: with cluster mode enabled the request has to. */
int restore_check_slots(struct op *op, const struct restore *x, const struct api_create_replication_group_in *in,
    const struct row_replication_group *rg);
/* Whether the data fit what is to be made of them: their engine is not newer, and without cluster mode there is one file. Whether
 * keys and memory do, the agent finds out. */
int restore_check(struct op *op, const struct restore *x, const struct engine_version *v, bool clustered);

/* Writes what a cache cluster's only node begins with, or all primaries of a replication group that has been written; nothing where nothing is
 * restored. A snapshot is in use then. */
int restore_write_cluster(struct op *op, const struct restore *x, const char *cluster_id, const char *node_id);
int restore_write_group(struct op *op, const struct restore *x, const char *rg_id);

/* Gives what has that ARN the tags of the snapshot that it begins with. Source: the user guide, "Copying tags". Nothing where there is none. */
int restore_copy_tags(struct op *op, const struct restore *x, const char *arn);
