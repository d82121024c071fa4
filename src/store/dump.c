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

/* The primaries, and the cache clusters that are in no replication group, begin with the data that the dump has of them (dump_data.h). */
static int add_seeds(sqlite3 *db, const char *data_dir, struct err *e)
{
    static const char seeds[] =
        "UPDATE dump_data AS t SET source_id = coalesce((SELECT name FROM moved_file WHERE region = t.region AND was = "
        "t.source_id),"
        " source_id);"
        "INSERT INTO seed_file (region, source_id, seq, root, path)"
        " SELECT region, source_id, id, %Q, id || '.rdb' FROM dump_data;"
        "INSERT INTO seed (region, node_id, source_id) SELECT g.region, g.primary_node_id, 'rg.' || g.rg_id FROM node_group g"
        " WHERE EXISTS (SELECT 1 FROM dump_data d WHERE d.region = g.region AND d.source_id = 'rg.' || g.rg_id);"
        "INSERT INTO seed (region, node_id, source_id) SELECT n.region, n.id, 'cluster.' || n.cluster_id FROM node n"
        " WHERE n.rg_id IS NULL"
        " AND EXISTS (SELECT 1 FROM dump_data d WHERE d.region = n.region AND d.source_id = 'cluster.' || n.cluster_id);";
    if (data_dir == NULL) return 0;
    char *sql = sqlite3_mprintf(seeds, data_dir);
    int r = dump_sql_run(db, sql, e);
    sqlite3_free(sql);
    return r;
}

static int make_fresh(const char *path, const char *data_dir, struct err *e)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? 0 : dump_sql_failed(db, "the dump", e);
    if (r == 0) r = dump_sql_run(db, "PRAGMA journal_mode = DELETE; BEGIN", e);
    if (r == 0) r = forget_seen(db, e);
    if (r == 0) r = dump_sql_run(db, fresh, e);
    if (r == 0) r = add_seeds(db, data_dir, e);
    if (r == 0) r = dump_sql_run(db, "COMMIT", e);
    sqlite3_close(db);
    return r;
}

int dump_prepare(const char *path, const char *data_dir, struct err *e)
{
    struct store *s;
    int r = store_open(&s, path, STORE_NORMAL, e); /* which migrates it, and looks whether it is sound */
    if (r) return err_set(e, ERR_USAGE, "the dump can't be used: it is damaged");
    store_close(s);
    return make_fresh(path, data_dir, e);
}
