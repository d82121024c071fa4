#pragma once
#include "agent/snapshots/rdb.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/slots.h"
#include <stdatomic.h>
#include <stdbool.h>
/*
 * RDB files, any number of them, made into one for each shard, with the keys of its
 * slots. First all of them are looked through (rdb_split_survey()), so that nothing is
 * written that could not be loaded: a Redis Cluster has one database, a key is in one shard,
 * and a shard's data have to fit into its node. Keys whose time is over count for
 * nothing, as they do where an engine loads them. Memory is bounded, whatever the files
 * claim, but for the functions' text and their keys' names, which are there in full.
 *
 * A file whose keys all belong to one shard that needs no other file is best taken as it
 * is (rdb_split_whole()). All of it blocks.
 */
struct rdb_split_file {
    int fd;
    const char *name; /* what it is called where something is wrong with it */
    struct rdb_facts facts;
    /* Found by the survey: */
    int64_t keys;      /* of the parts */
    int64_t elsewhere; /* keys in other databases than 0 */
    int64_t size;      /* of all its keys and values, in bytes: rdb_visitor.value() */
    struct slots slots;
    uint64_t functions; /* the same number where the libraries are the same; 0: none */
    int only;           /* the part that all its keys belong to; -1: there are none, -2: not one alone, or not in database 0 */
};

struct rdb_split_part {
    struct slots slots;
    int64_t room; /* bytes that the engine may use; 0: no limit */
    /* Found by the survey: */
    int64_t keys, expiring;
    int64_t size;   /* of its keys and values, in bytes */
    int64_t memory; /* what they need at least, as far as can be told */
};

struct rdb_split {
    struct rdb_split_file *files;
    size_t n_files;
    struct rdb_split_part *parts; /* their slots do not overlap; other slots are somebody else's */
    size_t n_parts;
    bool together;   /* the files were taken of one Redis Cluster, so that each shard may have functions of its own */
    bool leaves_out; /* keys of other databases than 0, instead of refusing them */
    int64_t now_ms;  /* since 1970 */
    const atomic_bool *cancelled; /* NULL: never */
    /* Found by the survey: */
    struct arena mem;
    int16_t part_of[SLOTS];            /* -1: none */
    int64_t *sizes;                    /* of each file's share in each part: sizes[file * n_parts + part] */
    struct rdb_library *libraries;     /* of functions, the latest first */
    bool has_module_data;              /* of which nobody knows which shard it belongs to */
    const struct rdb_library *differs; /* one of them that is another in another file, or NULL */
};

/* The caller has set all that is not found here, and zeroed the rest. ERR_PARSE or ERR_USAGE with one line that says why the files can't be restored so. */
int rdb_split_survey(struct rdb_split *x, struct err *e);
/* True where each part can have one file as it stands: 'whole', an array of n_parts, has their numbers then. */
bool rdb_split_whole(const struct rdb_split *x, int *whole);
/* 'r', and after an error the file's name before it where there are several. */
int rdb_split_name_file(const struct rdb_split *x, size_t file, int r, struct err *e);
void rdb_split_fini(struct rdb_split *x);
