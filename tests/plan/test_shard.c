#include "base/arena.h"
#include "build.h"
#include "plan/shard.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct world_rg *rg;

/* Two shards of two nodes each: c-0001-001 and c-0002-001 are primaries. Everybody has seen everybody. */
static void setup(void)
{
    build_init(&b, &a);
    build_shards(&b, "us-east-1", "c", "creating", 2, 2);
    build_link(&b);
    plan_world(&b.w);
    rg = &b.rgs[0];
    build_see_all(&b);
    plan_world(&b.w);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(shard, .init = setup, .fini = teardown);

static struct world_node *node(const char *id)
{
    return rg_node(rg, id);
}

static struct row_shard_node *cluster_of(const char *id)
{
    return &node(id)->shard_node->row;
}

static bool told(const char *message)
{
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strcmp(e->message, message) == 0) return true;
    return false;
}

Test(shard, a_group_is_available_once_all_nodes_see_the_same_sound_cluster)
{
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert_str_eq(b.node_groups[1].row.slots, "8192-16383");
}

Test(shard, a_group_is_not_available_while_a_node_sees_another_cluster)
{
    static const struct {
        const char *why, *state;
        int64_t known, strangers, agrees;
    } table[] = {
        {"the cluster is down", "fail", 4, 0, 1},
        {"it does not tell of any", "", 0, 0, 0},
        {"it knows one too few", "ok", 3, 0, 1},
        {"it knows one too many", "ok", 4, 1, 1},
        {"it takes others for the holders of the slots", "ok", 4, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rg->row.status = RG_MODIFYING;
        struct row_shard_node *seen = cluster_of("c-0002-002.0001");
        seen->seen_state = word_of(&words_redis_cluster_state, table[i].state);
        seen->seen_known = table[i].known;
        seen->seen_strangers = table[i].strangers;
        seen->seen_agrees = table[i].agrees;
        plan_world(&b.w);
        cr_expect_eq(rg->row.status, RG_MODIFYING, "%s", table[i].why);
    }
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
}

Test(shard, a_new_primary_takes_over_until_it_was_seen_as_one)
{
    cr_assert_not(want_node(&b.w, node("c-0001-001.0001")).takeover);
    node("c-0001-001.0001")->row.seen_state = SEEN_EXITED;
    node("c-0001-002.0001")->row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-002.0001");
    cr_assert(want_node(&b.w, node("c-0001-002.0001")).takeover);
    cr_assert_not(want_node(&b.w, node("c-0002-001.0001")).takeover, "the other shard has nothing to do with it");
    build_see(&b, node("c-0001-002.0001"));
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, node("c-0001-002.0001")).takeover);
    cr_assert_str_eq(b.node_groups[0].row.slots, "0-8191");
}

Test(shard, who_became_primary_while_nobody_looked_stays_it)
{
    build_see_as(&b, node("c-0001-001.0001"), "replica", "");
    build_see_as(&b, node("c-0001-002.0001"), "primary", "0-8191");
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-002.0001");
    cr_assert_not(want_node(&b.w, node("c-0001-002.0001")).takeover);
    cr_assert_not(want_node(&b.w, node("c-0001-001.0001")).primary);
    cr_assert(told("Failover from primary node c-0001-001 to replica node c-0001-002 completed"));
}

Test(shard, who_became_primary_after_a_death_stays_it_though_another_got_further)
{
    node("c-0001-001.0001")->row.seen_state = SEEN_EXITED;
    build_see_as(&b, node("c-0001-002.0001"), "primary", "0-8191");
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-002.0001");
    cr_assert_not(want_node(&b.w, node("c-0001-002.0001")).takeover);
    cr_assert_str_eq(b.node_groups[0].row.failed_node_id, "c-0001-001.0001");
}

Test(shard, a_chosen_primary_that_has_not_taken_over_yet_is_not_given_up_for_a_master)
{
    b.node_groups[0].shard->row.primary_seen = 0;
    build_see_as(&b, node("c-0001-001.0001"), "replica", "");
    build_see_as(&b, node("c-0001-002.0001"), "primary", "0-8191");
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-001.0001");
    cr_assert(want_node(&b.w, node("c-0001-001.0001")).takeover);
}

Test(shard, a_shard_whose_processes_have_all_ended_is_taken_over_anew)
{
    node("c-0001-001.0001")->row.seen_state = SEEN_STOPPED;
    node("c-0001-002.0001")->row.seen_state = SEEN_UNKNOWN;
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, node("c-0001-001.0001")).takeover, "the other may have been elected");
    node("c-0001-002.0001")->row.seen_state = SEEN_STOPPED;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, node("c-0001-001.0001")).takeover);
    cr_assert_str_eq(b.node_groups[0].row.slots, "0-8191");
}

/* The process that was seen as primary has ended, and another one is there: what it was started as. */
static void start_again(const char *id, int64_t pid)
{
    build_see_as(&b, node(id), "replica", "");
    node(id)->row.seen_upstream = ":0";
    node(id)->row.seen_link_up = 0;
    node(id)->row.seen_pid = pid;
}

Test(shard, a_process_is_told_to_take_over_though_its_predecessor_was_seen_as_primary)
{
    start_again("c-0001-001.0001", 4711);
    node("c-0001-002.0001")->row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-001.0001");
    cr_assert(want_node(&b.w, node("c-0001-001.0001")).takeover);
    build_see(&b, node("c-0001-001.0001"));
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, node("c-0001-001.0001")).takeover);
}

Test(shard, a_shard_that_nobody_claims_goes_to_who_has_the_data)
{
    start_again("c-0001-001.0001", 4711);
    start_again("c-0001-002.0001", 4712);
    node("c-0001-002.0001")->row.seen_offset = 5000;
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-002.0001");
    cr_assert(want_node(&b.w, node("c-0001-002.0001")).takeover);
}

Test(shard, a_shard_is_not_taken_over_while_somebody_may_claim_it)
{
    static const struct {
        const char *why, *state, *role, *upstream, *cluster;
        int64_t pid;
        bool takeover;
    } table[] = {
        {"the other hangs, and may be its primary", "hung", "replica", ":0", "ok", 7, false},
        {"the other starts, and may have been elected before it was adopted", "starting", NULL, ":0", "", 7, false},
        {"nothing is known of the other", "unknown", NULL, ":0", "", 0, false},
        {"the other is a master whose slots are not known yet", "ready", "primary", ":0", "", 7, false},
        {"it follows the other, of whom an older look tells", "ready", "replica", "the other", "ok", 7, false},
        {"the other died", "exited", NULL, ":0", "", 0, true},
        {"the other, which it follows, died", "exited", NULL, "the other", "", 0, true},
        {"the other waits for it", "starting", NULL, ":0", "", 0, true},
        {"the other's address was taken", "conflict", NULL, ":0", "", 0, true},
        {"the other follows nobody, either", "ready", "replica", ":0", "ok", 7, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct world_node *first = node("c-0001-001.0001"), *other = node("c-0001-002.0001");
        b.node_groups[0].shard->row.primary_seen = 1;
        start_again(first->row.id, 4711);
        start_again(other->row.id, table[i].pid);
        if (strcmp(table[i].upstream, ":0") != 0)
            first->row.seen_upstream = arena_printf(&a, "%s:%lld", other->row.address, (long long)other->row.port);
        other->row.seen_state = word_of(&words_seen_state, table[i].state);
        other->row.seen_role = word_of(&words_node_role, table[i].role);
        other->shard_node->row.seen_state = word_of(&words_redis_cluster_state, table[i].cluster);
        plan_world(&b.w);
        cr_expect_str_eq(b.node_groups[0].row.primary_node_id, "c-0001-001.0001", "%s", table[i].why);
        cr_expect_eq(want_node(&b.w, first).takeover, table[i].takeover, "%s", table[i].why);
    }
}

Test(shard, slots_are_where_the_primaries_hold_them)
{
    cluster_of("c-0001-001.0001")->seen_slots = "100-8191";
    cluster_of("c-0002-001.0001")->seen_slots = "0-99 8192-16383";
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.slots, "100-8191");
    cr_assert_str_eq(b.node_groups[1].row.slots, "0-99 8192-16383");
}

Test(shard, of_two_that_claim_a_slot_the_later_epoch_has_it_and_a_slot_is_never_lost)
{
    cluster_of("c-0002-001.0001")->seen_slots = "0 8192-16383";
    cluster_of("c-0002-001.0001")->seen_epoch = 9;
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.slots, "1-8191", "the old holder does not know yet");
    cr_assert_str_eq(b.node_groups[1].row.slots, "0 8192-16383");
    cluster_of("c-0001-001.0001")->seen_slots = "1-8000";
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[0].row.slots, "1-8191", "nobody claims 8001");
}

Test(shard, what_a_replica_or_a_dead_primary_says_of_slots_counts_for_nothing)
{
    cluster_of("c-0001-002.0001")->seen_slots = "16383";
    node("c-0002-001.0001")->row.seen_state = SEEN_HUNG;
    cluster_of("c-0002-001.0001")->seen_slots = "";
    plan_world(&b.w);
    cr_assert_str_eq(b.node_groups[1].row.slots, "8192-16383");
}

/* ---- resharding ---- */

/* A third shard joins a group of two; its nodes are not seen yet. */
static void grow(void)
{
    arena_fini(&a);
    build_init(&b, &a);
    build_shards(&b, "us-east-1", "c", "modifying", 3, 2);
    build_resharding(&b, "us-east-1", "c", 2, 3);
    b.shards[0].row.slots_wanted = "0-5461";
    b.shards[1].row.slots_wanted = "8192-13652";
    b.shards[2].row.slots_wanted = "5462-8191 13653-16383";
    b.node_groups[0].row.slots = "0-8191";
    b.node_groups[1].row.slots = "8192-16383";
    b.node_groups[2].row.slots = "";
    build_link(&b);
    rg = &b.rgs[0];
    for (size_t i = 0; i < rg->n_clusters; i++) rg->clusters[i].row.status = i < 4 ? CLUSTER_AVAILABLE : CLUSTER_CREATING;
    plan_world(&b.w);
    for (int i = 0; i < 4; i++) build_see(&b, &b.nodes[i]);
    plan_world(&b.w);
}

Test(shard, slots_move_to_a_new_shard_once_it_has_joined)
{
    struct slot_move *moves;
    grow();
    cr_assert_eq(shard_moves(&b.w, rg, &moves), 0, "nobody knows the new shard yet");
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(shard_moves(&b.w, rg, &moves), 2);
    cr_assert_str_eq(moves[0].slots, "5462-8191");
    cr_assert_str_eq(moves[0].from, "0001");
    cr_assert_str_eq(moves[1].slots, "13653-16383");
    cr_assert_str_eq(moves[1].to, "0003");
    cr_assert_eq(rg->row.status, RG_MODIFYING);
    cr_assert(told("Modified replication group c to add 1 new node groups - 0003"));
    cr_assert(told("Migrating slots from node groups 0002 to 0003 to rebalance slots"));
    b.node_groups[0].row.slots = "0-5461";
    b.node_groups[1].row.slots = "8192-13652";
    b.node_groups[2].row.slots = "5462-8191 13653-16383";
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert(rg->resharding->drop);
    cr_assert_null(b.shards[0].row.slots_wanted);
    cr_assert(told("Moved a total of 2730 slots out of 2730 slots from shard 0001 to shard 0003"));
    cr_assert(told("Finished modifying number of node groups from 2 to 3 for replication group c"));
}

Test(shard, a_shard_that_is_to_go_is_emptied_first_and_its_rows_go_with_its_processes)
{
    struct slot_move *moves;
    grow();
    build_see_all(&b);
    plan_world(&b.w);
    b.shards[0].row.slots_wanted = "0-8191";
    b.shards[1].row.slots_wanted = "8192-16383";
    b.shards[2].row.slots_wanted = "";
    b.shards[2].row.leaving = 1;
    b.node_groups[0].row.slots = "0-8190";
    b.node_groups[2].row.slots = "8191";
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(shard_moves(&b.w, rg, &moves), 1);
    cr_assert_eq(b.nodes[4].row.want, WISH_RUN, "it holds a slot");
    b.node_groups[0].row.slots = "0-8191";
    b.node_groups[2].row.slots = "";
    build_see_all(&b);
    b.nodes[1].shard_node->row.seen_agrees = 0;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[4].row.want, WISH_RUN, "somebody still thinks that it holds slots");
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[4].row.want, WISH_GONE);
    cr_assert_eq(b.clusters[5].row.status, CLUSTER_DELETING);
    b.nodes[4].row.seen_state = b.nodes[5].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(b.node_groups[2].drop && b.shards[2].drop && b.shard_nodes[5].drop);
    cr_assert_eq(rg->row.status, RG_MODIFYING, "the others have not forgotten its nodes");
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert(told("Cache cluster deleted"));
}

Test(shard, a_new_shard_that_gets_no_slots_goes_before_it_was_ever_available)
{
    grow();
    build_see_all(&b);
    plan_world(&b.w);
    b.shards[0].row.slots_wanted = "0-8191";
    b.shards[1].row.slots_wanted = "8192-16383";
    b.shards[2].row.slots_wanted = "";
    b.shards[2].row.leaving = 1;
    b.node_groups[0].row.slots = "0-8191";
    b.node_groups[2].row.slots = "";
    b.node_groups[2].row.status = NODE_GROUP_CREATING;
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[4].row.want, WISH_GONE);
    cr_assert_eq(b.node_groups[2].row.status, NODE_GROUP_DELETING);
}
