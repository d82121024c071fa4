#include "base/arena.h"
#include "build.h"
#include "plan/settings.h"
#include "plan/shard.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct world_rg *rg;

/* Three shards of one node each; what is asked for is written by the tests. Everybody has seen everybody. */
static void setup(void)
{
    build_init(&b, &a);
    build_shards(&b, "us-east-1", "c", "modifying", 3, 1);
    build_resharding(&b, "us-east-1", "c", 3, 1);
    b.node_groups[0].row.slots = "0-4999";
    b.node_groups[1].row.slots = "5000-9999";
    b.node_groups[2].row.slots = "10000-16383";
    build_link(&b);
    rg = &b.rgs[0];
    rg->resharding->drop = true;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    rg->resharding->drop = false;
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(reshard, .init = setup, .fini = teardown);

static void want(const char *one, const char *two, const char *three)
{
    const char *all[] = {one, two, three};
    for (int i = 0; i < 3; i++) {
        b.shards[i].row.slots_wanted = all[i];
        b.shards[i].row.leaving = *all[i] == '\0';
        b.node_groups[i].row.status = NODE_GROUP_MODIFYING;
    }
    rg->row.status = RG_MODIFYING;
    plan_world(&b.w);
}

static int64_t limit(void)
{
    return settings_memory(&b.w, &b.clusters[0].row, b.clusters[0].row.node_type);
}

static void answer(int i, int64_t used, int64_t data)
{
    b.nodes[i].row.seen_weighed = rg->row.weighing_ms;
    b.nodes[i].row.seen_used = used;
    b.nodes[i].row.seen_data = data;
}

static bool told(const char *message)
{
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strcmp(e->message, message) == 0) return true;
    return false;
}

static int moves(void)
{
    struct slot_move *list;
    return (int)shard_moves(&b.w, rg, &list);
}

static void weigh(void)
{
    rg->row.weighing_ms = b.w.steady_ms;
    want("0-16383", "", "");
}

#define NO_ROOM                                                                                                                \
    "Failed to modify number of node groups from 3 to 1 for replication group c: the remaining node groups have insufficient " \
    "memory"

Test(reshard, nothing_moves_before_all_have_told_how_much_they_hold)
{
    weigh();
    cr_assert_eq(moves(), 0);
    answer(0, 100, 50);
    answer(1, 100, 50);
    plan_world(&b.w);
    cr_assert_eq(moves(), 0);
    answer(2, 100, 50);
    plan_world(&b.w);
    cr_assert_eq(moves(), 2);
    cr_assert_null(rg->resharding->row.given_up);
}

Test(reshard, what_has_no_room_is_not_begun)
{
    static const struct {
        const char *what;
        int64_t left[3]; /* of the limit, that is not used */
        int64_t data[3];
        bool fits;
    } table[] = {
        {"all of it fits just so", {200000, 0, 0}, {0, 100000, 95760}, true},
        {"one shard too many", {150000, 0, 0}, {0, 100000, 95760}, false},
        {"only what goes with the keys counts", {200000, 0, 0}, {0, 0, 0}, true},
        {"a full shard gets nothing", {0, 0, 0}, {0, 100000, 100000}, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        weigh();
        for (int k = 0; k < 3; k++) answer(k, limit() - table[i].left[k], table[i].data[k]);
        plan_world(&b.w);
        cr_expect_eq(moves(), table[i].fits ? 2 : 0, "%s", table[i].what);
        cr_expect_eq(rg->row.status, table[i].fits ? RG_MODIFYING : RG_AVAILABLE, "%s", table[i].what);
        cr_expect_eq(told(NO_ROOM), !table[i].fits, "%s", table[i].what);
        b.w.events = NULL;
        b.w.steady_ms++;
        rg->resharding->drop = false;
        rg->resharding->row.given_up = NULL;
    }
}

Test(reshard, one_that_is_not_begun_leaves_all_shards_as_they_are)
{
    weigh();
    for (int k = 0; k < 3; k++) answer(k, limit(), 1000000);
    plan_world(&b.w);
    cr_assert(rg->resharding->drop);
    cr_assert_str_eq(b.node_groups[1].row.slots, "5000-9999");
    for (int k = 0; k < 3; k++) {
        cr_expect_null(b.shards[k].row.slots_wanted);
        cr_expect_eq(b.shards[k].row.leaving, 0);
        cr_expect_eq(b.nodes[k].row.want, WISH_RUN);
    }
    cr_assert_not(told("Finished rebalancing slots of replication group c"));
}

Test(reshard, who_does_not_tell_in_time_ends_it)
{
    weigh();
    answer(0, 1, 1);
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert(
        told("Failed to modify number of node groups from 3 to 1 for replication group c: a node did not tell in time how much "
             "memory it uses"));
}

/* The second is empty and the third half full when the agent tells that it can't go on. */
static void get_stuck(void)
{
    want("0-16383", "", "");
    b.node_groups[0].row.slots = "0-12000";
    b.node_groups[1].row.slots = "";
    b.node_groups[2].row.slots = "12001-16383";
    build_see_all(&b);
    b.nodes[0].shard_node->row.seen_moving = b.nodes[2].shard_node->row.seen_moving = 1;
    plan_world(&b.w);
    cr_assert_eq(moves(), 1);
    rg->resharding->row.seen_stuck = "OOM command not allowed";
    plan_world(&b.w);
}

Test(reshard, one_that_is_stuck_is_given_up_and_slots_in_flight_come_to_rest_first)
{
    get_stuck();
    cr_assert(reshard_is_given_up(rg));
    cr_assert_eq(moves(), 0);
    cr_assert(told("Failed to modify number of node groups from 3 to 1 for replication group c: OOM command not allowed"));
    cr_assert_eq(rg->row.status, RG_MODIFYING);
    cr_assert_eq(b.nodes[1].row.want, WISH_RUN, "slots are still in flight");
    b.nodes[0].shard_node->row.seen_slots = "0-12001";
    b.nodes[2].shard_node->row.seen_slots = "12002-16383";
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.slots, "0-12001", "one has come to rest with the target");
    cr_assert_eq(moves(), 0, "and stays there");
    b.nodes[0].shard_node->row.seen_moving = b.nodes[2].shard_node->row.seen_moving = 0;
    rg->resharding->row.seen_stuck = NULL;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.want, WISH_GONE, "it is empty");
    cr_assert_eq(b.nodes[2].row.want, WISH_RUN, "it has slots");
    b.nodes[1].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert(rg->resharding->drop);
    cr_assert_eq(b.shards[2].row.leaving, 0);
    cr_assert(told("Finished modifying number of node groups from 3 to 2 for replication group c"));
}

Test(reshard, slots_that_can_not_come_to_rest_do_not_hold_it_up)
{
    get_stuck();
    rg->resharding->row.seen_stuck_back = 1;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.want, WISH_GONE);
}

Test(reshard, a_rebalancing_that_is_stuck_is_given_up)
{
    rg->resharding->row.shards_after = 3;
    want("0-5460", "5461-10922", "10923-16383");
    rg->resharding->row.seen_stuck = "IOERR error or timeout reading to target instance";
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert_str_eq(b.node_groups[0].row.slots, "0-4999");
    cr_assert(told("Failed to rebalance slots of replication group c: IOERR error or timeout reading to target instance"));
    cr_assert_not(told("Finished rebalancing slots of replication group c"));
}
