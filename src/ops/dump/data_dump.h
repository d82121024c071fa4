#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The data of all nodes for a dump of the state: a snapshot of the primary of each node group and of each cache cluster with Redis or
 * Valkey. The secondaries of a datastore have their primary's data, and memcached keeps nothing that could be taken. These snapshots are
 * no resources: no operation finds them, no event tells of them, and they count for no quota. What they are taken of is 'snapshotting'.
 */
struct arena;
struct err;
struct store;

/* One file, and whose data it has. */
struct data_dump_file {
    const char *region, *source_id; /* rg.ID or cluster.ID, as a seed names it (schema) */
    const char *node_group_id;
    const char *file; /* its id in the region's folder of snapshots */
};

struct data_dump {
    bool whole;         /* all files are there */
    const char *failed; /* whose data can't be taken; NULL: nobody's */
    struct data_dump_file *files;
    size_t n;
};

/* Has the snapshots taken, in a transaction. ERR_IN_USE with nothing begun: something is being made or changed, and the message says what. */
int data_dump_begin(struct store *s, int64_t now_ms, struct err *e);
/* How far they are. Everything is in the arena. */
int data_dump_look(struct store *s, struct arena *a, struct data_dump *out, struct err *e);
/* Has all of them deleted, whatever became of them: those that an earlier serve has left, too. */
int data_dump_end(struct store *s, struct err *e);
