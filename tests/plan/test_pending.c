#include "base/arena.h"
#include "build.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct world_rg *rg;

/* 1970-01-05 was a Monday; the window opens on Tuesdays at 03:00. */
#define MONDAY (4LL * 24 * 3600 * 1000)
#define TUESDAY_3 (MONDAY + 27LL * 3600 * 1000)

static void setup(void)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 2);
    build_link(&b);
    rg = &b.rgs[0];
    rg->row.maintenance_window = "tue:03:00-tue:04:00";
    rg->row.node_type = "cache.r7g.large";
    rg->row.parameter_group = "default.redis7";
    b.w.now_ms = MONDAY;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(pending, .init = setup, .fini = teardown);

Test(pending, changes_wait_for_the_window_and_ask_to_be_woken_for_it)
{
    for (int i = 0; i < 2; i++) b.clusters[i].row.pending_node_type = "cache.r7g.xlarge";
    plan_world(&b.w);
    cr_assert_str_eq(rg->row.node_type, "cache.r7g.large");
    cr_assert_eq(b.w.wake_ms - b.w.steady_ms, TUESDAY_3 - b.w.now_ms);
}

Test(pending, a_node_type_is_changed_in_the_window)
{
    for (int i = 0; i < 2; i++) b.clusters[i].row.pending_node_type = "cache.r7g.xlarge";
    b.w.now_ms = TUESDAY_3;
    plan_world(&b.w);
    cr_assert_str_eq(rg->row.node_type, "cache.r7g.xlarge");
    cr_assert_str_eq(b.clusters[1].row.node_type, "cache.r7g.xlarge");
    cr_assert_null(b.clusters[1].row.pending_node_type);
}

Test(pending, an_engine_version_is_rolled_out_in_the_window)
{
    for (int i = 0; i < 2; i++) {
        b.clusters[i].row.pending_engine = "valkey";
        b.clusters[i].row.pending_engine_version = "8.0.1";
    }
    b.w.now_ms = TUESDAY_3 + 1;
    plan_world(&b.w);
    cr_assert_str_eq(rg->row.engine, "valkey");
    cr_assert_eq(rg->row.status, RG_MODIFYING);
    cr_assert_str_eq(rg->row.parameter_group, "default.valkey8");
    cr_assert_str_eq(b.clusters[1].row.engine, "valkey", "the replica goes first");
    cr_assert_str_eq(b.clusters[0].row.engine, "redis");
}

static void expect_failover(enum failover_setting automatic)
{
    cr_expect_eq(rg->row.automatic_failover, automatic);
    cr_expect_eq(rg->row.pending_failover, FAILOVER_CHANGE_NONE);
    cr_expect_eq(rg->row.pending_due, 0);
}

Test(pending, automatic_failover_is_turned_on_in_the_window)
{
    rg->row.pending_failover = FAILOVER_CHANGE_ENABLED;
    plan_world(&b.w);
    cr_assert_eq(rg->row.pending_failover, FAILOVER_CHANGE_ENABLED, "not before");
    cr_assert_eq(rg->row.automatic_failover, FAILOVER_DISABLED);
    b.w.now_ms = TUESDAY_3;
    plan_world(&b.w);
    expect_failover(FAILOVER_ENABLED);
}

Test(pending, what_a_request_hastens_does_not_wait_for_the_window)
{
    rg->row.pending_failover = FAILOVER_CHANGE_ENABLED;
    rg->row.pending_due = 1;
    plan_world(&b.w);
    expect_failover(FAILOVER_ENABLED);
    rg->row.pending_failover = FAILOVER_CHANGE_DISABLED;
    plan_world(&b.w);
    cr_assert_eq(rg->row.automatic_failover, FAILOVER_ENABLED, "what was pending then, and nothing that came after");
}

Test(pending, what_has_become_impossible_is_not_made)
{
    rg->row.pending_failover = FAILOVER_CHANGE_ENABLED;
    rg->nodes[1].row.want = WISH_GONE;
    b.w.now_ms = TUESDAY_3;
    plan_world(&b.w);
    expect_failover(FAILOVER_DISABLED);
}
