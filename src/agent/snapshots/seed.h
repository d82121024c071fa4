#pragma once
#include "agent/snapshots/rdb_split.h"
#include <limits.h>
/*
 * What new nodes begin with, made of a snapshot's files or of somebody else's: for a
 * node without cluster mode the only file as it is, for shards a file each with the
 * keys of its slots. Files are checked before any engine sees them: of a snapshot's own
 * both ends, of others everything; where keys are shared out, everything of both. Runs
 * in a thread, sees no node, and blocks.
 */
struct seed_file {
    const char *root; /* the folder that it is below; NULL: it is a snapshot's, and 'path' is the whole path */
    const char *path;
    const char *name; /* what it is called where something is wrong with it */
};

struct seed_part {
    char aside[PATH_MAX]; /* the file to be made */
    struct slots slots;   /* where there are shards */
    int64_t room;         /* bytes that the engine may use for data; 0: no limit */
};

struct seed {
    const struct seed_file *files;
    size_t n_files;
    struct seed_part *parts;
    size_t n_parts;
    bool sharded;                 /* else there is one file and one part */
    int newest;                   /* version of RDB files that the engines read; 0: not known */
    const atomic_bool *cancelled; /* gives up as soon as it is true */
};

struct seed_fit {
    bool made;        /* a file with the keys of database 0 alone; false: the one there is has no others */
    int64_t left_out; /* keys of other databases whose time is not over */
};

/* Makes 'fitting' of the file 'dump', if that has other databases than 0. */
int seed_fit(const char *dump, const char *fitting, const atomic_bool *cancelled, struct seed_fit *out, struct err *e);

/* Makes the files of all parts, or none of them. An error says in one line why the files can't be used. */
int seed_make(const struct seed *s, struct err *e);
