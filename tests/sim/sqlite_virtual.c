#include "sqlite_virtual.h"
#include "store/sql.gen.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_MAX = Q__COUNT + 8, PRAGMAS_MAX = 16 };

static struct {
    sqlite3 *db;
    struct {
        const char *sql; /* the program's own text, which is known by its address */
        sqlite3_stmt *st;
    } statements[STATEMENTS_MAX];
    size_t n, at;                     /* 'at': where the last one was found; they are asked for in their order */
    const char *pragmas[PRAGMAS_MAX]; /* that are set: to set one again would have every statement prepared anew */
    size_t n_pragmas;
} d;

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __real_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __wrap_sqlite3_close(sqlite3 *db);
int __real_sqlite3_close(sqlite3 *db);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **out, const char **tail);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **out, const char **tail);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *arg, char **message);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *arg, char **message);
int __wrap_sqlite3_finalize(sqlite3_stmt *st);
int __real_sqlite3_finalize(sqlite3_stmt *st);

static bool is_the_database(const char *path)
{
    const char *name = strrchr(path, '/');
    return strcmp(name ? name + 1 : path, DATABASE_NAME) == 0;
}

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs)
{
    if (!is_the_database(path)) return __real_sqlite3_open_v2(path, out, flags, vfs);
    if (d.db == NULL) {
        sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        if (__real_sqlite3_open_v2(":memory:", &d.db, flags | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) abort();
    }
    *out = d.db;
    return SQLITE_OK;
}

int __wrap_sqlite3_close(sqlite3 *db)
{
    if (db == NULL || db != d.db) return __real_sqlite3_close(db);
    for (size_t i = 0; i < d.n; i++) sqlite3_reset(d.statements[i].st);
    if (!sqlite3_get_autocommit(db) && __real_sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) abort();
    return SQLITE_OK;
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **out, const char **tail)
{
    if (db != d.db) return __real_sqlite3_prepare_v3(db, sql, n, flags, out, tail);
    for (size_t i = 0; i < d.n; i++, d.at = d.at + 1 < d.n ? d.at + 1 : 0)
        if (d.statements[d.at].sql == sql) {
            *out = d.statements[d.at].st;
            return SQLITE_OK;
        }
    assert(d.n < STATEMENTS_MAX);
    int rc = __real_sqlite3_prepare_v3(db, sql, n, flags, out, tail);
    if (rc != SQLITE_OK) return rc;
    d.statements[d.n].sql = sql;
    d.statements[d.n++].st = *out;
    return rc;
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *arg, char **message)
{
    if (db != d.db || strncmp(sql, "PRAGMA ", 7) != 0) return __real_sqlite3_exec(db, sql, row, arg, message);
    for (size_t i = 0; i < d.n_pragmas; i++)
        if (d.pragmas[i] == sql) return SQLITE_OK;
    int rc = __real_sqlite3_exec(db, sql, row, arg, message);
    assert(d.n_pragmas < PRAGMAS_MAX);
    if (rc == SQLITE_OK) d.pragmas[d.n_pragmas++] = sql;
    return rc;
}

/* Those of the database outlive who had them. */
int __wrap_sqlite3_finalize(sqlite3_stmt *st)
{
    for (size_t i = 0; st && i < d.n; i++, d.at = d.at + 1 < d.n ? d.at + 1 : 0)
        if (d.statements[d.at].st == st) return sqlite3_reset(st);
    return __real_sqlite3_finalize(st);
}

void sqlite_virtual_prepare(void)
{
    for (int q = 0; q < Q__COUNT; q++) {
        sqlite3_stmt *st;
        if (__wrap_sqlite3_prepare_v3(d.db, sql_queries[q].sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) abort();
    }
}

void sqlite_virtual_set_version(int by)
{
    sqlite3_stmt *st;
    char text[64];
    if (sqlite3_prepare_v2(d.db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW) abort();
    snprintf(text, sizeof text, "PRAGMA user_version = %d", sqlite3_column_int(st, 0) + by);
    sqlite3_finalize(st);
    if (__real_sqlite3_exec(d.db, text, NULL, NULL, NULL) != SQLITE_OK) abort();
}
