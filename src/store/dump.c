#include "store/dump.h"
#include "store/dump_sql.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/sql.h"
#include "store/store.h"
#include <sqlite3.h>
#include <stdio.h>

/* Beside what was seen: limits that are counted from times of another clock, processes, and data that are not in the dump. */
static const char fresh[] =
    "UPDATE node SET seen_state = 'unknown', condemned_pid = 0, condemned_started_ms = 0, promote_pid = 0, promote_started_ms = "
    "0,"
    " unserved_since_ms = 0, blocked_since_ms = 0, blocked_told = 0, recovering = 0, no_address = NULL, release = NULL,"
    " status = CASE status WHEN 'rebooting' THEN 'available' ELSE status END;"
    "UPDATE endpoint SET seen_state = 'unknown', no_address = NULL;"
    "UPDATE node SET want = 'gone' WHERE EXISTS (SELECT 1 FROM cache_cluster c WHERE c.region = node.region AND c.id = "
    "node.cluster_id"
    " AND c.status = 'deleting');"
    "UPDATE replication_group SET status = CASE status WHEN 'deleting' THEN status ELSE 'creating' END, unserved_since_ms = 0, "
    "weighing_ms = 0;"
    "UPDATE node_group SET status = CASE status WHEN 'deleting' THEN status ELSE 'creating' END, unserved_since_ms = 0,"
    " switch_node_id = NULL, switch_offset = -1, switch_since_ms = 0, failed_node_id = NULL, rise_offset = -1, fork_offset = 0, "
    "reviving = 0;"
    "UPDATE cache_cluster SET status = CASE status WHEN 'deleting' THEN status ELSE 'creating' END, unserved_since_ms = 0, "
    "weighing_ms = 0;"
    "UPDATE global_replication_group SET status = CASE status WHEN 'deleting' THEN status ELSE 'modifying' END, phase = 'steady',"
    " phase_since_ms = 0, switch_region = NULL;"
    "DELETE FROM snapshot; DELETE FROM snapshot_part; DELETE FROM seed; DELETE FROM seed_file; DELETE FROM snapshot_taken;";

static int check_version(sqlite3 *db, struct err *e)
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

/* All columns of what was seen: nothing was. */
static int forget_seen(sqlite3 *db, struct err *e)
{
    _buf_ struct buf sql = {0};
    static const char updates[] =
        "SELECT 'UPDATE ' || t.name || ' SET ' || group_concat(c.name || CASE WHEN c.\"notnull\" = 0 THEN ' = NULL'"
        " WHEN c.type = 'TEXT' THEN ' = ''''' ELSE ' = 0' END) || ';' FROM sqlite_schema t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND c.name LIKE 'seen\\_%' ESCAPE '\\' GROUP BY t.name";
    int r = dump_sql_collect(db, updates, &sql, e);
    return r ? r : dump_sql_run(db, sql.data, e);
}

static int make_fresh(const char *path, struct err *e)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? 0 : dump_sql_failed(db, "the dump", e);
    if (r == 0) r = dump_sql_run(db, "PRAGMA journal_mode = DELETE; BEGIN", e);
    if (r == 0) r = forget_seen(db, e);
    if (r == 0) r = dump_sql_run(db, fresh, e);
    if (r == 0) r = dump_sql_run(db, "COMMIT", e);
    sqlite3_close(db);
    return r;
}

static int check_dump(const char *path, struct err *e)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? check_version(db, e)
                                                                                 : dump_sql_failed(db, "the dump", e);
    sqlite3_close(db);
    return r;
}

int dump_prepare(const char *path, struct err *e)
{
    struct store *s;
    int r = check_dump(path, e);
    if (r) return r;
    r = store_open(&s, path, STORE_NORMAL, e); /* which migrates it, and looks whether it is sound */
    if (r) return err_set(e, ERR_USAGE, "the dump can't be used: it is damaged");
    store_close(s);
    return make_fresh(path, e);
}
