#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
struct err;
/*
 * The files with the nodes' data in a dump of the state: the table dump_data names them and whose they are, dump_piece has their bytes.
 * Both functions work on files alone, in pieces; they block, and are for a thread.
 */
enum { DUMP_DATA_FORMAT = 1 }; /* the version of these tables, in dump_format; those of resources have the database's */

struct dump_datum {
    const char *region, *source_id, *node_group_id;
    const char *path;
};

/* Makes the dump 'out' of a copy of the database and these files; none: a dump without data. 'out' is whole, or not there. */
int dump_data_pack(const char *copy, const char *out, const struct dump_datum *data, size_t n, struct err *e);
/*
 * Writes the files of a dump into the new folder 'dir', as ID.rdb, and takes their bytes out of the dump. '*any': it has data. ERR_USAGE,
 * with one line, where it is no dump, is of a newer program, or not whole.
 */
int dump_data_unpack(const char *dump, const char *dir, bool *any, struct err *e);
/* Deletes such a folder. */
void dump_data_remove(const char *dir);
