#pragma once
struct err;
struct sqlite3;
/*
 * What is kept beside the database for the day when it is damaged: DB.backup, a whole copy of it, and DB.sum, the checksums
 * that the two had when it was closed in good order. DB.sum goes when the database is opened, so that what is written since is
 * not taken for damage: SQLite syncs the folder with its first commit, before the database itself can change.
 */

/*
 * Before it is opened: ERR_DB where the file is gone or empty although there is a copy of it, or where any byte of it is not as it was
 * when it was closed. The message has the way out. After a crash there is no checksum, and the WAL has its own.
 */
int backup_verify(const char *db_path, struct err *e);
/* The message of a database that is damaged, whatever found that out: how to go back to the copy, if there is one. Returns ERR_DB. */
int backup_damaged(const char *db_path, const char *what, struct err *e);
/* Makes the copy anew, from an open database; the one before is there until then. */
int backup_write(struct sqlite3 *db, const char *db_path, struct err *e);
/* After it was closed in good order. */
int backup_stamp(const char *db_path, struct err *e);
