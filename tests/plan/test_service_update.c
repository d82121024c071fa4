#include "base/arena.h"
#include "build.h"
#include "plan/service_update.h"
#include <criterion/criterion.h>
#include <string.h>

#define NAME "elc-20260101-001"

static struct arena a;
static struct build b;
static struct row_replication_group *rg;

static void setup(void)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "modifying", 3);
    build_link(&b);
    rg = &b.rgs[0].row;
    rg->update_name = NAME;
    rg->update_stage = UPDATE_WAITING_TO_START;
    plan_world(&b.w);
    build_see_all(&b);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(service_update, .init = setup, .fini = teardown);

static int updated(void)
{
    int n = 0;
    for (int i = 0; i < 3; i++) n += node_is_updated(&b.nodes[i].row, NAME);
    return n;
}

/* The agent has restarted what it was told to. */
static void restarted(void)
{
    for (int i = 0; i < 3; i++) b.nodes[i].row.seen_incarnation = b.nodes[i].row.incarnation;
}

Test(service_update, restarts_one_replica_after_the_other_with_its_data_and_then_hands_over)
{
    plan_world(&b.w);
    cr_assert_eq(rg->update_stage, UPDATE_IN_PROGRESS);
    cr_assert_eq(updated(), 1);
    plan_world(&b.w);
    cr_assert_eq(updated(), 1, "the first is not back yet");
    for (int i = 0; i < 3; i++) cr_assert_eq(b.nodes[i].row.keep_data, node_is_updated(&b.nodes[i].row, NAME));
    restarted();
    plan_world(&b.w);
    cr_assert_eq(updated(), 2);
    cr_assert_not(node_is_updated(&b.nodes[0].row, NAME), "the primary is the last");
    cr_assert_null(b.node_groups[0].row.switch_node_id);
    restarted();
    plan_world(&b.w);
    cr_assert_eq(updated(), 2);
    cr_assert_not_null(b.node_groups[0].row.switch_node_id, "an updated replica takes over first");
    cr_assert_eq(rg->status, RG_MODIFYING);
}

Test(service_update, stops_before_the_next_node_and_leaves_what_is_done)
{
    plan_world(&b.w);
    rg->update_stage = UPDATE_STOPPING;
    plan_world(&b.w);
    cr_assert_eq(rg->update_stage, UPDATE_STOPPED);
    restarted();
    plan_world(&b.w);
    cr_assert_eq(updated(), 1);
    cr_assert_eq(rg->status, RG_AVAILABLE);
}

Test(service_update, is_complete_once_all_have_it)
{
    for (int i = 0; i < 3; i++) b.nodes[i].row.updated_for = NAME;
    rg->updates_done = "elc-20250101-001";
    plan_world(&b.w);
    cr_assert_eq(rg->update_stage, UPDATE_COMPLETE);
    cr_assert_str_eq(rg->updates_done, "elc-20250101-001 " NAME);
    cr_assert_eq(rg->status, RG_AVAILABLE);
}
