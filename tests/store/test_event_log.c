#include "store/event_log.h"
#include "base/arena.h"
#include "database.h"
#include <criterion/criterion.h>
#include <string.h>

#define KEPT_MS (EVENT_LOG_KEPT_MINUTES * 60000)
enum { START_MS = 1000 };

static struct store *s;
static struct arena a;
static struct err e;

static void setup(void)
{
    s = database_open(STORE_NORMAL);
}

static void teardown(void)
{
    arena_fini(&a);
    database_close(s);
}

TestSuite(event_log, .init = setup, .fini = teardown);

static void add(int64_t at_ms, const char *type, const char *id, const char *message)
{
    cr_assert_eq(event_log_add(s, "us-east-1", at_ms, type, id, message, &e), 0, "%s", e.msg);
}

static size_t page(const char *type, const char *id, int64_t before_ms, int64_t before_seq, int64_t most, struct row_event **out)
{
    size_t n;
    struct event_filter f = {"us-east-1", type, id, 0, before_ms, before_seq};
    cr_assert_eq(event_log_page(s, &a, &f, most, out, &n, &e), 0, "%s", e.msg);
    return n;
}

static size_t count(void)
{
    struct row_event *rows;
    return page(NULL, NULL, INT64_MAX, 0, 10000, &rows);
}

Test(event_log, pages_are_newest_first_and_miss_none_of_the_same_millisecond)
{
    struct row_event *rows;
    char seen[8] = "";
    int64_t at = INT64_MAX, seq = 0;
    for (int i = 0; i < 5; i++) add(i < 3 ? 7 : 9, "user", "u", (const char *[]){"a", "b", "c", "d", "e"}[i]);
    while (page(NULL, NULL, at, seq, 2, &rows) > 0) {
        size_t n = page(NULL, NULL, at, seq, 2, &rows);
        for (size_t i = 0; i < n; i++) strcat(seen, rows[i].message);
        at = rows[n - 1].at_ms;
        seq = rows[n - 1].seq;
    }
    cr_assert_str_eq(seen, "edcba");
}

Test(event_log, filters_by_type_and_by_source)
{
    struct row_event *rows;
    add(1, "user", "x", "1");
    add(2, "user", "y", "2");
    add(3, "cache-cluster", "x", "3");
    cr_assert_eq(page("user", NULL, INT64_MAX, 0, 9, &rows), 2u);
    cr_assert_eq(page("user", "x", INT64_MAX, 0, 9, &rows), 1u);
    cr_assert_str_eq(rows[0].message, "1");
    cr_assert_eq(page("cache-cluster", "y", INT64_MAX, 0, 9, &rows), 0u);
}

Test(event_log, those_that_are_too_old_go_a_few_with_each_new_one)
{
    for (int i = 0; i < 40; i++) add(START_MS + i, "user", "u", "old");
    add(START_MS + 39 + KEPT_MS, "user", "u", "new");
    cr_assert_eq(count(), 40u - 8 + 1);
    for (int i = 0; i < 5; i++) add(START_MS + 39 + KEPT_MS, "user", "u", "new");
    cr_assert_eq(count(), 1u + 6, "the last of the old ones is 14 days old, and no older");
    add(START_MS + 40 + KEPT_MS, "user", "u", "new");
    cr_assert_eq(count(), 7u);
}

Test(event_log, a_clock_that_went_back_holds_nothing_up)
{
    struct row_event *rows;
    add(START_MS + 10 * KEPT_MS, "user", "u", "from the future");
    for (int i = 0; i < 30; i++) add(START_MS, "user", "u", "old");
    for (int i = 0; i < 4; i++) add(START_MS + 1 + KEPT_MS, "user", "u", "new");
    cr_assert_eq(count(), 5u);
    cr_assert_eq(page(NULL, NULL, INT64_MAX, 0, 1, &rows), 1u);
    cr_assert_str_eq(rows[0].message, "from the future");
}
