#pragma once
#include "plan/world.h"
/*
 * How a snapshot's rows come from those of its source: shared by the operations and
 * the plan that begin one. A snapshot has a part for each node group; one of a
 * stand-alone cluster, or of a replication group without cluster mode, has the one part 0001.
 */

/* The id of a part's file. Snapshot names have no more than the bytes of a node id, so it may be a file's name. */
const char *snapshot_file(struct arena *a, const char *snapshot, const char *node_group_id);

/* The node whose data are to be taken and its cache cluster, and its replication group or NULL. 'now_ms' is when the snapshot begins. */
struct row_snapshot snapshot_row(const struct row_replication_group *rg, const struct row_cache_cluster *c, int64_t now_ms);
/* 'ng' is NULL outside replication groups. Members are to be added, the primary first. */
struct row_snapshot_part snapshot_part_row(
    const struct row_snapshot *s, const struct row_node *n, const struct row_node_group *ng);
void snapshot_part_add_member(struct arena *a, struct row_snapshot_part *p, const char *zone);

/* The name of an automatic snapshot of a cache cluster or replication group that begins at that time. */
const char *snapshot_automatic_name(struct arena *a, const char *source_id, int64_t now_ms);

/* A part of a copy: it has what the one of the snapshot it is copied from has, and nothing was seen of its own file. */
struct row_snapshot_part snapshot_part_copy(const struct row_snapshot_part *from, const char *snapshot);

/* True while the plan waits for an agent to do something with the snapshot's files. */
bool snapshot_needs_agent(const struct row_snapshot *s);
