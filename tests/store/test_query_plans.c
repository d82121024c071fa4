#include "base/buf.h"
#include "store/keys.h"
#include "store/sql.gen.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
/*
 * What the queries cost, as SQLite plans to run them: none walks through a table, or through all that a region has of
 * something, unless it is named here; so whatever is kept for a while can grow without making requests slower.
 */

/* Asked for by a reset, which empties tables. Experiments and their templates are few, and experiment_tagged() reads the tags of a
 * request. */
static const char *const whole_table[] = {"reset_left", "reset_tags", "reset_events", "reset_test_failovers",
    "reset_snapshots_taken", "reset_reserved_nodes", "experiment_list", "experiment_template_list", "experiment_tagged"};
/* As many as quotas allow in a region, and asked for by few requests. */
static const char *const whole_region[] = {"global_page", "node_count", "cluster_count", "parameter_group_count",
    "reserved_node_count", "serverless_cache_count", "subnet_group_count", "user_count", "user_group_count"};
/* The few members of a global datastore, and those that one region has; experiments. */
static const char *const sorted[] = {"member_list", "global_page", "experiment_list", "experiment_template_list"};

static bool is_in(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0) return true;
    return false;
}
#define IS_IN(name, list) is_in(name, list, sizeof(list) / sizeof *(list))

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static sqlite3 *db;
static struct keys keys;

static void setup(void)
{
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    keys_add_functions(db, &keys);
    cr_assert_eq(sqlite3_exec(db, sql_schema.sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
}

static void teardown(void)
{
    sqlite3_close(db);
}

TestSuite(query_plans, .init = setup, .fini = teardown);

/* The steps of a query's plan, one a line. */
static void plan_of(const struct sql_text *q, struct buf *out)
{
    sqlite3_stmt *st;
    _buf_ struct buf sql = {0};
    buf_printf(&sql, "EXPLAIN QUERY PLAN %s", q->sql);
    cr_assert_eq(sqlite3_prepare_v2(db, sql.data, -1, &st, NULL), SQLITE_OK, "%s: %s", q->name, sqlite3_errmsg(db));
    while (sqlite3_step(st) == SQLITE_ROW) buf_printf(out, "%s\n", (const char *)sqlite3_column_text(st, 3));
    sqlite3_finalize(st);
}

static void check_step(const char *query, const char *step)
{
    bool scan = strncmp(step, "SCAN ", 5) == 0 && strcmp(step, "SCAN CONSTANT ROW") != 0 &&
                !strstr(step, " VIRTUAL TABLE "); /* json_each() */
    cr_expect(!scan || ends_in(query, "_all") || IS_IN(query, whole_table), "%s walks through a table: %s", query, step);
    cr_expect(!ends_in(step, "(region=?)") || IS_IN(query, whole_region), "%s walks through a region: %s", query, step);
    cr_expect(!strstr(step, "TEMP B-TREE") || IS_IN(query, sorted), "%s sorts: %s", query, step);
}

Test(query_plans, no_query_reads_more_than_it_needs)
{
    for (int q = 0; q < Q__COUNT; q++) {
        _buf_ struct buf plan = {0};
        plan_of(&sql_queries[q], &plan);
        char *rest = NULL;
        for (char *step = plan.len ? strtok_r(plan.data, "\n", &rest) : NULL; step; step = strtok_r(NULL, "\n", &rest))
            check_step(sql_queries[q].name, step);
    }
}

/* What grows with time and not with what there is: found by every condition that the query has. */
Test(query_plans, the_history_is_found_by_its_time)
{
    static const struct {
        enum query q;
        const char *index;
    } t[] = {
        {Q_EVENT_PAGE, "event_by_time (region=? AND at_ms>? AND at_ms<?)"},
        {Q_EVENT_PAGE_OF_TYPE, "event_by_type (region=? AND source_type=? AND at_ms>? AND at_ms<?)"},
        {Q_EVENT_PAGE_OF_SOURCE, "event_by_source (region=? AND source_id=? AND at_ms>? AND at_ms<?)"},
        {Q_EVENT_FORGET, "event_by_time (region=? AND at_ms<?)"},
        {Q_SNAPSHOT_TAKEN_COUNT, "snapshot_taken_by_node (region=? AND node_id=? AND at_ms>? AND at_ms<?)"},
        {Q_SNAPSHOT_TAKEN_FORGET, "snapshot_taken_by_time (at_ms<?)"},
        {Q_TEST_FAILOVER_COUNT, "test_failover_by_time (region=? AND at_ms>? AND at_ms<?)"},
        {Q_TEST_FAILOVER_FORGET, "test_failover_by_time (region=? AND at_ms<?)"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        _buf_ struct buf plan = {0};
        plan_of(&sql_queries[t[i].q], &plan);
        cr_expect(strstr(plan.data, t[i].index), "%s: %s", sql_queries[t[i].q].name, plan.data);
    }
}
