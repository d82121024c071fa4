#include "base/arena.h"
#include "build.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct world_rg *rg;
static struct world_node_group *ng;

/* Three nodes at rest with automatic failover: demo-001 is primary, demo-002 stands in another zone. */
static void setup(void)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 3);
    b.rgs[0].row.automatic_failover = FAILOVER_ENABLED;
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    rg = &b.rgs[0];
    ng = &b.node_groups[0];
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(failover, .init = setup, .fini = teardown);

static void die(int i)
{
    b.nodes[i].row.seen_state = SEEN_EXITED;
    b.nodes[i].row.seen_since_ms = b.w.steady_ms;
}

static void tell_last_offset(int i, int64_t offset)
{
    b.nodes[i].row.seen_link_up = 0;
    b.nodes[i].row.seen_offset = offset;
}

static bool told(const char *message)
{
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strcmp(e->message, message) == 0) return true;
    return false;
}

Test(failover, the_replica_that_got_furthest_takes_over)
{
    die(0);
    tell_last_offset(1, 100);
    tell_last_offset(2, 200);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
    cr_assert(want_node(&b.w, &b.nodes[2]).primary);
    cr_assert_str_eq(want_node(&b.w, &b.nodes[2]).endpoints[0], b.endpoints[0].row.address);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).primary);
    cr_assert_str_eq(want_node(&b.w, &b.nodes[1]).upstream_node, "demo-003.0001");
    cr_assert(told("Failover from primary node demo-001 to replica node demo-003 completed"));
    cr_assert(told("Recovering cache nodes 0001"));
}

Test(failover, of_equals_one_in_another_zone_is_preferred_with_multi_az)
{
    b.nodes[1].row.availability_zone = "us-east-1a";
    b.nodes[2].row.availability_zone = "us-east-1b";
    rg->row.multi_az = 1;
    die(0);
    tell_last_offset(1, 100);
    tell_last_offset(2, 100);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, it_waits_a_moment_for_last_offsets_and_no_longer)
{
    die(0);
    tell_last_offset(1, 100);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001", "demo-003 has not told its last offset");
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + 50);
    b.w.steady_ms += 50;
    plan_world(&b.w);
    cr_assert_str_neq(ng->row.primary_node_id, "demo-001.0001");
}

Test(failover, one_that_loads_what_it_saved_may_have_got_further_and_is_waited_for)
{
    die(0);
    tell_last_offset(1, 100);
    b.nodes[2].row.seen_state = SEEN_STARTING;
    b.nodes[2].row.seen_loads = 1;
    b.w.steady_ms += 1000;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + 59000);
    b.nodes[2].row.seen_state = SEEN_READY;
    b.nodes[2].row.seen_loads = 0;
    tell_last_offset(2, 200);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, one_that_loads_for_ever_is_not_waited_for)
{
    die(0);
    tell_last_offset(1, 100);
    b.nodes[2].row.seen_state = SEEN_STARTING;
    b.nodes[2].row.seen_loads = 1;
    b.w.steady_ms += 60000;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001");
}

static void hang(int i, int64_t offset)
{
    b.nodes[i].row.seen_state = SEEN_HUNG;
    b.nodes[i].row.seen_pid = 4711;
    b.nodes[i].row.seen_since_ms = b.w.steady_ms;
    tell_last_offset(i, offset);
}

Test(failover, the_only_replica_hangs_and_is_waited_for)
{
    die(0);
    die(1);
    hang(2, 200);
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[0]).hold, "empty, it would empty the replica once that goes on");
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + 5000, "it is woken then");
    b.w.steady_ms += 7999;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[0]).hold);
    b.nodes[2].row.seen_state = SEEN_READY;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, the_only_replica_goes_on_and_its_agent_does_not_know_it_yet)
{
    die(0);
    die(1);
    hang(2, 0);
    b.nodes[2].row.seen_state = SEEN_STARTING;
    b.nodes[2].row.seen_role = ROLE_UNKNOWN;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[0]).hold);
    b.nodes[2].row.seen_pid = 0;
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold, "it has no process that could have data");
}

Test(failover, a_replica_that_hangs_for_ever_is_not_waited_for)
{
    die(0);
    die(1);
    hang(2, 200);
    b.w.steady_ms += 8000;
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold);
}

Test(failover, a_replica_that_hangs_is_waited_for_where_it_got_furthest)
{
    static const struct {
        const char *about;
        int64_t answers_offset, hangs_offset;
        bool failover, waits;
    } cases[] = {
        {"it got further", 100, 200, true, true},
        {"it got as far", 200, 200, true, false},
        {"the other one got further", 200, 100, true, false},
        {"the other one holds nothing", 1, 1000, true, true},
        {"it holds nothing itself", 1, 1, true, false},
        {"nobody takes the place of a primary", 100, 200, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        teardown();
        setup();
        if (!cases[i].failover) rg->row.automatic_failover = FAILOVER_DISABLED;
        die(0);
        tell_last_offset(1, cases[i].answers_offset);
        hang(2, cases[i].hangs_offset);
        b.w.steady_ms += 50;
        plan_world(&b.w);
        bool replaced = strcmp(ng->row.primary_node_id, "demo-002.0001") == 0;
        cr_assert_eq(replaced, cases[i].failover && !cases[i].waits, "%s", cases[i].about);
        cr_assert_eq(want_node(&b.w, &b.nodes[0]).hold, cases[i].waits, "%s", cases[i].about);
    }
}

Test(failover, nothing_happens_without_automatic_failover)
{
    rg->row.automatic_failover = FAILOVER_DISABLED;
    die(0);
    tell_last_offset(1, 100);
    tell_last_offset(2, 100);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold, "it is restarted in place");
}

Test(failover, a_primary_that_a_replica_can_replace_stays_down_when_it_dies)
{
    cr_assert(want_node(&b.w, &b.nodes[0]).hold);
    die(1);
    die(2);
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[0]).hold, "who could replace it then is not known yet");
    die(0);
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold, "nobody is left to replace it");
}

Test(failover, a_primary_that_has_all_it_acknowledged_on_its_disk_comes_back_itself)
{
    rg->row.durability = DURABILITY_SYNC;
    die(0);
    tell_last_offset(1, 100);
    tell_last_offset(2, 200);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert(want_node(&b.w, &b.nodes[0]).primary);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold);
    rg->row.durability = DURABILITY_ASYNC;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, a_dead_primary_without_living_replicas_is_not_replaced)
{
    die(0);
    die(1);
    die(2);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold);
}

Test(failover, a_primary_whose_address_was_taken_away_is_as_good_as_dead)
{
    b.nodes[0].row.seen_state = SEEN_CONFLICT;
    b.nodes[0].row.settled = 1;
    tell_last_offset(1, 1);
    tell_last_offset(2, 2);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, a_node_that_was_not_yet_told_to_follow_can_take_over)
{
    die(0);
    die(2);
    b.nodes[1].row.seen_role = ROLE_PRIMARY;
    tell_last_offset(1, 100);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001", "nobody else is left, and the dead one is held");
}

/* A replica's data are its primary's. A sighting that only repeats what is stored is no news. */
Test(failover, a_stop_that_lost_the_primarys_data_is_told_once)
{
    static const char message[] = "Cache node 0001 was stopped without its data: the disk is full";
    for (size_t i = 0; i < 3; i++) b.nodes[i].row.seen_reason = "the disk is full";
    b.nodes[1].row.seen_unsaved_ms = 4711;
    plan_world(&b.w);
    cr_assert_not(told(message));
    b.nodes[0].row.seen_unsaved_ms = 4711;
    plan_world(&b.w);
    cr_assert(told(message));
    struct row_node stored = b.nodes[0].row;
    b.nodes[0].stored = &stored;
    b.w.events = NULL;
    plan_world(&b.w);
    cr_assert_not(told(message));
}

Test(failover, a_hung_primary_is_killed_before_it_is_replaced)
{
    b.nodes[0].row.seen_state = SEEN_HUNG;
    b.nodes[0].row.seen_pid = 4711;
    b.nodes[0].row.seen_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 4711);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    die(0);
    tell_last_offset(1, 1);
    tell_last_offset(2, 2);
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-003.0001");
}

Test(failover, recovery_is_told_when_the_old_primary_is_a_replica_in_force)
{
    die(0);
    tell_last_offset(1, 1);
    tell_last_offset(2, 2);
    plan_world(&b.w);
    cr_assert_not_null(ng->row.failed_node_id);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert(told("Finished recovery for cache nodes 0001"));
    cr_assert_null(ng->row.failed_node_id);
}

Test(failover, a_replica_that_was_started_again_has_recovered_and_lost_nothing)
{
    b.nodes[1].row.recovering = 1;
    plan_world(&b.w);
    cr_assert(told("Finished recovery for cache nodes 0001"));
    cr_assert_not(told("Cache node 0001 was started again without the data that it had"));
    cr_assert_eq(b.nodes[1].row.recovering, 0);
}

static void start_switch(const char *to)
{
    ng->row.switch_node_id = to;
    ng->row.switch_since_ms = b.w.steady_ms;
    rg->row.status = RG_MODIFYING;
    plan_world(&b.w);
}

Test(failover, an_orderly_change_holds_writes_waits_and_swaps)
{
    start_switch("demo-002.0001");
    cr_assert(want_node(&b.w, &b.nodes[0]).fence);
    cr_assert_not(want_node(&b.w, &b.nodes[1]).primary, "not before the old one's last offset is known");
    b.nodes[0].row.seen_fenced = 1;
    b.nodes[0].row.seen_offset = 777;
    plan_world(&b.w);
    cr_assert_eq(want_node(&b.w, &b.nodes[1]).promote_offset, 777);
    cr_assert(want_node(&b.w, &b.nodes[1]).primary);
    b.nodes[1].row.seen_role = ROLE_PRIMARY;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001");
    cr_assert_null(ng->row.switch_node_id);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).fence);
}

Test(failover, an_orderly_change_waits_until_the_replica_has_found_the_primary)
{
    start_switch("demo-002.0001");
    b.nodes[0].row.seen_fenced = 1;
    b.nodes[0].row.seen_offset = 77; /* it was started again without its data */
    b.nodes[1].row.seen_offset = 4711;
    b.nodes[1].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_not(want_node(&b.w, &b.nodes[1]).primary, "what it has of its predecessor's is no more than nothing");
    b.nodes[1].row.seen_link_up = 1;
    b.nodes[1].row.seen_offset = 77;
    plan_world(&b.w);
    cr_assert(want_node(&b.w, &b.nodes[1]).primary);
}

Test(failover, an_orderly_change_to_a_replica_without_a_link_is_given_up)
{
    start_switch("demo-002.0001");
    b.nodes[0].row.seen_fenced = 1;
    b.nodes[1].row.seen_link_up = 0;
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_null(ng->row.switch_node_id);
    cr_assert(told("Failover from primary node demo-001 to replica node demo-002 given up, everything stays as it was: the "
                   "replica had no link to the primary"));
}

Test(failover, a_promotion_on_request_does_not_wait_for_a_primary_that_can_not_start)
{
    rg->row.automatic_failover = FAILOVER_DISABLED;
    b.nodes[0].row.seen_state = SEEN_CONFLICT;
    b.nodes[0].row.settled = 1;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001", "nobody asked for another");
    start_switch("demo-002.0001");
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001", "it was let start, and may take writes by now");
    cr_assert(want_node(&b.w, &b.nodes[0]).hold);
    struct row_node stored = b.nodes[0].row;
    b.nodes[0].stored = &stored;
    plan_world(&b.w);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-002.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).primary);
    cr_assert_null(ng->row.switch_node_id);
}

Test(failover, an_orderly_change_that_does_not_come_about_is_given_up)
{
    start_switch("demo-002.0001");
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_null(ng->row.switch_node_id);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).fence);
    cr_assert(told("Failover from primary node demo-001 to replica node demo-002 given up, everything stays as it was: the "
                   "primary could not hold its writes in time"));
}

static int ordered_anew(void)
{
    int n = 0;
    for (int i = 0; i < 3; i++) n += !strstr(b.nodes[i].row.seen_asked, b.clusters[i].row.engine_version);
    return n;
}

/* Else the primary would stay down for the replica, which waits for the primary. */
Test(failover, an_orderly_change_whose_nodes_all_die_is_given_up)
{
    ng->row.switch_node_id = b.nodes[1].row.id;
    ng->row.switch_offset = -1;
    ng->row.switch_since_ms = b.w.steady_ms;
    for (int i = 0; i < 3; i++) die(i);
    plan_world(&b.w);
    cr_assert_null(ng->row.switch_node_id);
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold);
}

Test(failover, an_upgrade_restarts_one_node_at_a_time_and_the_primary_last)
{
    rg->row.status = RG_MODIFYING;
    rg->row.engine_version = "7.2.0";
    int rounds = 0;
    for (; rounds < 12 && rg->row.status != RG_AVAILABLE; rounds++) {
        plan_world(&b.w);
        cr_assert_leq(ordered_anew(), 1, "one at a time");
        if (strcmp(b.clusters[0].row.engine_version, "7.2.0") == 0)
            cr_assert_str_neq(ng->row.primary_node_id, "demo-001.0001", "a replica took over before");
        build_see_all(&b);
        if (ng->row.switch_node_id && ng->row.switch_offset >= 0)
            rg_node(rg, ng->row.switch_node_id)->row.seen_role = ROLE_PRIMARY;
    }
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(b.nodes[i].row.keep_data, 1, "%s", b.nodes[i].row.id);
        cr_assert_str_eq(b.clusters[i].row.engine_version, "7.2.0");
    }
}

Test(failover, a_version_that_the_same_program_runs_changes_no_primary)
{
    rg->row.status = RG_MODIFYING;
    rg->row.engine_version = "7.2.0";
    for (int rounds = 0; rounds < 12 && rg->row.status != RG_AVAILABLE; rounds++) {
        plan_world(&b.w);
        cr_assert_leq(ordered_anew(), 1, "one at a time");
        cr_assert_null(ng->row.switch_node_id);
        build_see_all(&b);
        for (int i = 0; i < 3; i++) b.nodes[i].row.seen_binary = "/usr/bin/redis-server";
    }
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001");
    for (int i = 0; i < 3; i++) cr_assert_str_eq(b.clusters[i].row.engine_version, "7.2.0");
}

Test(failover, members_that_shall_go_leave_their_rows_when_they_are_gone)
{
    rg->row.status = RG_MODIFYING;
    b.nodes[2].row.want = WISH_GONE;
    b.clusters[2].row.status = CLUSTER_DELETING;
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_MODIFYING);
    b.nodes[2].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(b.nodes[2].drop && b.clusters[2].drop);
    cr_assert_not(b.nodes[1].drop);
    build_see(&b, &b.nodes[1]);
    plan_world(&b.w);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
}

/* ---- a primary that lives and answers nobody ---- */

static void block(int i, int64_t for_ms)
{
    b.nodes[i].row.seen_blocked = SEEN_BLOCKED_BUSY;
    b.nodes[i].row.seen_pid = 100 + i;
    b.nodes[i].row.blocked_since_ms = b.w.steady_ms - for_ms;
    b.nodes[0].row.seen_offset = 100;
}

Test(failover, a_blocked_primary_is_killed_once_it_took_too_long)
{
    static const struct {
        const char *what;
        int64_t for_ms, limit_ms, started_ms;
        enum failover_setting automatic;
        bool in_step, killed;
    } table[] = {
        {"not long yet", 29999, 30000, 0, FAILOVER_ENABLED, true, false},
        {"too long", 30000, 30000, 0, FAILOVER_ENABLED, true, true},
        {"a shorter limit", 2000, 2000, 0, FAILOVER_ENABLED, true, true},
        {"no limit", 3000000, 0, 0, FAILOVER_ENABLED, true, false},
        {"nobody was there to see it", 30000, 30000, 5000000 - 1000, FAILOVER_ENABLED, true, false},
        {"without automatic failover", 30000, 30000, 0, FAILOVER_DISABLED, true, false},
        {"without a replica in step", 30000, 30000, 0, FAILOVER_ENABLED, false, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        teardown();
        setup();
        block(0, table[i].for_ms);
        b.w.blocked_limit_ms = table[i].limit_ms;
        b.w.started_ms = table[i].started_ms;
        rg->row.automatic_failover = table[i].automatic;
        for (int k = 1; k < 3; k++) b.nodes[k].row.seen_link_up = table[i].in_step;
        plan_world(&b.w);
        cr_assert_eq(b.nodes[0].row.condemned_pid, table[i].killed ? 100 : 0, "%s", table[i].what);
        cr_assert_str_eq(ng->row.primary_node_id, "demo-001.0001", "it is fenced first: %s", table[i].what);
        cr_assert_neq(rg->row.unserved_since_ms, 0, "%s", table[i].what);
    }
}

Test(failover, a_primary_whose_writes_are_held_up_hands_over_in_good_order)
{
    block(0, 30000);
    b.nodes[0].row.seen_blocked = SEEN_BLOCKED_HELD;
    b.nodes[2].row.seen_offset = 7;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
    cr_assert_str_eq(ng->row.switch_node_id, "demo-003.0001");
    cr_assert(want_node(&b.w, &b.nodes[0]).fence);
}

Test(failover, a_blocked_replica_is_left_alone_and_takes_no_place)
{
    block(1, 60000);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.condemned_pid, 0);
    block(0, 60000);
    b.nodes[2].row.seen_link_up = 0;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
}

Test(failover, of_a_blocked_node_an_event_tells_once)
{
    static const char told_of[] = "Cache node 0001 answers no requests: it is at work on a script or another long command";
    rg->row.automatic_failover = FAILOVER_DISABLED;
    block(0, 9999);
    plan_world(&b.w);
    cr_assert_not(told(told_of));
    b.w.steady_ms++;
    plan_world(&b.w);
    cr_assert(told(told_of));
    b.w.events = NULL;
    plan_world(&b.w);
    cr_assert_not(told(told_of));
}
