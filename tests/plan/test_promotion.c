#include "base/arena.h"
#include "build.h"
#include <criterion/criterion.h>
#include <string.h>
/* A node is chosen for the data of its process. What becomes of the choice when that process ended, and another one was started meanwhile. */

static struct arena a;
static struct build b;
static struct world_rg *rg, *east, *west;
static struct world_node_group *ng;
static struct world_global *g;

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(promotion, .fini = teardown);

/* What a sighting tells of a process: of each node another one. */
static void see_processes(void)
{
    build_see_all(&b);
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        b.nodes[i].row.seen_pid = 100 + (int64_t)i;
        b.nodes[i].row.seen_started_ms = 1000;
    }
}

/* Three nodes with automatic failover; demo-002 got furthest. */
static void group(void)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 3);
    b.rgs[0].row.automatic_failover = FAILOVER_ENABLED;
    build_link(&b);
    rg = &b.rgs[0];
    ng = &b.node_groups[0];
    plan_world(&b.w);
    see_processes();
    plan_world(&b.w);
    for (int i = 1; i < 3; i++) b.nodes[i].row.seen_offset = i == 1 ? 200 : 100;
}

/* east is the primary of a datastore, west follows. */
static void datastore(void)
{
    build_init(&b, &a);
    build_rg(&b, "eu-west-1", "west", "available", 1);
    build_rg(&b, "us-east-1", "east", "available", 1);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    build_link(&b);
    g = &b.globals[0];
    west = build_find(&b, "eu-west-1", "west");
    east = build_find(&b, "us-east-1", "east");
    plan_world(&b.w);
    see_processes();
    plan_world(&b.w);
}

static void die(struct world_node *n)
{
    n->row.seen_state = SEEN_EXITED;
    n->row.seen_role = ROLE_UNKNOWN;
    n->row.seen_pid = n->row.seen_started_ms = 0;
    n->row.seen_since_ms = b.w.steady_ms;
}

/* Its process ended and another one, empty, is there by the order before: a replica without a link. */
static void start_again(struct world_node *n)
{
    n->row.seen_started_ms = 2000; /* the pid may be the same */
    n->row.seen_restarts++;
    n->row.seen_role = ROLE_REPLICA;
    n->row.seen_link_up = 0;
    n->row.seen_offset = 0;
}

static void choose_second(void)
{
    die(&b.nodes[0]);
    b.nodes[1].row.seen_link_up = b.nodes[2].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001");
}

static bool is_chosen(const struct world_node *n)
{
    return n->row.promote_pid == n->row.seen_pid && n->row.promote_started_ms == n->row.seen_started_ms && n->row.seen_pid;
}

Test(promotion, the_process_is_remembered_until_it_has_become_primary)
{
    group();
    cr_assert_eq(b.nodes[0].row.promote_pid, 0, "it is primary already");
    choose_second();
    cr_assert(is_chosen(&b.nodes[1]));
    cr_assert_eq(b.nodes[2].row.promote_pid, 0);
    build_see(&b, &b.nodes[1]);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.promote_pid, 0);
}

Test(promotion, after_a_death_who_still_has_the_data_is_chosen_in_its_place)
{
    group();
    choose_second();
    start_again(&b.nodes[1]);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
    cr_assert(is_chosen(&b.nodes[2]));
    cr_assert_not(want_node(&b.w, &b.nodes[1]).primary);
}

Test(promotion, where_nobody_has_more_it_goes_on)
{
    group();
    die(&b.nodes[2]);
    choose_second();
    start_again(&b.nodes[1]);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001");
    cr_assert(is_chosen(&b.nodes[1]), "the other process now");
}

Test(promotion, one_that_died_is_started_as_whatever_the_order_says)
{
    group();
    die(&b.nodes[2]);
    choose_second();
    die(&b.nodes[1]);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.promote_pid, 0);
    cr_assert_not(want_node(&b.w, &b.nodes[1]).hold);
}

Test(promotion, an_orderly_change_is_given_up)
{
    group();
    ng->row.switch_node_id = "demo-002.0001";
    ng->row.switch_since_ms = b.w.steady_ms;
    rg->row.status = RG_MODIFYING;
    b.nodes[0].row.seen_fenced = 1;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[1]).primary && want_node(&b.w, &b.nodes[1]).hold);
    cr_assert(is_chosen(&b.nodes[1]));
    start_again(&b.nodes[1]);
    plan_world(&b.w);
    cr_assert_null(ng->row.switch_node_id);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).fence);
    cr_assert_not(want_node(&b.w, &b.nodes[1]).primary);
}

Test(promotion, a_failover_between_regions_is_given_up)
{
    datastore();
    g->row.status = GLOBAL_MODIFYING;
    g->row.phase = PHASE_FENCING;
    g->row.phase_since_ms = b.w.steady_ms;
    g->row.switch_region = "eu-west-1";
    east->nodes[0].row.seen_fenced = 1;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert(is_chosen(&west->nodes[0]));
    start_again(&west->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING, "the next process could become primary by the same order");
    struct row_global_replication_group before = g->row;
    g->stored = &before;
    world_region(&b.w, "eu-west-1")->obeys = true;
    plan_world(&b.w);
    cr_assert_null(g->row.switch_region);
    cr_assert(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert_not(want_node(&b.w, &west->nodes[0]).primary);
}

static void revive(void)
{
    datastore();
    west->nodes[0].row.seen_offset = 99;
    die(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
}

Test(promotion, a_giver_that_lost_its_data_gives_nothing_as_if_it_had_them)
{
    revive();
    cr_assert(is_chosen(&west->nodes[0]));
    start_again(&west->nodes[0]);
    plan_world(&b.w);
    cr_assert_neq(west->nodes[0].row.promote_pid, 101);
    cr_assert(west->nodes[0].row.promote_pid == 0 || is_chosen(&west->nodes[0]));
}

Test(promotion, a_primary_that_returns_is_revived_anew)
{
    revive();
    build_see(&b, &west->nodes[0]);
    plan_world(&b.w);
    build_see(&b, &east->nodes[0]);
    east->nodes[0].row.seen_pid = 300;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
    cr_assert(is_chosen(&east->nodes[0]));
    start_again(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert(want_node(&b.w, &west->nodes[0]).primary);
}

Test(promotion, another_process_with_the_pid_of_a_condemned_one_lives)
{
    group();
    b.nodes[0].row.seen_state = SEEN_HUNG;
    b.nodes[0].row.seen_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert(node_is_condemned(&b.nodes[0]));
    b.nodes[0].row.seen_started_ms = 2000;
    cr_assert_not(node_is_condemned(&b.nodes[0]));
}

Test(promotion, a_node_that_left_its_group_starts_whatever_was_chosen_there)
{
    build_init(&b, &a);
    build_cluster(&b, "us-east-1", "kept", "redis", "available", 1);
    build_link(&b);
    plan_world(&b.w);
    b.nodes[0].row.promote_pid = 118;
    b.nodes[0].row.promote_started_ms = 1000;
    b.nodes[0].row.seen_pid = 0;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[0]).primary);
    cr_assert_eq(b.nodes[0].row.promote_pid, 0, "no process is waited for that is gone");
}
