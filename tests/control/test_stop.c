#include "control/stop.h"
#include "base/clock.h"
#include <criterion/criterion.h>

Test(stop, is_bounded_by_the_limit_of_nodes_and_a_margin)
{
    struct stop s = {0};
    cr_assert_not(stop_is_overdue(&s), "nothing shall stop");
    stop_begin(&s, 60000);
    clock_advance(60000);
    cr_assert_not(stop_is_overdue(&s));
    clock_advance(STOP_MARGIN_MS);
    cr_assert(stop_is_overdue(&s));
}

Test(stop, waits_for_a_node_that_is_at_work_on_its_file)
{
    struct stop s = {0};
    stop_begin(&s, 1000);
    for (int i = 0; i < 100; i++) {
        stop_extend(&s);
        clock_advance(STOP_MARGIN_MS - 1000);
        cr_assert_not(stop_is_overdue(&s), "round %d", i);
    }
    clock_advance(1000);
    cr_assert(stop_is_overdue(&s));
}

Test(stop, that_is_extended_early_is_not_cut_short)
{
    struct stop s = {0};
    stop_begin(&s, 60000);
    stop_extend(&s);
    clock_advance(60000);
    cr_assert_not(stop_is_overdue(&s));
}

Test(stop, takes_as_long_as_it_takes_without_a_limit)
{
    struct stop s = {0};
    stop_begin(&s, 0);
    clock_advance(1000LL * 3600 * 24 * 365);
    cr_assert_not(stop_is_overdue(&s));
}
