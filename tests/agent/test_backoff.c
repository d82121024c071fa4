#include "agent/os/backoff.h"
#include <criterion/criterion.h>

static struct backoff fresh(void)
{
    return (struct backoff){.first_ms = 100, .limit_ms = 10000, .healthy_ms = 10000};
}

Test(backoff, the_first_failure_is_followed_at_once_and_the_next_wait_twice_as_long_each)
{
    struct backoff b = fresh();
    const int want[] = {0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    for (int i = 0; i < 10; i++) cr_assert_eq(backoff_failed(&b, 5), want[i], "failure %d", i);
}

Test(backoff, failures_are_never_counted_beyond_the_limit)
{
    struct backoff b = fresh();
    for (int i = 0; i < 100000; i++) cr_assert_leq(backoff_failed(&b, 5), 10000);
}

Test(backoff, health_that_lasts_forgets_the_failures)
{
    struct backoff b = fresh();
    for (int i = 0; i < 5; i++) backoff_failed(&b, 1000);
    backoff_healthy(&b, 2000);
    backoff_healthy(&b, 11999);
    cr_assert_eq(backoff_failed(&b, 12000), 0);
    cr_assert_eq(backoff_failed(&b, 12000), 100);
}

Test(backoff, health_that_does_not_last_forgets_nothing)
{
    struct backoff b = fresh();
    for (int i = 0; i < 3; i++) backoff_failed(&b, 1000);
    backoff_healthy(&b, 2000);
    cr_assert_eq(backoff_failed(&b, 11999), 400);
    cr_assert_eq(backoff_failed(&b, 30000), 800, "the health before the failure counts, not the time after it");
}

Test(backoff, without_a_healthy_time_one_success_is_enough)
{
    struct backoff b = {.first_ms = 20, .limit_ms = 1000};
    backoff_failed(&b, 1);
    backoff_failed(&b, 1);
    backoff_healthy(&b, 1);
    cr_assert_eq(backoff_failed(&b, 1), 0);
}
