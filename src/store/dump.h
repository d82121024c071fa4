#pragma once
struct err;
struct sqlite3;
/*
 * A dump of the state: a whole database, in a file of its own. It tells what there shall be, and nothing of processes, files and times of the
 * serve that it came from.
 */

/*
 * Makes a file that may be a dump fit to be restored: it is migrated, and all its resources stand as if they had just been asked for; its
 * snapshots, whose files it does not have, are gone. ERR_USAGE, with one line, where it is no dump, or that of a newer program.
 */
int dump_prepare(const char *path, struct err *e);
/* Has the tables of resources hold what those of the prepared dump do, in one transaction. */
int dump_restore(struct sqlite3 *db, const char *path, struct err *e);
