#include "control/stop.h"
#include "base/clock.h"
#include <criterion/criterion.h>

static void stopped(void *arg)
{
    (void)arg;
}

Test(stop, is_bounded_by_the_limit_of_nodes_and_a_margin)
{
    struct control c = {.o.stop_limit_ms = 60000};
    cr_assert_not(stop_is_overdue(&c), "nothing shall stop");
    c.stopped = stopped;
    stop_begin(&c);
    clock_advance(60000);
    cr_assert_not(stop_is_overdue(&c));
    clock_advance(STOP_MARGIN_MS);
    cr_assert(stop_is_overdue(&c));
}

Test(stop, waits_for_a_node_that_is_at_work_on_its_file)
{
    struct control c = {.o.stop_limit_ms = 1000, .stopped = stopped};
    stop_begin(&c);
    for (int i = 0; i < 100; i++) {
        stop_extend(&c);
        clock_advance(STOP_MARGIN_MS - 1000);
        cr_assert_not(stop_is_overdue(&c), "round %d", i);
    }
    clock_advance(1000);
    cr_assert(stop_is_overdue(&c));
}

Test(stop, that_is_extended_early_is_not_cut_short)
{
    struct control c = {.o.stop_limit_ms = 60000, .stopped = stopped};
    stop_begin(&c);
    stop_extend(&c);
    clock_advance(60000);
    cr_assert_not(stop_is_overdue(&c));
}

Test(stop, takes_as_long_as_it_takes_without_a_limit)
{
    struct control c = {.stopped = stopped};
    stop_begin(&c);
    clock_advance(1000LL * 3600 * 24 * 365);
    cr_assert_not(stop_is_overdue(&c));
}
