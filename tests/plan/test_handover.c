#include "datastore.h"
#include "plan/check.h"
#include "plan/why.h"
#include <criterion/criterion.h>
#include <string.h>
/* What a failover between regions waits for, when it is given up, and what becomes of the writes of a primary that was passed over. */

TestSuite(handover, .init = datastore_setup, .fini = datastore_teardown);

static bool told(const char *text)
{
    for (struct world_event *ev = b.w.events; ev; ev = ev->next)
        if (strstr(ev->message, text)) return true;
    return false;
}

static void expect_as_before(void)
{
    cr_expect_eq(member("us-east-1")->row.role, MEMBER_PRIMARY);
    cr_expect(want_node(&b.w, &east->nodes[0]).primary);
    cr_expect_not(want_node(&b.w, &east->nodes[0]).fence);
    cr_expect_not(want_node(&b.w, &west->nodes[0]).primary);
    cr_expect_null(g->row.switch_region);
    cr_expect(told("Failover of global datastore ldgnf-g to region eu-west-1 given up, everything stays as it was"));
}

static void lose_touch(const char *region)
{
    struct world_region *r = world_region(&b.w, region);
    r->in_touch = r->obeys = false;
    r->heard_ms = b.w.steady_ms;
}

static void find_again(const char *region)
{
    world_region(&b.w, region)->in_touch = world_region(&b.w, region)->obeys = true;
}

enum { REACH_LIMIT = 40000, FENCE_LIMIT = 10000 };

/* What becomes of a failover whose old primary has not held its writes after FENCE_LIMIT, or REACH_LIMIT where nobody hears of it. */
Test(handover, an_old_primary_that_is_alive_and_can_be_reached_is_never_passed_over)
{
    static const struct {
        const char *what, *state;
        bool fenced, in_touch;
        int64_t after_ms;
        const char *phase, *event;
    } table[] = {
        {"busy", "ready", false, true, FENCE_LIMIT - 1, "fencing", NULL},
        {"busy for too long", "ready", false, true, FENCE_LIMIT, "steady", "east-001 could not hold its writes for 10 s"},
        {"still loading", "starting", false, true, FENCE_LIMIT, "steady", "east-001 does not answer (starting)"},
        {"dead", "exited", false, true, 0, "promoting", "Primary east-001 of global datastore ldgnf-g was not waited for"},
        {"not heard of", "ready", false, false, FENCE_LIMIT, "fencing", NULL},
        {"not heard of, and held its writes once", "ready", true, false, FENCE_LIMIT, "fencing", NULL},
        {"not heard of for long", "ready", false, false, REACH_LIMIT - 1, "fencing", NULL},
        {"out of reach", "ready", false, false, REACH_LIMIT, "promoting", "its region is out of reach"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        datastore_teardown();
        datastore_setup();
        start_failover();
        if (!table[i].in_touch) lose_touch("us-east-1");
        east->nodes[0].row.seen_state = word_of(&words_seen_state, table[i].state);
        east->nodes[0].row.seen_fenced = table[i].fenced;
        b.w.steady_ms += table[i].after_ms;
        plan_world(&b.w);
        cr_expect_str_eq(global_phase_text(g->row.phase), table[i].phase, "%s", table[i].what);
        cr_expect(table[i].event == NULL || told(table[i].event), "%s", table[i].what);
        cr_expect_eq(west->node_groups[0].row.rise_offset, -1, "%s", table[i].what);
    }
}

Test(handover, a_failover_that_is_given_up_leaves_everything_as_it_was)
{
    start_failover();
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    expect_as_before();
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

Test(handover, an_agent_that_comes_back_in_time_has_its_primary_fenced)
{
    start_failover();
    lose_touch("us-east-1");
    b.w.steady_ms += REACH_LIMIT - 1;
    plan_world(&b.w);
    cr_assert_leq(b.w.wake_ms, b.w.steady_ms + 1);
    find_again("us-east-1");
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
    cr_assert_eq(want_node(&b.w, &west->nodes[0]).promote_offset, 4711);
}

Test(handover, a_target_that_has_not_found_the_old_primary_is_waited_for)
{
    start_failover();
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_offset = 77; /* it was started again without its data */
    west->nodes[0].row.seen_offset = 4711;
    west->nodes[0].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
    cr_assert(told("west-001 had no link to east-001 for 10 s"));
}

/* Nothing comes from east to west any more, and west's node has noticed. */
static void cut_west_off(void)
{
    world_region(&b.w, "us-east-1")->cut_from = "ap-south-1 eu-west-1";
    west->nodes[0].row.seen_link_up = 0;
}

static bool waits_for(const char *text)
{
    for (const struct why *y = plan_why(&b.w, NULL, "ldgnf-g").waits; y; y = y->next)
        if (strstr(y->what, text)) return true;
    return false;
}

Test(handover, a_failover_over_a_link_that_is_cut_is_given_up_and_the_datastore_is_available)
{
    start_failover();
    east->nodes[0].row.seen_fenced = 1;
    cut_west_off();
    west->nodes[0].row.seen_link_up = 1; /* its end of the link has not noticed yet */
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    cr_assert(waits_for("the link between us-east-1 and eu-west-1, which is cut"));
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING, "the old primary still holds its writes");
    east->nodes[0].row.seen_fenced = 0;
    plan_world(&b.w);
    expect_as_before();
    cr_assert(told("west-001 had no link to east-001 for 10 s: the link between us-east-1 and eu-west-1 is cut"));
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
    cr_assert_not(waits_for("link"));
}

Test(handover, a_link_that_is_cut_when_the_offset_is_known_keeps_nobody_from_going_on_as_before)
{
    reach_promoting();
    cut_west_off();
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    struct row_global_replication_group stored = g->row;
    g->stored = &stored;
    plan_world(&b.w);
    cr_assert(told("west-001 did not get all writes within 10 s: the link between us-east-1 and eu-west-1 is cut"));
    east->nodes[0].row.seen_fenced = 0;
    plan_world(&b.w);
    expect_as_before();
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

/* What does not let a third region follow the new primary, and whether it is waited for. */
Test(handover, a_region_that_can_not_follow_keeps_nobody_from_settling)
{
    static const struct {
        const char *what, *cut_from, *reason;
        bool fenced, waits;
    } table[] = {
        {"it is about to", NULL, NULL, false, true},
        {"the link to another region is cut", "us-east-1", NULL, false, true},
        {"its link is cut", "sa-east-1", NULL, false, false},
        {"its engine says why", NULL, "it can't follow its upstream: Unable to AUTH to MASTER", false, false},
        {"it has not taken its orders yet", "sa-east-1", NULL, true, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        datastore_teardown();
        datastore_setup();
        g->row.status = GLOBAL_MODIFYING;
        g->row.phase = PHASE_SETTLING;
        member("us-east-1")->row.role = MEMBER_SECONDARY;
        member("eu-west-1")->row.role = MEMBER_PRIMARY;
        plan_world(&b.w);
        build_see_all(&b);
        south->nodes[0].row.seen_link_up = 0;
        south->nodes[0].row.seen_fenced = table[i].fenced;
        south->nodes[0].row.seen_reason = table[i].reason;
        world_region(&b.w, "eu-west-1")->cut_from = table[i].cut_from;
        plan_world(&b.w);
        cr_expect_eq(g->row.phase, table[i].waits ? PHASE_SETTLING : PHASE_STEADY, "%s", table[i].what);
        cr_expect_eq(g->row.status, table[i].waits ? GLOBAL_MODIFYING : GLOBAL_AVAILABLE, "%s", table[i].what);
    }
}

Test(handover, a_region_whose_engine_can_not_follow_says_so_and_keeps_nobody_from_settling)
{
    g->row.status = GLOBAL_MODIFYING;
    g->row.phase = PHASE_SETTLING;
    south->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING, "it is about to");
    south->nodes[0].row.seen_unable = "release 9.9 is not known";
    south->nodes[0].row.seen_reason = "it can't follow another region: release 9.9 is not known";
    plan_world(&b.w);
    cr_assert(told("has no link to the node that it replicates: it can't follow another region: release 9.9 is not known"));
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
    cr_assert_neq(south->row.unserved_since_ms, 0, "its data are not the primary's");
}

Test(handover, the_time_nobody_looked_does_not_count_against_the_old_primary)
{
    start_failover();
    b.w.steady_ms += 60000;
    b.w.started_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING, "a serve that has just started knows nothing yet");
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
}

Test(handover, a_replica_that_takes_the_dead_old_primarys_place_is_fenced_in_its_place)
{
    east->row.automatic_failover = FAILOVER_ENABLED;
    reach_promoting();
    east->nodes[0].row.seen_state = SEEN_EXITED;
    east->nodes[0].row.seen_fenced = 0;
    east->nodes[0].row.seen_since_ms = b.w.steady_ms;
    east->nodes[1].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001");
    cr_assert_eq(west->node_groups[0].row.rise_offset, 4711, "nobody is passed over");
    cr_assert(want_node(&b.w, &east->nodes[1]).fence);
    east->nodes[1].row.seen_role = ROLE_PRIMARY;
    east->nodes[1].row.seen_fenced = 1;
    east->nodes[1].row.seen_offset = 4700;
    plan_world(&b.w);
    cr_assert_eq(want_node(&b.w, &west->nodes[0]).promote_offset, 4700, "more nobody has");
}

Test(handover, progress_extends_the_waiting_and_standing_still_ends_it)
{
    struct row_node stored = west->nodes[0].row;
    reach_promoting();
    west->nodes[0].stored = &stored;
    b.w.steady_ms += 9000;
    west->nodes[0].row.seen_offset = 4000;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    stored.seen_offset = 4000;
    b.w.steady_ms += 9999;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    b.w.steady_ms += 1;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    cr_assert_eq(west->node_groups[0].row.rise_offset, 4711, "nobody becomes primary without the last writes");
}

static struct row_global_replication_group before;

/* The new primary did not get all writes; from here on it is not to become primary. */
static void reach_withdrawing(void)
{
    reach_promoting();
    west->nodes[0].row.seen_link_up = 0;
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    before = g->row;
    g->stored = &before;
}

Test(handover, an_order_to_become_primary_is_withdrawn_before_the_old_one_takes_writes_again)
{
    reach_withdrawing();
    world_region(&b.w, "eu-west-1")->obeys = false;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    cr_assert(want_node(&b.w, &east->nodes[0]).fence, "the new one may be primary already");
    struct want_node want = want_node(&b.w, &west->nodes[0]);
    cr_assert(want.primary, "it would be told to follow if it is");
    cr_assert_eq(want.promote_offset, INT64_MAX, "and never becomes one if it is not");
    world_region(&b.w, "eu-west-1")->obeys = true;
    west->nodes[0].row.seen_rising = 1;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING, "it was told to, and did not answer yet");
    west->nodes[0].row.seen_rising = 0;
    plan_world(&b.w);
    expect_as_before();
    cr_assert(told("west-001 did not get all writes within 10 s"));
}

Test(handover, one_that_became_primary_in_the_last_moment_has_all_writes_and_is_primary)
{
    reach_withdrawing();
    west->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_eq(member("eu-west-1")->row.role, MEMBER_PRIMARY);
    cr_assert_eq(east->node_groups[0].row.fork_offset, 0);
}

/* As if it had been stored, and its agent had taken what follows from it. */
static void obey(const char *region)
{
    static struct row_node_group stored;
    struct world_node_group *ng = &member(region)->rg->node_groups[0];
    stored = ng->row;
    ng->stored = &stored;
    find_again(region);
}

static void give_up_unreached(void)
{
    reach_promoting();
    lose_touch("eu-west-1");
    b.w.steady_ms += REACH_LIMIT;
    plan_world(&b.w);
}

Test(handover, a_target_out_of_reach_is_not_waited_for_and_an_event_says_what_it_may_do)
{
    give_up_unreached();
    cr_expect_eq(member("us-east-1")->row.role, MEMBER_PRIMARY);
    cr_expect_not(want_node(&b.w, &east->nodes[0]).fence);
    cr_expect(told("given up, everything stays as it was: the region is out of reach, and may take writes of its own"));
    struct want_node want = want_node(&b.w, &west->nodes[0]);
    cr_expect(want.primary && want.fence, "it takes no writes, and discards none, from the moment that it can be told");
    cr_expect_eq(want.promote_offset, INT64_MAX, "and stays a replica if it is one");
}

Test(handover, a_target_that_was_out_of_reach_and_is_a_replica_follows)
{
    give_up_unreached();
    find_again("eu-west-1");
    plan_world(&b.w);
    cr_assert_neq(west->node_groups[0].row.fork_offset, 0, "it may become primary by what it was told before");
    obey("eu-west-1");
    plan_world(&b.w);
    cr_assert_eq(west->node_groups[0].row.fork_offset, 0);
    cr_assert_not(want_node(&b.w, &west->nodes[0]).primary);
    cr_assert_not(told("Discarded"));
}

Test(handover, writes_of_a_target_that_was_out_of_reach_and_became_primary_are_counted)
{
    give_up_unreached();
    obey("eu-west-1");
    struct row_node *n = &west->nodes[0].row;
    n->seen_role = ROLE_PRIMARY;
    n->seen_branch_offset = 4712;
    n->seen_offset = 4811;
    n->seen_fenced = 1;
    n->seen_counted_from = 4712;
    n->seen_counted = 3;
    plan_world(&b.w);
    cr_assert(told("Discarded 3 writes (100 bytes of its stream) that west-001 took"));
    cr_assert_eq(west->node_groups[0].row.fork_offset, 0);
    cr_assert_not(want_node(&b.w, &west->nodes[0]).primary);
}

Test(handover, no_other_node_of_the_target_becomes_its_first_meanwhile)
{
    reach_promoting();
    west->node_groups[0].row.switch_node_id = "west-002.0001";
    west->node_groups[0].row.switch_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_str_eq(west->node_groups[0].row.primary_node_id, "west-001.0001", "it may just have become primary");
    cr_assert_null(west->node_groups[0].row.switch_node_id);
    cr_assert(told("its region is to become primary"));
}

Test(handover, a_member_that_leaves_keeps_nobody_from_settling)
{
    start_failover();
    g->row.phase = PHASE_SETTLING;
    member("sa-east-1")->row.leaving = 1;
    south->nodes[0].row.seen_role = ROLE_PRIMARY;
    south->nodes[0].row.seen_fenced = 1;
    plan_world(&b.w);
    cr_assert(member("sa-east-1")->drop);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_null(plan_check(&b.w));
}

/* ---- what a primary did that was passed over ---- */

static void pass_over_east(void)
{
    start_failover();
    lose_touch("us-east-1");
    b.w.steady_ms += REACH_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    west->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_eq(member("eu-west-1")->row.role, MEMBER_PRIMARY);
    cr_assert_eq(east->node_groups[0].row.fork_offset, -1);
    build_see(&b, &south->nodes[0]);
    west->nodes[0].row.seen_branch_offset = 4000;
    west->nodes[0].row.seen_offset = 9999;
    plan_world(&b.w);
    cr_assert_eq(east->node_groups[0].row.fork_offset, 4000);
    cr_assert_eq(g->row.phase, PHASE_STEADY, "who is out of reach keeps nobody from being available");
}

Test(handover, writes_of_one_that_was_passed_over_are_counted_before_they_are_discarded)
{
    pass_over_east();
    struct want_node want = want_node(&b.w, &east->nodes[0]);
    cr_assert(want.primary && want.fence, "it takes no writes, and discards none, from the moment that it can be told");
    find_again("us-east-1");
    east->nodes[0].row.seen_offset = 4321;
    plan_world(&b.w);
    cr_assert_eq(east->node_groups[0].row.fork_offset, 4000, "they may be more, until it holds them");
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_counted_from = 3999; /* of a fork before */
    east->nodes[0].row.seen_counted = 12;
    plan_world(&b.w);
    cr_assert_eq(east->node_groups[0].row.fork_offset, 4000, "they are not counted yet");
    cr_assert_eq(want_node(&b.w, &east->nodes[0]).count_from, 4000);
    east->nodes[0].row.seen_counted_from = 4000;
    east->nodes[0].row.seen_counted = 1;
    plan_world(&b.w);
    cr_assert(told("Discarded 1 write (322 bytes of its stream) that east-001 took"));
    cr_assert_eq(east->node_groups[0].row.fork_offset, 0);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert_eq(want_node(&b.w, &east->nodes[0]).count_from, 0);
}

Test(handover, writes_that_can_not_be_counted_are_told_by_their_bytes)
{
    pass_over_east();
    find_again("us-east-1");
    east->nodes[0].row.seen_offset = 4321;
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_counted_from = 4000;
    east->nodes[0].row.seen_counted = -1;
    plan_world(&b.w);
    cr_assert(told("Discarded an unknown number of writes (322 bytes of its stream) that east-001 took"));
}

Test(handover, one_that_was_passed_over_and_died_took_its_writes_along)
{
    pass_over_east();
    find_again("us-east-1");
    east->nodes[0].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert(told("Discarded an unknown number of writes that east-001 took"));
    cr_assert_not(want_node(&b.w, &east->nodes[0]).primary);
}

Test(handover, a_member_that_leaves_keeps_what_it_has)
{
    pass_over_east();
    member("us-east-1")->row.leaving = 1;
    find_again("us-east-1");
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).fence);
}

Test(handover, an_old_primary_that_dies_while_the_new_one_is_called_back_is_passed_over)
{
    start_failover();
    g->row.phase = PHASE_WITHDRAWING;
    for (size_t i = 0; i < east->n_nodes; i++) east->nodes[i].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_expect_eq(g->row.phase, PHASE_PROMOTING);
    cr_expect_eq(west->node_groups[0].row.rise_offset, -1);
    cr_expect(told("was not waited for"));
}

Test(handover, a_region_that_is_gone_ends_the_failover_to_it)
{
    static const enum global_phase phases[] = {PHASE_PROMOTING, PHASE_WITHDRAWING};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        start_failover();
        g->row.phase = phases[i];
        g->row.switch_region = "ap-south-1";
        plan_world(&b.w);
        cr_expect_eq(g->row.phase, PHASE_STEADY, "from %s", global_phase_text(phases[i]));
    }
}

/* It was started as a replica without data, to get them back: as a primary it would empty all others. */
Test(handover, a_primary_that_is_being_revived_is_killed_where_a_failover_is_asked_for)
{
    east->nodes[0].row.seen_state = east->nodes[1].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    east->nodes[0].row.seen_state = SEEN_READY;
    east->nodes[0].row.seen_role = ROLE_REPLICA;
    east->nodes[0].row.seen_pid = 4711;
    plan_world(&b.w);
    start_failover();
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    cr_assert_eq(want_node(&b.w, &east->nodes[0]).promote_offset, INT64_MAX);
    cr_assert_eq(east->nodes[0].row.condemned_pid, 4711);
    east->nodes[0].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

/* The order names a process that has ended, and whoever decided about the next one is gone. */
Test(handover, a_new_primary_whose_datastore_goes_is_primary_by_itself)
{
    reach_promoting();
    west->nodes[0].row.promote_pid = 4710;
    west->nodes[0].row.seen_pid = 4711;
    west->nodes[1].row.seen_state = SEEN_EXITED;
    g->row.status = GLOBAL_DELETING;
    plan_world(&b.w);
    cr_assert(g->drop);
    cr_assert_eq(west->nodes[0].row.promote_pid, 4711);
    cr_assert_null(plan_unrest(&b.w));
}
