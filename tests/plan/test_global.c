#include "datastore.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(global, .init = datastore_setup, .fini = datastore_teardown);

Test(global, secondaries_follow_their_gateway_and_lead_their_replicas)
{
    struct want_node first = want_node(&b.w, &west->nodes[0]), second = want_node(&b.w, &west->nodes[1]);
    cr_assert_not(first.primary);
    cr_assert_str_eq(first.upstream_address, rg_endpoint(west, ENDPOINT_GATEWAY, "0001")->row.address);
    cr_assert_null(first.upstream_node);
    cr_assert_str_eq(second.upstream_address, west->nodes[0].row.address);
    cr_assert_str_eq(second.upstream_node, west->nodes[0].row.id);
    cr_assert(want_node(&b.w, &east->nodes[0]).primary);
}

Test(global, gateways_lead_to_the_primary_regions_first_node)
{
    cr_assert_eq(want_gateway_target(west, &west->node_groups[0]), &east->nodes[0]);
    cr_assert_null(want_gateway_target(east, &east->node_groups[0]));
}

Test(global, failover_fences_the_old_primary_first)
{
    start_failover();
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    cr_assert(want_node(&b.w, &east->nodes[0]).fence);
    cr_assert_not(want_node(&b.w, &west->nodes[0]).primary);
    cr_assert_leq(b.w.wake_ms, b.w.steady_ms + 10000);
}

Test(global, the_new_primary_waits_for_the_fenced_offset)
{
    start_failover();
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    struct want_node want = want_node(&b.w, &west->nodes[0]);
    cr_assert(want.primary);
    cr_assert_eq(want.promote_offset, 4711);
    cr_assert(want_node(&b.w, &east->nodes[0]).fence, "the old one stays fenced until it follows");
    cr_assert_eq(member("us-east-1")->row.role, MEMBER_PRIMARY, "roles flip when the new one takes writes, not before");
}

Test(global, roles_flip_when_the_new_primary_takes_writes)
{
    reach_promoting();
    west->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_eq(member("eu-west-1")->row.role, MEMBER_PRIMARY);
    cr_assert_eq(member("us-east-1")->row.role, MEMBER_SECONDARY);
    cr_assert_eq(member("sa-east-1")->row.role, MEMBER_SECONDARY);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
    cr_assert_eq(g->row.status, GLOBAL_MODIFYING);
    struct want_node old = want_node(&b.w, &east->nodes[0]);
    cr_assert_not(old.primary);
    cr_assert_not(old.fence);
    cr_assert_eq(want_gateway_target(south, &south->node_groups[0]), &west->nodes[0]);
}

Test(global, it_is_available_again_when_all_follow_the_new_primary)
{
    reach_promoting();
    west->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
    cr_assert_null(g->row.switch_region);
}

Test(global, a_dead_old_primary_is_not_waited_for)
{
    start_failover();
    east->nodes[0].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(want_node(&b.w, &west->nodes[0]).promote_offset, -1);
}

Test(global, an_old_primary_that_was_dead_when_its_region_fell_silent_is_waited_for)
{
    start_failover();
    east->nodes[0].row.seen_state = SEEN_EXITED;
    struct world_region *r = world_region(&b.w, "us-east-1");
    r->in_touch = r->obeys = false;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING, "it may have been started since");
    b.w.steady_ms = b.w.wake_ms;
    r->in_touch = true;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

Test(global, a_secondary_is_associated_when_its_group_is_available)
{
    g->row.status = GLOBAL_MODIFYING;
    member("eu-west-1")->row.status = MEMBER_ASSOCIATING;
    west->row.status = RG_CREATING;
    west->nodes[0].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(member("eu-west-1")->row.status, MEMBER_ASSOCIATING);
    cr_assert_eq(g->row.status, GLOBAL_MODIFYING);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(west->row.status, RG_AVAILABLE);
    cr_assert_eq(member("eu-west-1")->row.status, MEMBER_ASSOCIATED);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

Test(global, a_primary_is_associated_when_its_side_of_the_link_stands)
{
    g->row.status = GLOBAL_MODIFYING;
    member("us-east-1")->row.status = MEMBER_ASSOCIATING;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(member("us-east-1")->row.status, MEMBER_ASSOCIATED);
    bool told = false;
    for (struct world_event *e = b.w.events; e; e = e->next)
        told = told || strstr(e->message, " associated with global datastore ldgnf-g as primary");
    cr_assert(told);
}

Test(global, a_member_that_leaves_is_associated_until_it_takes_writes)
{
    g->row.status = GLOBAL_MODIFYING;
    member("eu-west-1")->row.leaving = 1;
    west->row.status = RG_MODIFYING;
    plan_world(&b.w);
    cr_assert_not(member("eu-west-1")->drop);
    cr_assert(want_node(&b.w, &west->nodes[0]).primary);
    build_see(&b, &west->nodes[0]);
    plan_world(&b.w);
    cr_assert(member("eu-west-1")->drop);
    cr_assert_eq(west->row.status, RG_AVAILABLE);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
    cr_assert_null(rg_endpoint(west, ENDPOINT_GATEWAY, "0001"));
}

Test(global, the_last_secondary_leaves_it_primary_only)
{
    g->row.status = GLOBAL_MODIFYING;
    member("eu-west-1")->drop = member("sa-east-1")->drop = true;
    plan_world(&b.w);
    cr_assert_eq(g->row.status, GLOBAL_PRIMARY_ONLY);
}

Test(global, deletion_frees_the_primary_group_and_leaves_it_alone)
{
    member("eu-west-1")->drop = member("sa-east-1")->drop = true;
    g->row.status = GLOBAL_DELETING;
    plan_world(&b.w);
    cr_assert(g->drop);
    cr_assert(member("us-east-1")->drop);
    cr_assert_not(east->drop);
    cr_assert_null(rg_endpoint(east, ENDPOINT_GATEWAY, "0001"));
}

static void die(struct world_node *n)
{
    n->row.seen_state = SEEN_EXITED;
    n->row.seen_since_ms = b.w.steady_ms;
}

Test(global, a_dead_lone_primary_gets_its_data_back_from_a_secondary)
{
    cr_assert(want_node(&b.w, &east->nodes[0]).hold, "it must not come back empty by itself");
    die(&east->nodes[0]);
    west->nodes[0].row.seen_offset = 10;
    south->nodes[0].row.seen_offset = 20;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_str_eq(g->row.switch_region, "sa-east-1", "from the one that got furthest");
    struct want_node giver = want_node(&b.w, &south->nodes[0]), dead = want_node(&b.w, &east->nodes[0]);
    cr_assert(giver.primary && giver.fence, "it gives, but takes no writes");
    cr_assert_not(dead.primary);
    cr_assert_str_eq(dead.upstream_address, rg_endpoint(east, ENDPOINT_GATEWAY, "0001")->row.address);
    cr_assert_null(want_gateway_target(east, &east->node_groups[0]), "not before the giver can give");
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

Test(global, a_revived_primary_takes_writes_once_it_has_all_and_the_giver_follows_again)
{
    die(&east->nodes[0]);
    plan_world(&b.w);
    struct world_rg *giver = strcmp(g->row.switch_region, "eu-west-1") == 0 ? west : south;
    build_see(&b, &giver->nodes[0]);
    giver->nodes[0].row.seen_offset = 99;
    plan_world(&b.w);
    cr_assert_eq(want_gateway_target(east, &east->node_groups[0]), &giver->nodes[0]);
    build_see(&b, &east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
    cr_assert_eq(want_node(&b.w, &east->nodes[0]).promote_offset, 99);
    cr_assert(want_node(&b.w, &giver->nodes[0]).fence);
    east->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &giver->nodes[0]).primary);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(member("us-east-1")->row.role, MEMBER_PRIMARY);
}

Test(global, without_any_living_secondary_a_dead_primary_is_restarted_in_place)
{
    die(&west->nodes[0]);
    die(&south->nodes[0]);
    cr_assert(want_node(&b.w, &east->nodes[0]).hold);
    die(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).hold);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert(want_node(&b.w, &east->nodes[0]).primary);
}

Test(global, automatic_failover_in_the_region_comes_before_revival)
{
    east->row.automatic_failover = FAILOVER_ENABLED;
    die(&east->nodes[0]);
    east->nodes[1].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001");
}

Test(global, a_replica_that_has_not_told_its_last_offset_comes_before_revival_too)
{
    east->row.automatic_failover = FAILOVER_ENABLED;
    die(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    b.w.steady_ms = b.w.wake_ms;
    plan_world(&b.w);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001");
    cr_assert_eq(g->row.phase, PHASE_STEADY);
}

Test(global, a_replica_that_loads_what_it_saved_comes_before_revival_but_not_for_ever)
{
    east->row.automatic_failover = FAILOVER_ENABLED;
    die(&east->nodes[0]);
    east->nodes[1].row.seen_state = SEEN_STARTING;
    east->nodes[1].row.seen_loads = 1;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY, "it may have more than any other region");
    cr_assert(want_node(&b.w, &east->nodes[0]).hold);
    b.w.steady_ms += WANT_SAVED_MS;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
}

/* As a Redis tells of a replica that was started again and has not linked since. */
static void start_empty(struct world_node *n)
{
    n->row.seen_link_up = 0;
    n->row.seen_offset = 1;
}

static void lose_to_an_empty_replica(int64_t offset_of_west)
{
    east->row.automatic_failover = FAILOVER_ENABLED;
    west->nodes[0].row.seen_offset = offset_of_west;
    start_empty(&east->nodes[1]);
    die(&east->nodes[0]);
    plan_world(&b.w);
}

Test(global, a_replica_that_holds_nothing_comes_after_a_region_that_has_the_data)
{
    lose_to_an_empty_replica(4711);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-001.0001");
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_str_eq(g->row.switch_region, "eu-west-1");
    cr_assert_not(want_node(&b.w, &east->nodes[0]).hold, "it starts as a replica of the one that has the data");
    cr_assert_not(want_node(&b.w, &east->nodes[0]).primary);
}

Test(global, nor_does_an_empty_replica_have_another_process_than_the_chosen_one_go_on)
{
    struct row_node *first = &east->nodes[0].row;
    east->row.automatic_failover = FAILOVER_ENABLED;
    west->nodes[0].row.seen_offset = 4711;
    first->promote_pid = 100;
    first->seen_pid = 101;
    first->seen_role = ROLE_REPLICA;
    start_empty(&east->nodes[0]);
    start_empty(&east->nodes[1]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_eq(first->promote_pid, 0, "it is to be a replica");
}

Test(global, a_replica_that_holds_nothing_is_better_than_nobody)
{
    lose_to_an_empty_replica(1);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001", "no region has anything");
}

Test(global, a_region_out_of_reach_keeps_no_empty_replica_from_its_turn)
{
    world_region(&b.w, "eu-west-1")->in_touch = false;
    world_region(&b.w, "eu-west-1")->isolated = true;
    lose_to_an_empty_replica(4711);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001");
}

Test(global, a_replica_that_holds_nothing_waits_for_a_region_that_starts_but_not_for_ever)
{
    for (size_t i = 0; i < 2; i++) west->nodes[i].row.seen_state = SEEN_STOPPED;
    lose_to_an_empty_replica(0);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-001.0001", "it may bring the data");
    cr_assert(want_node(&b.w, &east->nodes[0]).hold);
    b.w.steady_ms += WANT_SECONDARY_MS;
    plan_world(&b.w);
    cr_assert_str_eq(east->node_groups[0].row.primary_node_id, "east-002.0001");
}

Test(global, a_target_that_dies_before_it_is_primary_stays_down_and_the_old_one_stays)
{
    reach_promoting();
    cr_assert(want_node(&b.w, &west->nodes[0]).hold, "it must not come back as an empty primary");
    cr_assert_not_null(want_node(&b.w, &west->nodes[0]).upstream_address, "nor as a primary before its time");
    die(&west->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING, "its next process may have become primary before it was seen");
    cr_assert(want_node(&b.w, &east->nodes[0]).fence);
    cr_assert(want_node(&b.w, &west->nodes[0]).hold);
    struct row_global_replication_group ordered = g->row;
    g->stored = &ordered;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
    cr_assert_eq(member("us-east-1")->row.role, MEMBER_PRIMARY);
    cr_assert(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).fence);
    cr_assert_not(want_node(&b.w, &west->nodes[0]).primary);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

Test(global, a_target_that_a_replica_can_replace_is_replaced_and_promoted)
{
    west->row.automatic_failover = FAILOVER_ENABLED;
    reach_promoting();
    die(&west->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    b.w.steady_ms += 50;
    plan_world(&b.w);
    cr_assert_str_eq(west->node_groups[0].row.primary_node_id, "west-002.0001");
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert(want_node(&b.w, &west->nodes[1]).primary);
}

Test(global, a_new_primary_that_dies_while_others_settle_is_revived)
{
    reach_promoting();
    west->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    build_see_all(&b);
    g->row.phase = PHASE_SETTLING;
    die(&west->nodes[0]);
    east->nodes[0].row.seen_link_up = south->nodes[0].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
}

/* Everything has died: it is told to start before another region answers, and may have taken writes by then. */
Test(global, a_dead_primary_that_was_let_start_is_held_down_again_before_it_is_revived)
{
    struct row_node stored;
    for (size_t i = 0; i < b.w.n_nodes; i++) die(&b.nodes[i]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).hold, "nobody has its data");
    build_see(&b, &west->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY, "it may be starting");
    cr_assert(want_node(&b.w, &east->nodes[0]).hold);
    stored = east->nodes[0].row;
    east->nodes[0].stored = &stored;
    world_region(&b.w, "us-east-1")->obeys = false;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY, "its agent has not taken that order yet");
    world_region(&b.w, "us-east-1")->obeys = true;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
}

/* It is let start, and may have taken writes before the failover is asked for. */
Test(global, a_dead_primary_that_was_let_start_is_held_down_again_before_it_is_passed_over)
{
    struct row_node stored;
    for (size_t i = 0; i < b.w.n_nodes; i++) die(&b.nodes[i]);
    plan_world(&b.w);
    build_see(&b, &west->nodes[0]);
    start_failover();
    world_region(&b.w, "us-east-1")->obeys = false;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING, "it may be starting");
    cr_assert(want_node(&b.w, &east->nodes[0]).hold);
    stored = east->nodes[0].row;
    east->nodes[0].stored = &stored;
    world_region(&b.w, "us-east-1")->obeys = true;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

/* In a phase that ends, and with it the order to hold its writes. */
Test(global, a_primary_that_was_let_start_during_a_failover_counts_as_let_start_afterwards)
{
    reach_promoting();
    die(&west->nodes[0]);
    die(&west->nodes[1]);
    die(&east->nodes[0]);
    die(&east->nodes[1]);
    die(&south->nodes[0]);
    world_region(&b.w, "eu-west-1")->obeys = false;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).hold);
    build_see(&b, &west->nodes[0]);
    g->row.phase = PHASE_STEADY;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY, "it may be starting");
    cr_assert_eq(east->nodes[0].row.release, RELEASE_RECALLED);
}

Test(global, a_primary_that_was_let_start_in_time_is_not_revived)
{
    for (size_t i = 0; i < b.w.n_nodes; i++) die(&b.nodes[i]);
    plan_world(&b.w);
    build_see(&b, &west->nodes[0]);
    build_see(&b, &east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(east->nodes[0].row.release, RELEASE_NONE);
}

Test(global, a_primary_that_dies_while_it_is_revived_is_started_again)
{
    die(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_not(want_node(&b.w, &east->nodes[0]).hold, "it has nothing to lose");
}

Test(global, a_giver_that_dies_while_the_primary_returns_is_not_waited_for)
{
    die(&east->nodes[0]);
    die(&south->nodes[0]);
    plan_world(&b.w);
    build_see(&b, &west->nodes[0]);
    west->nodes[0].row.seen_offset = 99;
    plan_world(&b.w);
    build_see(&b, &east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
    die(&west->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(want_node(&b.w, &east->nodes[0]).promote_offset, -1);
}

Test(global, a_hung_primary_that_is_to_be_replaced_is_killed_first)
{
    start_failover();
    east->nodes[0].row.seen_state = SEEN_HUNG;
    east->nodes[0].row.seen_pid = 4711;
    east->nodes[0].row.seen_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_eq(east->nodes[0].row.condemned_pid, 0, "nobody but it has its last writes: it gets a moment to wake up");
    b.w.steady_ms += 8000;
    plan_world(&b.w);
    cr_assert_eq(east->nodes[0].row.condemned_pid, 4711);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    die(&east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

Test(global, a_giver_that_dies_while_it_gives_is_replaced_by_another_region)
{
    die(&east->nodes[0]);
    south->nodes[0].row.seen_offset = 20;
    plan_world(&b.w);
    cr_assert_str_eq(g->row.switch_region, "sa-east-1");
    cr_assert(want_node(&b.w, &south->nodes[0]).hold, "it must not come back empty and give that");
    die(&south->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_str_eq(g->row.switch_region, "eu-west-1");
}

Test(global, a_primary_that_returns_keeps_its_link_and_gets_all_that_the_giver_has)
{
    die(&east->nodes[0]);
    die(&south->nodes[0]);
    plan_world(&b.w);
    build_see(&b, &west->nodes[0]);
    west->nodes[0].row.seen_offset = 99;
    plan_world(&b.w);
    build_see(&b, &east->nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
    cr_assert_eq(want_gateway_target(east, &east->node_groups[0]), &west->nodes[0], "the last writes are still to come");
    east->nodes[0].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING, "an agent that starts again is no reason to lose anything");
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING, "it may have become primary before");
    east->nodes[0].row.seen_state = SEEN_READY;
    east->nodes[0].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING, "it begins anew");
    cr_assert_not(want_node(&b.w, &east->nodes[0]).primary);
    cr_assert(want_node(&b.w, &west->nodes[0]).fence);
    east->nodes[0].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING, "it became primary in the last moment, with everything");
}

Test(global, an_old_primary_whose_agent_starts_again_is_waited_for)
{
    start_failover();
    east->nodes[0].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    build_see(&b, &east->nodes[0]);
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
    east->nodes[0].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_eq(want_node(&b.w, &west->nodes[0]).promote_offset, 4711);
}

Test(global, a_new_version_comes_to_the_secondaries_first_and_then_to_the_primary)
{
    g->row.status = GLOBAL_MODIFYING;
    g->row.engine_version = "7.2.0";
    plan_world(&b.w);
    cr_assert_str_eq(west->row.engine_version, "7.2.0");
    cr_assert_eq(south->row.status, RG_MODIFYING);
    cr_assert_str_eq(east->row.engine_version, "7.1.0");
    for (int i = 0; i < 20 && g->row.status != GLOBAL_AVAILABLE; i++) {
        if (strcmp(b.clusters[0].row.engine_version, "7.2.0") != 0) cr_assert_str_eq(east->row.engine_version, "7.1.0");
        build_see_all(&b);
        for (size_t k = 0; k < b.w.n_nodes; k++) b.nodes[k].row.seen_binary = "/usr/bin/redis-server";
        plan_world(&b.w);
    }
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
    for (size_t i = 0; i < b.w.n_clusters; i++) cr_assert_str_eq(b.clusters[i].row.engine_version, "7.2.0");
}

Test(global, it_is_being_modified_as_long_as_a_member_is)
{
    g->row.status = GLOBAL_MODIFYING;
    east->row.status = RG_MODIFYING;
    b.nodes[3].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_eq(g->row.status, GLOBAL_MODIFYING);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(g->row.status, GLOBAL_AVAILABLE);
}

Test(global, a_member_that_a_snapshot_is_taken_of_gets_a_new_version_all_the_same)
{
    g->row.status = GLOBAL_MODIFYING;
    g->row.engine_version = "7.2.0";
    south->row.status = RG_SNAPSHOTTING;
    plan_world(&b.w);
    cr_assert_eq(south->row.status, RG_MODIFYING);
}

Test(global, one_without_a_secondary_is_primary_only)
{
    g->row.status = GLOBAL_CREATING;
    for (size_t i = 0; i < b.w.n_members; i++) b.members[i].drop = b.members[i].row.role == MEMBER_SECONDARY;
    plan_world(&b.w);
    cr_assert_eq(g->row.status, GLOBAL_PRIMARY_ONLY);
}
