#pragma once
#include <stdbool.h>
struct err;
struct sqlite3;
/*
 * Two files stand beside the database for the case that it gets damaged: DB.backup, a whole copy, and DB.sum, the checksums of both
 * when the database was closed in order. DB.sum is deleted when the database is opened, so that nothing that is written from then on looks
 * like damage. SQLite syncs the folder with its first commit, before the database itself can change.
 */

/*
 * To be called before the database is opened. ERR_DB if the file is gone or empty although there is a copy, or if any byte has changed
 * since it was closed; the message says what to do. After a crash there is no checksum to compare with, and the WAL has its own: '*proven'
 * is false then.
 */
int backup_verify(const char *db_path, bool *proven, struct err *e);
/* Sets the message for a damaged database: how to go back to the copy, if there is one. Returns ERR_DB. */
int backup_damaged(const char *db_path, const char *what, struct err *e);
/* Replaces the copy by one of the open database; the old copy stays until the new one is whole. */
int backup_write(struct sqlite3 *db, const char *db_path, struct err *e);
/* Writes the checksums. To be called after the database was closed in order. */
int backup_stamp(const char *db_path, struct err *e);
