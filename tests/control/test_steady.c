#include "control/steady.h"
#include "base/arena.h"
#include "base/clock.h"
#include "store/queries.gen.h"
#include "database.h"
#include <criterion/criterion.h>
/* The steady clock goes on where the process before left it. Each test is a process of its own. */

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

TestSuite(steady, .init = setup, .fini = teardown);

static struct row_steady_clock *noted(void)
{
    struct row_steady_clock *rows;
    size_t n;
    cr_assert_eq(q_steady_clock_all(s, &a, &rows, &n, &e), 0, "%s", e.msg);
    cr_assert_eq(n, 1);
    return rows;
}

Test(steady, goes_on_through_the_time_in_which_nobody_served)
{
    cr_assert_eq(steady_continue(s, &e), 0, "a new database: %s", e.msg);
    clock_advance(7000000);
    int64_t before = clock_steady_ms();
    cr_assert_eq(steady_note(s, before, &e), 0, "%s", e.msg);
    clock_steady_continue(0); /* as another process begins */
    cr_assert_eq(steady_continue(s, &e), 0, "%s", e.msg);
    cr_assert_eq(clock_steady_offset_ms(), 7000000);
    cr_assert_geq(clock_steady_ms(), before);
}

Test(steady, goes_on_from_what_was_written_after_another_start_of_the_system)
{
    int64_t reached = clock_steady_ms() + 500000000;
    cr_assert_eq(steady_note(s, reached, &e), 0, "%s", e.msg);
    struct row_steady_clock *row = noted();
    row->boot = "another";
    row->offset_ms = 900000000;
    cr_assert_eq(q_steady_clock_put(s, row, &e), 0, "%s", e.msg);
    cr_assert_eq(steady_continue(s, &e), 0, "%s", e.msg);
    cr_assert_geq(clock_steady_ms(), reached);
    cr_assert_lt(clock_steady_ms(), reached + 100000, "and not from what the offset would make of it");
}

Test(steady, never_lies_behind_what_was_written)
{
    int64_t reached = clock_steady_ms() + 500000000;
    cr_assert_eq(steady_note(s, reached, &e), 0, "%s", e.msg);
    cr_assert_eq(steady_continue(s, &e), 0, "%s", e.msg);
    cr_assert_geq(clock_steady_ms(), reached, "CLOCK_MONOTONIC of another container may be behind, in the same system");
}
