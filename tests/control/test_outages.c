#include "control/outages.h"
#include "base/arena.h"
#include "store/sql.gen.h"
#include <criterion/criterion.h>

static struct outages outages;

static void end(void)
{
    outages_fini(&outages);
}

TestSuite(outages, .fini = end);

static bool stops(const char *region, const char *zone, const char *rg_id)
{
    const struct row_node n = {.region = region, .availability_zone = zone, .rg_id = rg_id};
    return outages_stop_node(&outages, &n);
}

Test(outages, a_region_that_is_down_stops_all_of_its_nodes_and_no_others)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1", .state = OUTAGE_DOWN});
    cr_assert(outages_stop_region(&outages, "us-east-1") && !outages_stop_region(&outages, "eu-west-1"));
    cr_assert(stops("us-east-1", "us-east-1a", "orders") && stops("us-east-1", "us-east-1b", NULL));
    cr_assert_not(stops("eu-west-1", "eu-west-1a", "orders"));
    outages_drop(&outages, "us-east-1", NULL);
    cr_assert_not(stops("us-east-1", "us-east-1a", "orders"));
}

Test(outages, a_zone_that_is_down_stops_its_nodes_and_not_the_region)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1", .zone = "us-east-1a", .state = OUTAGE_DOWN});
    cr_assert(stops("us-east-1", "us-east-1a", "orders") && !stops("us-east-1", "us-east-1b", "orders"));
    cr_assert_not(outages_stop_region(&outages, "us-east-1"));
    cr_assert_not_null(outages_find(&outages, "us-east-1", "us-east-1a"));
    cr_assert_null(outages_find(&outages, "us-east-1", NULL));
}

Test(outages, an_isolated_region_lives)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1", .state = OUTAGE_DOWN});
    outages_add(&outages, &(struct outage){.region = "us-east-1", .state = OUTAGE_ISOLATED});
    cr_assert_eq(outages.n, 1, "what is asked last counts");
    cr_assert(outages_isolate(&outages, "us-east-1"));
    cr_assert_not(stops("us-east-1", "us-east-1a", "orders"));
    cr_assert_not(outages_stop_region(&outages, "us-east-1"));
}

Test(outages, an_experiment_is_about_its_replication_groups_and_ends_by_itself)
{
    struct outage x = {.region = "us-east-1",
        .zone = "us-east-1a",
        .rg_id = "orders",
        .experiment = "EXP1",
        .state = OUTAGE_DOWN,
        .until_ms = 100};
    outages_add(&outages, &x);
    cr_assert(stops("us-east-1", "us-east-1a", "orders") && !stops("us-east-1", "us-east-1a", "other"));
    cr_assert_eq(outages_due_ms(&outages), 100);
    size_t edits = outages.edits;
    outages_advance(&outages, 99);
    cr_assert_eq(outages.edits, edits);
    outages_advance(&outages, 100);
    cr_assert(outages.edits > edits && outages.n == 0 && outages_due_ms(&outages) == INT64_MAX);
    outages_add(&outages, &x);
    outages_end_experiment(&outages, "EXP1");
    cr_assert_eq(outages.n, 0);
}

Test(outages, one_that_is_to_begin_later_stops_nothing_before)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1",
                              .zone = "us-east-1a",
                              .experiment = "e",
                              .state = OUTAGE_DOWN,
                              .from_ms = 100,
                              .until_ms = 200});
    outages_add(&outages, &(struct outage){.region = "us-east-1",
                              .zone = "us-east-1a",
                              .experiment = "e",
                              .state = OUTAGE_DOWN,
                              .from_ms = 300,
                              .until_ms = 400});
    for (int64_t now_ms = 0; now_ms <= 400; now_ms += 50) {
        outages_advance(&outages, now_ms);
        cr_expect_eq(
            stops("us-east-1", "us-east-1a", "orders"), (now_ms >= 100 && now_ms < 200) || (now_ms >= 300 && now_ms < 400));
        cr_expect(outages.n == 0 || outages_due_ms(&outages) > now_ms);
    }
    cr_expect_eq(outages.n, 0);
}
