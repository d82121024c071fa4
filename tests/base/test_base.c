#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mistake.h"
#include "base/task.h"
#include "base/trip.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

Test(arena, gives_zeroed_aligned_memory_of_any_size)
{
    _arena_ struct arena a = {0};
    for (size_t size = 0; size < 20000; size += 997) {
        char *p = arena_alloc(&a, size);
        cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0u);
        for (size_t i = 0; i < size; i++) cr_assert_eq(p[i], 0);
        memset(p, 0xff, size);
    }
}

Test(arena, prints_short_and_long_texts)
{
    _arena_ struct arena a = {0};
    cr_assert_str_eq(arena_printf(&a, "%s-%03d", "demo", 7), "demo-007");
    char *text = arena_printf(&a, "%0255d", 1), *one_more = arena_printf(&a, "%0256d", 1),
         *longer = arena_printf(&a, "%05000d", 1);
    cr_assert_eq(strlen(text), 255u);
    cr_assert_eq(strlen(one_more), 256u);
    cr_assert_eq(strlen(longer), 5000u);
    cr_assert_eq(longer[4999], '1');
}

Test(arena, joins_words)
{
    _arena_ struct arena a = {0};
    const char *const words[] = {"one", "", "two"};
    cr_expect_str_eq(arena_join(&a, words, 3, ", "), "one, , two");
    cr_expect_str_eq(arena_join(&a, words, 1, ", "), "one");
    cr_expect_str_eq(arena_join(&a, words, 0, ", "), "");
}

Test(buf, grows_and_keeps_a_nul_behind_its_last_byte)
{
    _buf_ struct buf b = {0};
    for (int i = 0; i < 1000; i++) buf_printf(&b, "%d,", i);
    buf_printf(&b, "%0*d", 5000, 7);
    cr_assert_eq(strlen(b.data), b.len);
    cr_assert_eq(b.data[b.len - 1], '7');
    buf_clear(&b);
    cr_assert_str_eq(b.data, "");
}

Test(buf, writes_the_extreme_integers)
{
    _buf_ struct buf b = {0};
    buf_put_int(&b, INT64_MIN);
    buf_putc(&b, ' ');
    buf_put_int(&b, INT64_MAX);
    buf_puts(&b, " ");
    buf_put_int(&b, 0);
    cr_assert_str_eq(b.data, "-9223372036854775808 9223372036854775807 0");
}

Test(err, wrapping_keeps_the_code_and_puts_the_context_first)
{
    struct err e;
    cr_assert_eq(err_set(&e, ERR_IO, "no %s", "disk"), ERR_IO);
    cr_assert_eq(err_wrap(&e, "opening %s", "x"), ERR_IO);
    cr_assert_str_eq(e.msg, "opening x: no disk");
}

Test(err, messages_that_are_too_long_are_cut)
{
    struct err e;
    char big[2000];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    err_set(&e, ERR_IO, "%s", big);
    err_wrap(&e, "%s", big);
    err_wrap(&e, "x");
    cr_assert_lt(strlen(e.msg), sizeof e.msg);
    cr_assert_eq(strncmp(e.msg, "x: aaa", 6), 0);
}

Test(trip, breaks_as_often_as_it_is_armed_for)
{
    cr_assert_not(trip_hit(TRIP_SPAWN));
    trip_arm(TRIP_SPAWN, 2);
    cr_assert(trip_hit(TRIP_SPAWN));
    cr_assert(trip_hit(TRIP_SPAWN));
    cr_assert_not(trip_hit(TRIP_SPAWN));
    trip_arm(TRIP_SPAWN, -1);
    for (int i = 0; i < 5; i++) cr_assert(trip_hit(TRIP_SPAWN));
}

Test(trip, is_found_by_its_name)
{
    cr_assert_eq(trip_find("store_commit"), TRIP_STORE_COMMIT);
    cr_assert_str_eq(trip_name(TRIP_GATEWAY_READ), "gateway_read");
    cr_assert_eq(trip_find("nothing"), -1);
}

Test(trip, a_crash_is_the_end_of_the_process, .signal = SIGKILL)
{
    trip_crash(TRIP_CRASH_AFTER_COMMIT);
    trip_arm(TRIP_CRASH_AFTER_COMMIT, 1);
    trip_crash(TRIP_CRASH_AFTER_COMMIT);
}

Test(clock, warps_wall_time_only)
{
    int64_t wall = clock_now_ms(), mono = clock_mono_ns();
    clock_warp(3600000);
    cr_assert_geq(clock_now_ms(), wall + 3600000);
    cr_assert_lt(clock_mono_ns(), mono + 3600000LL * 1000000);
    cr_assert_eq(clock_warped_ms(), 3600000);
}

Test(clock, the_steady_one_goes_forward_only)
{
    int64_t steady = clock_steady_ms();
    clock_warp(3600000);
    cr_assert_lt(clock_steady_ms(), steady + 3600000, "somebody set the clock: no time has passed");
    clock_warp(-2 * 3600000);
    cr_assert_geq(clock_steady_ms(), steady);
    clock_advance(5000);
    cr_assert_geq(clock_steady_ms(), steady += 5000);
    clock_advance(-5000);
    cr_assert_geq(clock_steady_ms(), steady);
    cr_assert_eq(clock_warped_ms(), -3600000, "dates do go back");
}

static const struct task life = {"life", {{"born", TASK_TO(1)}, {"dead", 0}}};

Test(task, moves_where_the_table_allows)
{
    int state = 0;
    task_move(&life, "it", &state, 1);
    cr_assert_eq(state, 1);
}

Test(task, aborts_where_the_table_does_not_or_goes_on_where_users_run_it, .signal = MISTAKES_END_IT ? SIGABRT : 0)
{
    int state = 1;
    task_move(&life, "it", &state, 0);
    cr_assert_eq(state, 0);
}

Test(buf, bytes_that_were_read_go_once_they_are_half)
{
    _buf_ struct buf b = {0};
    size_t read = 2;
    buf_puts(&b, "abcdef");
    buf_compact(&b, &read);
    cr_expect(read == 2 && strcmp(b.data, "abcdef") == 0);
    read = 4;
    buf_compact(&b, &read);
    cr_expect(read == 0 && b.len == 2 && strcmp(b.data, "ef") == 0);
    read = 2;
    buf_compact(&b, &read);
    cr_expect(read == 0 && b.len == 0);
}
