#pragma once
struct buf;
struct err;
struct sqlite3;
/* How the files about dumps talk to SQLite: their statements follow from the tables, and are none of schema/queries. */

/* ERR_DB, with SQLite's own words. */
int dump_sql_failed(struct sqlite3 *db, const char *what, struct err *e);
int dump_sql_run(struct sqlite3 *db, const char *sql, struct err *e);
/* Adds what the rows of a query of one column have. */
int dump_sql_collect(struct sqlite3 *db, const char *sql, struct buf *out, struct err *e);
/* ERR_USAGE, with one line, where it is no dump, or that of a newer program. */
int dump_sql_check_version(struct sqlite3 *db, struct err *e);
