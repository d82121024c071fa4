#include "base/arena.h"
#include "build.h"
#include "plan/check.h"
#include "plan/shard.h"
#include <criterion/criterion.h>
#include <string.h>
/* A failover between regions in cluster mode: each shard hands over by itself, and all together or none. */

enum { SHARDS = 2, NODES = 2, FENCE_LIMIT = 10000 };

static struct arena a;
static struct build b;
static struct world_global *g;
static struct world_rg *east, *west;

static void setup(void)
{
    build_init(&b, &a);
    build_shards(&b, "eu-west-1", "west", "available", SHARDS, NODES);
    build_shards(&b, "us-east-1", "east", "available", SHARDS, NODES);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    build_link(&b);
    g = &b.globals[0];
    west = build_find(&b, "eu-west-1", "west");
    east = build_find(&b, "us-east-1", "east");
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

static void teardown(void)
{
    arena_fini(&a);
    memset(&a, 0, sizeof a);
}

TestSuite(shard_handover, .init = setup, .fini = teardown);

static struct world_node *first_of(struct world_rg *rg, int shard)
{
    return rg_primary(&rg->node_groups[shard]);
}

static void start_failover(void)
{
    g->row.status = GLOBAL_MODIFYING;
    g->row.phase = PHASE_FENCING;
    g->row.phase_since_ms = b.w.steady_ms;
    g->row.switch_region = "eu-west-1";
}

static void fence(int shard, int64_t offset)
{
    first_of(east, shard)->row.seen_fenced = 1;
    first_of(east, shard)->row.seen_offset = offset;
}

static void reach_promoting(void)
{
    start_failover();
    fence(0, 100);
    fence(1, 200);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

static void promote(int shard)
{
    struct world_node *n = first_of(west, shard);
    n->row.seen_role = ROLE_PRIMARY;
    n->row.seen_upstream = NULL;
    n->row.seen_link_up = 0;
}

static void reach_offsets(void)
{
    reach_promoting();
    first_of(west, 0)->row.seen_offset = 100;
    first_of(west, 1)->row.seen_offset = 200;
    plan_world(&b.w);
}

/* Without a replica in its region that could take its place. */
static void lose(struct world_rg *rg, int shard)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (ng_has(&rg->node_groups[shard], &rg->nodes[i])) {
            rg->nodes[i].row.seen_state = SEEN_EXITED;
            rg->nodes[i].row.seen_since_ms = b.w.steady_ms;
        }
}

static int64_t promote_offset(int shard)
{
    return want_node(&b.w, first_of(west, shard)).promote_offset;
}

Test(shard_handover, all_shards_hold_their_writes_before_any_is_to_become_primary)
{
    start_failover();
    fence(0, 100);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    cr_assert(want_node(&b.w, first_of(east, 0)).fence && want_node(&b.w, first_of(east, 1)).fence);
    cr_assert_not(want_node(&b.w, first_of(west, 0)).primary);
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING, "given up");
    bool told = false;
    for (struct world_event *e = b.w.events; e; e = e->next) told |= strstr(e->message, "east-0002-001 could not hold") != NULL;
    cr_assert(told, "and told of the shard that it was given up for");
}

Test(shard_handover, none_becomes_primary_before_all_have_reached_their_offsets)
{
    reach_promoting();
    cr_assert(want_node(&b.w, first_of(west, 0)).primary);
    cr_assert_eq(promote_offset(0), INT64_MAX);
    first_of(west, 0)->row.seen_offset = 100;
    plan_world(&b.w);
    cr_assert_eq(promote_offset(0), INT64_MAX, "the other one may not get there");
    first_of(west, 1)->row.seen_offset = 200;
    plan_world(&b.w);
    cr_assert_eq(promote_offset(0), 100);
    cr_assert_eq(promote_offset(1), 200);
}

Test(shard_handover, replicas_follow_the_source_until_their_primary_has_become_one)
{
    reach_offsets();
    struct world_node *replica = &west->nodes[1];
    cr_assert_not_null(want_node(&b.w, replica).source_address);
    promote(0);
    cr_assert_null(want_node(&b.w, replica).source_address);
}

Test(shard_handover, roles_flip_once_all_take_writes)
{
    reach_offsets();
    promote(0);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert(want_node(&b.w, first_of(east, 1)).fence, "the old primary of the other shard holds its writes on");
    cr_assert_null(plan_check(&b.w));
    promote(1);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
    cr_assert_eq(east->member->row.role, MEMBER_SECONDARY);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_STEADY);
    cr_assert_eq(west->node_groups[0].row.rise_offset, -1);
}

Test(shard_handover, once_one_takes_writes_nothing_is_given_up)
{
    reach_offsets();
    promote(0);
    first_of(west, 1)->row.seen_offset = 150; /* another process, which gets the rest once more */
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(promote_offset(1), 200);
}

Test(shard_handover, a_target_that_is_lost_calls_the_others_back_only_before_one_takes_writes)
{
    reach_offsets();
    lose(west, 1);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    cr_assert_eq(promote_offset(0), INT64_MAX);
    promote(0); /* by the order before */
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING, "nobody else is there to become primary");
    cr_assert_eq(west->member->row.role, MEMBER_PRIMARY);
}

Test(shard_handover, one_that_became_primary_while_it_was_called_back_takes_the_others_along)
{
    reach_promoting();
    b.w.steady_ms += FENCE_LIMIT;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_WITHDRAWING);
    first_of(west, 1)->row.seen_offset = 200;
    promote(0);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(promote_offset(1), 200);
}

Test(shard_handover, a_shard_whose_old_primary_is_dead_waits_for_nothing_and_the_others_for_their_writes)
{
    lose(east, 1);
    start_failover();
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
    fence(0, 100);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(west->node_groups[0].row.rise_offset, 100);
    cr_assert_eq(west->node_groups[1].row.rise_offset, -1);
    cr_assert_eq(promote_offset(1), INT64_MAX, "nor does it become primary alone");
    first_of(west, 0)->row.seen_offset = 100;
    plan_world(&b.w);
    cr_assert_eq(promote_offset(1), -1);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
}

Test(shard_handover, an_old_primary_that_dies_in_between_is_not_waited_for)
{
    reach_promoting();
    lose(east, 1);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(west->node_groups[0].row.rise_offset, 100);
    cr_assert_eq(west->node_groups[1].row.rise_offset, -1);
}

Test(shard_handover, each_shard_of_a_region_out_of_reach_has_a_fork_of_its_own)
{
    start_failover();
    struct world_region *r = world_region(&b.w, "us-east-1");
    r->in_touch = r->obeys = false;
    r->heard_ms = b.w.steady_ms;
    b.w.steady_ms += 40000;
    plan_world(&b.w);
    cr_assert_eq(promote_offset(0), -1);
    for (int i = 0; i < SHARDS; i++) {
        promote(i);
        first_of(west, i)->row.seen_branch_offset = 1000 * (i + 1);
    }
    plan_world(&b.w);
    cr_assert_eq(east->node_groups[0].row.fork_offset, 1000);
    cr_assert_eq(east->node_groups[1].row.fork_offset, 2000);
}

/* ---- a shard that gets its data back ---- */

static void reach_reviving(void)
{
    lose(east, 1);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
}

Test(shard_handover, a_lost_shard_gets_its_data_back_and_the_others_go_on)
{
    reach_reviving();
    cr_assert_eq(east->node_groups[0].row.reviving, 0);
    cr_assert_eq(east->node_groups[1].row.reviving, 1);
    struct want_node lost = want_node(&b.w, first_of(east, 1)), giver = want_node(&b.w, first_of(west, 1));
    cr_assert(!lost.primary && lost.upstream_address);
    cr_assert(giver.primary && giver.fence);
    struct want_node other = want_node(&b.w, first_of(east, 0)), follower = want_node(&b.w, first_of(west, 0));
    cr_assert(other.primary && !other.fence);
    cr_assert(!follower.primary && follower.upstream_address);
    cr_assert_null(plan_check(&b.w));
}

Test(shard_handover, an_empty_replica_of_a_shard_comes_after_the_region_that_has_the_shards_data)
{
    struct world_node *dead = first_of(east, 1);
    lose(east, 1);
    for (size_t i = 0; i < east->n_nodes; i++) {
        struct world_node *n = &east->nodes[i];
        if (n == dead || !ng_has(&east->node_groups[1], n)) continue;
        n->row.seen_state = SEEN_READY; /* started again, and not linked since */
        n->row.seen_link_up = 0;
        n->row.seen_offset = 1;
    }
    first_of(west, 1)->row.seen_offset = 300;
    plan_world(&b.w);
    cr_assert_eq(first_of(east, 1), dead);
    cr_assert_eq(g->row.phase, PHASE_REVIVING);
    cr_assert_eq(east->node_groups[1].row.reviving, 1);
}

Test(shard_handover, a_revived_shard_returns_at_the_offset_of_its_giver)
{
    reach_reviving();
    build_see(&b, first_of(west, 1));
    first_of(west, 1)->row.seen_offset = 300;
    first_of(west, 1)->row.seen_link_up = 0;
    plan_world(&b.w);
    build_see(&b, first_of(east, 1));
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
    cr_assert_eq(want_node(&b.w, first_of(east, 1)).promote_offset, 300);
    cr_assert_eq(want_node(&b.w, first_of(east, 0)).promote_offset, -1);
    build_see(&b, first_of(east, 1));
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
    cr_assert_not(want_node(&b.w, first_of(west, 1)).primary);
}

Test(shard_handover, a_shard_that_dies_later_does_not_keep_the_first_from_its_data)
{
    reach_reviving();
    build_see(&b, first_of(west, 1));
    first_of(west, 1)->row.seen_offset = 300;
    first_of(west, 1)->row.seen_link_up = 0;
    plan_world(&b.w);
    build_see(&b, first_of(east, 1));
    lose(east, 0);
    first_of(east, 1)->shard_node->row.seen_state = REDIS_CLUSTER_FAIL;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_RETURNING);
}

/* ---- slots that move ---- */

/* Slot 0 is to go to the second shard; it has not moved yet. */
static void begin_move(void)
{
    static const char *const wanted[] = {"1-8191", "0 8192-16383"};
    build_resharding(&b, "eu-west-1", "west", SHARDS, SHARDS);
    build_resharding(&b, "us-east-1", "east", SHARDS, SHARDS);
    west->resharding = &b.reshardings[0];
    east->resharding = &b.reshardings[1];
    g->row.status = GLOBAL_MODIFYING;
    west->row.status = east->row.status = RG_MODIFYING;
    for (int i = 0; i < SHARDS; i++) {
        west->node_groups[i].row.status = east->node_groups[i].row.status = NODE_GROUP_MODIFYING;
        east->node_groups[i].shard->row.slots_wanted = wanted[i];
        west->node_groups[i].shard->row.slots_wanted = west->node_groups[i].row.slots;
    }
    plan_world(&b.w);
}

static void claim(struct world_rg *rg)
{
    first_of(rg, 0)->shard_node->row.seen_slots = "1-8191";
    first_of(rg, 1)->shard_node->row.seen_slots = "0 8192-16383";
    first_of(rg, 1)->shard_node->row.seen_epoch = 2;
    plan_world(&b.w);
}

Test(shard_handover, a_secondary_s_slots_move_once_those_of_the_primary_have)
{
    struct slot_move *moves;
    begin_move();
    cr_assert_eq(shard_moves(&b.w, east, &moves), 1);
    cr_assert_eq(shard_moves(&b.w, west, &moves), 0);
    claim(east);
    cr_assert_not(west->resharding->drop, "its own have not moved yet");
    cr_assert_eq(shard_moves(&b.w, west, &moves), 1);
    cr_assert_str_eq(moves[0].slots, "0");
    claim(west);
    cr_assert(east->resharding->drop);
    cr_assert(west->resharding->drop);
    cr_assert_str_eq(west->node_groups[1].row.slots, east->node_groups[1].row.slots);
}

Test(shard_handover, slots_move_only_while_every_secondary_is_ready_and_nothing_else_is_under_way)
{
    begin_move();
    cr_assert(reshard_may_move(&b.w, east));
    first_of(west, 1)->row.seen_link_up = 0;
    cr_assert_not(reshard_may_move(&b.w, east));
    first_of(west, 1)->row.seen_link_up = 1;
    g->row.phase = PHASE_REVIVING;
    cr_assert_not(reshard_may_move(&b.w, east));
}

Test(shard_handover, an_emptied_shard_stays_until_no_secondary_has_slots_in_it)
{
    begin_move();
    east->node_groups[0].shard->row.leaving = 1;
    east->node_groups[0].shard->row.slots_wanted = "";
    east->node_groups[1].shard->row.slots_wanted = "0-16383";
    first_of(east, 0)->shard_node->row.seen_slots = "";
    first_of(east, 1)->shard_node->row.seen_slots = "0-16383";
    first_of(east, 1)->shard_node->row.seen_epoch = 2;
    plan_world(&b.w);
    cr_assert_eq(first_of(east, 0)->row.want, WISH_RUN, "the secondary's shard gets the last keys' going from it");
    first_of(west, 0)->shard_node->row.seen_slots = "";
    first_of(west, 1)->shard_node->row.seen_slots = "0-16383";
    first_of(west, 1)->shard_node->row.seen_epoch = 2;
    plan_world(&b.w);
    cr_assert_eq(first_of(east, 0)->row.want, WISH_GONE);
    cr_assert_eq(first_of(west, 0)->row.want, WISH_GONE);
}

Test(shard_handover, slots_come_to_rest_before_writes_are_held)
{
    static struct row_resharding stored;
    begin_move();
    start_failover();
    first_of(east, 0)->shard_node->row.seen_moving = 1;
    plan_world(&b.w);
    cr_assert(reshard_is_given_up(east));
    cr_assert_not(want_node(&b.w, first_of(east, 0)).fence);
    stored = east->resharding->row;
    east->resharding->stored = &stored;
    cr_assert_not(want_node(&b.w, first_of(east, 0)).fence, "one is in flight still");
    first_of(east, 0)->shard_node->row.seen_moving = 0;
    first_of(east, 1)->shard_node->row.seen_agrees = 0; /* so that the change has not ended yet */
    plan_world(&b.w);
    cr_assert_not(east->resharding->drop);
    cr_assert(want_node(&b.w, first_of(east, 0)).fence);
    world_region(&b.w, "us-east-1")->obeys = false;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, first_of(east, 0)).fence, "other orders that are on their way let no writes in");
}

Test(shard_handover, a_member_that_became_secondary_weighs_no_shards_after_the_change)
{
    begin_move();
    west->row.weighing_ms = 5;
    claim(east);
    claim(west);
    cr_assert(west->resharding->drop);
    cr_assert_eq(west->row.weighing_ms, 0);
}

Test(shard_handover, the_next_primary_has_the_old_one_s_slots)
{
    start_failover();
    west->node_groups[0].row.slots = "1-8191";
    west->node_groups[1].row.slots = "0 8192-16383";
    first_of(west, 0)->shard_node->row.seen_slots = "";
    fence(0, 100);
    fence(1, 200);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_FENCING);
}

/* It holds no slot, so nobody has written to it; the target's may be gone already. */
Test(shard_handover, an_emptied_shard_is_not_handed_over)
{
    for (size_t i = 0; i < 2; i++) {
        struct world_rg *rg = i ? west : east;
        rg->node_groups[0].row.slots = "0-16383";
        rg->node_groups[1].row.slots = "";
        rg->node_groups[1].shard->row.leaving = 1;
    }
    first_of(east, 0)->shard_node->row.seen_slots = first_of(west, 0)->shard_node->row.seen_slots = "0-16383";
    first_of(east, 1)->shard_node->row.seen_slots = first_of(west, 1)->shard_node->row.seen_slots = "";
    start_failover();
    fence(0, 100);
    first_of(west, 0)->row.seen_offset = 100;
    lose(west, 1);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    cr_assert_eq(promote_offset(0), 100);
    west->node_groups[1].drop = true;
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_PROMOTING);
    promote(0);
    plan_world(&b.w);
    cr_assert_eq(g->row.phase, PHASE_SETTLING);
}
