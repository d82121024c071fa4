#include "store/dump_sql.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/sql.gen.h"
#include <sqlite3.h>
#include <stdio.h>

int dump_sql_failed(sqlite3 *db, const char *what, struct err *e)
{
    return err_set(e, ERR_DB, "%s: %s", what, sqlite3_errmsg(db));
}

int dump_sql_run(sqlite3 *db, const char *sql, struct err *e)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : dump_sql_failed(db, "the dump", e);
}

int dump_sql_collect(sqlite3 *db, const char *sql, struct buf *out, struct err *e)
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW)
        if ((rc = sqlite3_step(st)) == SQLITE_ROW) buf_puts(out, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : dump_sql_failed(db, "the dump", e);
}

int dump_sql_check_version(sqlite3 *db, struct err *e)
{
    _buf_ struct buf text = {0};
    int version = 0;
    if (dump_sql_collect(db, "PRAGMA user_version", &text, e) != 0 || sscanf(text.data, "%d", &version) != 1 || version == 0)
        return err_set(e, ERR_USAGE, "this is no dump of Meridian's state");
    if (version > sql_migrations_count)
        return err_set(
            e, ERR_USAGE, "the dump is of a newer Meridian (version %d, this program knows %d)", version, sql_migrations_count);
    return 0;
}
