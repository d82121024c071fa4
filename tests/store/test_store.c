#include "store/queries.gen.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/trip.h"
#include "store/sql.gen.h"
#include "database.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[100];
static struct store *s;
static struct arena a;
static struct err e;

static void setup(void)
{
    s = database_open(STORE_FULL);
    snprintf(path, sizeof path, "%s", scratch_path("meridian.db"));
}

static void teardown(void)
{
    arena_fini(&a);
    database_close(s);
}

TestSuite(store, .init = setup, .fini = teardown);

static void put_tag(const char *key, const char *value)
{
    struct row_tag row = {"arn:1", key, value};
    cr_assert_eq(q_tag_put(s, &row, &e), 0, "%s", e.msg);
}

static size_t count_tags(void)
{
    struct row_tag *rows;
    size_t n;
    cr_assert_eq(q_tag_list(s, &a, "arn:1", &rows, &n, &e), 0, "%s", e.msg);
    return n;
}

struct watched {
    int put, gone, committed, rolled_back;
};

static void count_row(void *arg, const struct sql_table *t, const void *row, bool gone)
{
    struct watched *n = arg;
    const struct row_tag *tag = row;
    if (t == &sql_table_tag && strcmp(tag->key, "env") == 0) ++*(gone ? &n->gone : &n->put);
}

static void count_end(void *arg, bool committed)
{
    struct watched *n = arg;
    ++*(committed ? &n->committed : &n->rolled_back);
}

Test(store, who_watches_is_told_of_rows_that_are_written_and_deleted)
{
    struct watched n = {0};
    const struct store_watch watch = {count_row, count_end, &n};
    struct row_tag row = {"arn:1", "env", "dev"};
    store_watch(s, &watch);
    put_tag("env", "dev");
    cr_assert_eq(n.put, 1);
    cr_assert_eq(q_tag_delete(s, &row, &e), 0);
    cr_expect_eq(n.gone, 1);
    put_tag("env", "dev");
    cr_assert_eq(q_tag_delete_arn(s, "arn:1", &e), 0);
    cr_expect_eq(n.put + n.gone, 3, "a query that takes no row tells of none");
    store_watch(s, NULL);
    cr_assert_eq(q_tag_put(s, &row, &e), 0);
    cr_expect_eq(n.put, 2);
}

Test(store, who_watches_is_told_whether_what_was_written_stays)
{
    struct watched n = {0};
    const struct store_watch watch = {count_row, count_end, &n};
    store_watch(s, &watch);
    put_tag("env", "outside of any transaction");
    cr_expect_eq(n.committed, 1);
    cr_assert_eq(store_begin(s, true, &e), 0);
    put_tag("env", "in one");
    cr_expect_eq(n.committed, 1);
    cr_assert_eq(store_commit(s, &e), 0);
    cr_expect_eq(n.committed, 2);
    trip_arm(TRIP_STORE_COMMIT, 1);
    cr_assert_eq(store_begin(s, true, &e), 0);
    put_tag("env", "in one that fails");
    cr_assert_lt(store_commit(s, &e), 0);
    cr_expect_eq(n.rolled_back, 1);
    cr_expect_eq(n.committed, 2);
}

Test(store, a_row_put_comes_back_and_a_second_put_replaces_it)
{
    struct row_tag *row;
    put_tag("env", "dev");
    put_tag("env", "prod");
    cr_assert_eq(q_tag_get(s, &a, "arn:1", "env", &row, &e), 0);
    cr_assert_str_eq(row->value, "prod");
    cr_assert_eq(count_tags(), 1u);
    cr_assert_eq(q_tag_get(s, &a, "arn:1", "none", &row, &e), 0);
    cr_assert_null(row);
}

Test(store, many_rows_come_in_order)
{
    char key[8];
    struct row_tag *rows;
    size_t n;
    for (int i = 99; i >= 0; i--) {
        snprintf(key, sizeof key, "k%02d", i);
        put_tag(key, "v");
    }
    cr_assert_eq(q_tag_list(s, &a, "arn:1", &rows, &n, &e), 0);
    cr_assert_eq(n, 100u);
    cr_assert_str_eq(rows[0].key, "k00");
    cr_assert_str_eq(rows[99].key, "k99");
}

Test(store, a_transaction_that_is_rolled_back_leaves_nothing_behind)
{
    cr_assert_eq(store_begin(s, true, &e), 0);
    put_tag("a", "1");
    store_rollback(s);
    cr_assert_eq(count_tags(), 0u);
}

Test(store, a_commit_that_fails_leaves_nothing_behind_and_the_next_one_works)
{
    trip_arm(TRIP_STORE_COMMIT, 1);
    cr_assert_eq(store_begin(s, true, &e), 0);
    put_tag("a", "1");
    cr_assert_lt(store_commit(s, &e), 0);
    cr_assert_eq(count_tags(), 0u);
    cr_assert_eq(store_begin(s, true, &e), 0, "%s", e.msg);
    put_tag("b", "1");
    cr_assert_eq(store_commit(s, &e), 0);
    cr_assert_eq(count_tags(), 1u);
}

Test(store, what_was_committed_is_there_after_reopening)
{
    put_tag("a", "1");
    store_close(s);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), 0, "%s", e.msg);
    cr_assert_eq(count_tags(), 1u);
}

Test(store, the_file_is_nobody_elses_to_read)
{
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600u);
}

/* What stands in sqlite_schema, in one line each; the caller frees it. */
static char *schema_of(const char *file)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    _buf_ struct buf text = {0};
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    const char *sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) buf_printf(&text, "%s\n", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
    cr_assert(text.len > 0);
    return strdup(text.data);
}

Test(store, a_database_of_any_earlier_version_becomes_what_a_new_one_is)
{
    store_close(s);
    s = NULL;
    char *new = schema_of(path);
    for (int version = 1; version < sql_migrations_count; version++) {
        char stamp[64];
        sqlite3 *db;
        unlink(path);
        cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
        sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL); /* only what the program does with it is the test's */
        for (int i = 0; i < version; i++) cr_assert_eq(sqlite3_exec(db, sql_migrations[i].sql, NULL, NULL, NULL), SQLITE_OK);
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d", version);
        sqlite3_exec(db, stamp, NULL, NULL, NULL);
        sqlite3_close(db);
        cr_assert_eq(store_open(&s, path, STORE_FULL, &e), 0, "%s", e.msg);
        store_close(s);
        s = NULL;
        char *migrated = schema_of(path);
        cr_assert_str_eq(migrated, new);
        free(migrated);
    }
    free(new);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(st), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return value;
}

/* A database that went by the wall clock, some of whose times are of a clock that was ahead. */
Test(store, the_steady_clock_begins_after_all_that_was_noted)
{
    int before = 0;
    while (strstr(sql_migrations[before].name, "steady") == NULL) before++;
    static const char datastore[] =
        "INSERT INTO global_replication_group VALUES ('g', 'a', '', 'available', 'redis', '7.1.0', 't', 0, 0, 0, 0, 'steady', "
        "%s, NULL, -1, 0);"
        "INSERT INTO node (region, id, cluster_id, node_id, availability_zone, port, settled, want, created_ms, seen_state, "
        "seen_link_up,"
        " seen_offset, seen_fenced, seen_endpoints, seen_pid, seen_restarts, seen_started_ms, seen_generation, condemned_pid, "
        "incarnation,"
        " keep_data, status, seen_incarnation, seen_since_ms)"
        " VALUES ('r', 'n', 'c', '0001', 'z', 1, 1, 'run', 0, 'ready', 1, 0, 0, '', 1, 0, 0, 1, 0, 1, 1, 'available', 1, 1000)";
    static const char *const phases_since[] = {"1000", "strftime('%s', 'now') * 1000 + 3600000"};
    for (size_t i = 0; i < 2; i++) {
        char sql[2000];
        sqlite3 *db;
        cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
        for (int m = 0; m < before; m++) cr_assert_eq(sqlite3_exec(db, sql_migrations[m].sql, NULL, NULL, NULL), SQLITE_OK);
        snprintf(sql, sizeof sql, datastore, phases_since[i]);
        cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        cr_assert_eq(sqlite3_exec(db, sql_migrations[before].sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        int64_t reached = number(db, "SELECT reached_ms FROM steady_clock"),
                now = number(db, "SELECT strftime('%s', 'now') * 1000");
        cr_expect_geq(reached, number(db, "SELECT max(phase_since_ms) FROM global_replication_group"));
        cr_expect_geq(reached, now - 10000);
        sqlite3_close(db);
    }
}

/* A database that was left in the middle of restoring a group of two shards, and a cluster. */
Test(store, what_is_restored_while_it_is_migrated_keeps_its_files)
{
    static const char rows[] =
        "INSERT INTO node (region, id, rg_id, cluster_id, node_id, availability_zone, port, settled, want, created_ms, "
        "seen_state,"
        " seen_link_up, seen_offset, seen_fenced, seen_endpoints, seen_pid, seen_restarts, seen_started_ms, seen_generation,"
        " condemned_pid, incarnation, keep_data, status, seen_incarnation, seen_since_ms)"
        " SELECT 'r', id, rg, cluster, '0001', 'z', 1, 1, 'run', 0, 'ready', 1, 0, 0, '', 1, 0, 0, 1, 0, 1, 1, 'creating', 1, "
        "1000"
        "  FROM (SELECT 'g-1' AS id, 'g' AS rg, 'g-1' AS cluster UNION SELECT 'g-2', 'g', 'g-2' UNION SELECT 'c-1', NULL, 'c');"
        "INSERT INTO seed VALUES ('r', 'g-1', 's', 's.0001', NULL, NULL, NULL), ('r', 'g-2', 's', 's.0002', NULL, NULL, 'no'),"
        " ('r', 'c-1', NULL, NULL, '/files', 'b/k', NULL)";
    sqlite3 *db;
    bool done = false;
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int m = 0; !done; m++) {
        if (strstr(sql_migrations[m].name, "steady"))
            cr_assert_eq(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        cr_assert_eq(sqlite3_exec(db, sql_migrations[m].sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        done = strstr(sql_migrations[m].name, "seeds") != NULL;
    }
    cr_expect_eq(
        number(db, "SELECT count(*) FROM seed_file WHERE source_id = 'rg.g' AND snapshot = 's' AND file = 's.000' || (seq + 1)"),
        2);
    cr_expect_eq(
        number(db, "SELECT count(*) FROM seed_file WHERE source_id = 'cluster.c' AND root = '/files' AND path = 'b/k'"), 1);
    cr_expect_eq(number(db, "SELECT count(*) FROM seed WHERE source_id = 'rg.g'"), 2);
    cr_expect_eq(number(db, "SELECT count(*) FROM seed WHERE node_id = 'g-2' AND seen_refused = 'no'"), 1);
    sqlite3_close(db);
}

Test(store, a_newer_database_is_refused_with_a_line_that_says_so)
{
    store_close(s);
    s = NULL;
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA user_version = 9999", NULL, NULL, NULL);
    sqlite3_close(db);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), ERR_DB);
    cr_assert(strstr(e.msg, "newer"), "%s", e.msg);
}

Test(store, a_file_that_is_no_database_is_refused_and_left_as_it_was)
{
    store_close(s);
    s = NULL;
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 100; i++) fputs("this is not a database\n", f);
    fclose(f);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), ERR_DB);
    cr_assert(strstr(e.msg, "not a readable database"), "%s", e.msg);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_size, 2300);
}

Test(store, a_database_damaged_in_the_middle_is_refused)
{
    char key[16];
    cr_assert_eq(store_begin(s, true, &e), 0);
    for (int i = 0; i < 8000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        put_tag(key, "some value that takes its room on a page");
    }
    cr_assert_eq(store_commit(s, &e), 0);
    store_close(s);
    s = NULL;
    FILE *f = fopen(path, "r+");
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    cr_assert_gt(size, 100000);
    fseek(f, size / 2, SEEK_SET);
    for (int i = 0; i < 16384; i++) fputc(0xa5, f);
    fclose(f);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), ERR_DB);
    cr_assert(strstr(e.msg, "damaged") || strstr(e.msg, "not a readable database"), "%s", e.msg);
}

Test(store, a_second_process_is_told_that_it_is_in_use)
{
    struct store *second;
    put_tag("a", "1");
    pid_t pid = fork();
    if (pid == 0) {
        struct err mine;
        _exit(store_open(&second, path, STORE_FULL, &mine) == ERR_IN_USE ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    cr_assert_eq(status, 0);
}

Test(store, rows_differ_where_any_column_differs)
{
    struct row_tag x = {"a", "b", "c"}, y = {"a", "b", "c"};
    cr_assert(row_equal(&sql_table_tag, &x, &y));
    y.value = "d";
    cr_assert_not(row_equal(&sql_table_tag, &x, &y));
    y.value = NULL;
    cr_assert_not(row_equal(&sql_table_tag, &x, &y));
}

Test(store, counts_whatever_changes_a_row)
{
    struct row_tag tag = {"arn:1", "a", "1"};
    int64_t at = store_changes(s);
    put_tag("a", "1");
    put_tag("b", "1");
    cr_expect_eq(store_changes(s), at + 2);
    put_tag("a", "2");
    cr_expect_eq(store_changes(s), at + 3);
    cr_assert_eq(count_tags(), 2u);
    cr_expect_eq(store_changes(s), at + 3);
    cr_assert_eq(q_tag_delete_arn(s, "arn:1", &e), 0);
    cr_expect_eq(store_changes(s), at + 5);
    cr_assert_eq(q_tag_delete(s, &tag, &e), 0);
    cr_expect_eq(store_changes(s), at + 5);
}

Test(store, counts_what_is_rolled_back)
{
    int64_t at = store_changes(s);
    cr_assert_eq(store_begin(s, true, &e), 0);
    put_tag("a", "1");
    store_rollback(s);
    cr_expect_gt(store_changes(s), at);
    cr_expect_eq(count_tags(), 0u);
}

static int run_sql(const char *sql)
{
    sqlite3 *db;
    store_close(s);
    s = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    int r = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return r;
}

Test(store, a_word_is_a_text_in_the_database_and_one_that_nobody_knows_is_an_error)
{
    struct row_user_group row = {.region = "r", .id = "g", .account = "a", .engine = "redis", .status = USER_GROUP_MODIFYING},
                          *read;
    cr_assert_eq(q_user_group_put(s, &row, &e), 0, "%s", e.msg);
    cr_assert_eq(run_sql("UPDATE user_group SET status = 'active' WHERE status = 'modifying'"), SQLITE_OK);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), 0, "%s", e.msg);
    cr_assert_eq(q_user_group_get(s, &a, "r", "g", &read, &e), 0, "%s", e.msg);
    cr_assert_eq(read->status, USER_GROUP_ACTIVE);
    cr_assert_eq(run_sql("UPDATE user_group SET status = 'sleeping'"), SQLITE_OK);
    cr_assert_eq(store_open(&s, path, STORE_FULL, &e), 0, "%s", e.msg);
    cr_assert_eq(q_user_group_get(s, &a, "r", "g", &read, &e), ERR_DB);
    cr_assert_str_eq(e.msg,
        "column status of table user_group holds sleeping, which is not the status of a user group that this program knows");
    size_t n;
    cr_assert_eq(q_user_group_all(s, &a, &read, &n, &e), ERR_DB);
}
