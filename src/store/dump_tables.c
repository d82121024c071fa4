#include "base/buf.h"
#include "base/err.h"
#include "store/dump.h"
#include "store/dump_sql.h"
#include <sqlite3.h>

/* What belongs to this serve, and to none of its resources. */
#define OURS "('steady_clock', 'traced', 'region', 'network_link', 'outage', 'moved_file')"

/* The columns of a database that was migrated may stand in another order than those of a new one. */
static int copy_tables(sqlite3 *db, struct err *e)
{
    _buf_ struct buf sql = {0};
    static const char copies[] =
        "SELECT 'DELETE FROM main.' || t.name || '; INSERT INTO main.' || t.name || ' (' || group_concat(c.name) || ') SELECT '"
        " || group_concat(c.name) || ' FROM dump.' || t.name || ';' FROM main.sqlite_schema t, pragma_table_info(t.name, 'main') "
        "c"
        " WHERE t.type = 'table' AND t.name NOT IN " OURS " GROUP BY t.name";
    int r = dump_sql_collect(db, copies, &sql, e);
    if (r == 0) r = dump_sql_run(db, "BEGIN IMMEDIATE", e);
    if (r) return r;
    r = dump_sql_run(db, sql.data, e);
    if (r == 0) r = dump_sql_run(db, "INSERT OR IGNORE INTO main.region SELECT * FROM dump.region; COMMIT", e);
    if (r) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

int dump_restore(sqlite3 *db, const char *path, struct err *e)
{
    char *sql = sqlite3_mprintf("ATTACH %Q AS dump", path);
    int r = dump_sql_run(db, sql, e);
    sqlite3_free(sql);
    if (r) return r;
    r = copy_tables(db, e);
    sqlite3_exec(db, "DETACH dump", NULL, NULL, NULL);
    return r;
}
