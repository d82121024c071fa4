#pragma once
struct err;
struct sqlite3;
/*
 * A dump of the state: a whole database, in a file of its own. It tells what there shall be, and nothing of processes, files and times of the
 * serve that it came from.
 */

/*
 * Makes a dump that was unpacked (dump_data.h) fit to be restored: it is migrated, and all its resources stand as if they had just been
 * asked for; its snapshots, whose files it does not have, are gone. Nodes begin with the files in 'data_dir'; NULL: there are none.
 * ERR_USAGE, with one line, where it is damaged.
 */
int dump_prepare(const char *path, const char *data_dir, struct err *e);
/* Has the tables of resources hold what those of the prepared dump do, in one transaction. */
int dump_restore(struct sqlite3 *db, const char *path, struct err *e);
