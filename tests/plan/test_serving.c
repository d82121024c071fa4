#include "base/arena.h"
#include "build.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;

static void setup(void)
{
    build_init(&b, &a);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(serving, .init = setup, .fini = teardown);

static void settle(void)
{
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

/* Two nodes at rest: demo-001 is primary. */
static void make_group(void)
{
    build_rg(&b, "us-east-1", "demo", "available", 2);
    settle();
}

/* One thing of one node spoilt, and who is served then: the primary, the replica, the group. */
struct spoil {
    const char *what;
    int node;
    const char *state, *role;
    int link_up, fenced;
    bool vanished;
    bool first, second, group;
};

static const struct spoil spoils[] = {
    {"nothing", 0, "ready", "primary", 0, 0, false, true, true, true},
    {"the primary starts", 0, "starting", "primary", 0, 0, false, false, true, false},
    {"the primary has died", 0, "exited", "primary", 0, 0, false, false, true, false},
    {"the primary hangs", 0, "hung", "primary", 0, 0, false, false, true, false},
    {"the primary's address is taken", 0, "conflict", "primary", 0, 0, false, false, true, false},
    {"the primary can't be started", 0, "broken", "primary", 0, 0, false, false, true, false},
    {"the primary was stopped", 0, "stopped", "primary", 0, 0, false, false, true, false},
    {"nothing is known of the primary", 0, "unknown", "primary", 0, 0, false, false, true, false},
    {"the primary is a replica", 0, "ready", "replica", 1, 0, false, false, true, false},
    {"the primary's writes are held", 0, "ready", "primary", 0, 1, false, false, true, false},
    {"the primary's process is gone", 0, "ready", "primary", 0, 0, true, false, true, false},
    {"the replica has died", 1, "exited", "replica", 1, 0, false, true, false, false},
    {"the replica can't be started", 1, "broken", "replica", 1, 0, false, true, false, false},
    {"the replica has lost its link", 1, "ready", "replica", 0, 0, false, true, false, false},
};

Test(serving, who_is_served_when_one_thing_is_out_of_order)
{
    make_group();
    for (const struct spoil *s = spoils; s < spoils + sizeof spoils / sizeof *spoils; s++) {
        build_see_all(&b);
        struct row_node *n = &b.nodes[s->node].row;
        n->seen_state = word_of(&words_seen_state, s->state);
        n->seen_role = word_of(&words_node_role, s->role);
        n->seen_link_up = s->link_up;
        n->seen_fenced = s->fenced;
        b.nodes[s->node].vanished = s->vanished;
        plan_world(&b.w);
        cr_assert_eq(b.nodes[0].row.unserved_since_ms == 0, s->first, "primary: %s", s->what);
        cr_assert_eq(b.nodes[1].row.unserved_since_ms == 0, s->second, "replica: %s", s->what);
        cr_assert_eq(b.clusters[0].row.unserved_since_ms == 0, s->first, "primary's cluster: %s", s->what);
        cr_assert_eq(b.clusters[1].row.unserved_since_ms == 0, s->second, "replica's cluster: %s", s->what);
        cr_assert_eq(b.node_groups[0].row.unserved_since_ms == 0, s->group, "node group: %s", s->what);
        cr_assert_eq(b.rgs[0].row.unserved_since_ms == 0, s->group, "group: %s", s->what);
        cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE, "what was asked for is through: %s", s->what);
        b.nodes[s->node].vanished = false;
    }
}

Test(serving, who_answers_nobody_serves_nobody)
{
    make_group();
    b.nodes[0].row.seen_blocked = SEEN_BLOCKED_PAUSED;
    plan_world(&b.w);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
}

Test(serving, an_endpoint_that_nobody_holds_serves_nobody)
{
    make_group();
    b.nodes[0].row.seen_endpoints = "";
    plan_world(&b.w);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
}

Test(serving, it_is_known_since_when)
{
    make_group();
    b.nodes[0].row.seen_state = SEEN_HUNG;
    plan_world(&b.w);
    int64_t since = b.w.steady_ms;
    b.w.steady_ms += 700;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.unserved_since_ms, since);
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, since);
}

Test(serving, a_member_that_is_being_made_is_not_missing_yet)
{
    make_group();
    b.clusters[1].row.status = CLUSTER_CREATING;
    b.nodes[1].row.seen_state = SEEN_STARTING;
    b.rgs[0].row.status = RG_MODIFYING;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.unserved_since_ms, 0);
    cr_assert_eq(b.nodes[0].row.unserved_since_ms, 0);
}

/* A passive region serves reads, whether or not the active one is there. */
Test(serving, a_region_that_follows_another_serves_reads_without_it)
{
    build_rg(&b, "eu-west-1", "away", "available", 1);
    build_rg(&b, "us-east-1", "home", "available", 1);
    build_global(&b, "ldgnf-world", "available");
    build_member(&b, "ldgnf-world", "eu-west-1", "away", "SECONDARY", "associated");
    build_member(&b, "ldgnf-world", "us-east-1", "home", "PRIMARY", "associated");
    settle();
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, 0);
    cr_assert_eq(b.rgs[1].row.unserved_since_ms, 0);
    b.nodes[1].row.seen_state = SEEN_BROKEN;
    b.nodes[0].row.seen_link_up = 0;
    b.nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, 0);
    cr_assert_neq(b.rgs[1].row.unserved_since_ms, 0);
    b.nodes[0].row.seen_offset = 1; /* a copy of everything broke off half-way */
    plan_world(&b.w);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
    b.nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, 0);
    b.nodes[0].row.seen_role = ROLE_PRIMARY; /* its engine can't follow another region */
    plan_world(&b.w);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
}

Test(serving, a_replica_that_has_lost_its_data_does_not_serve_in_the_place_of_a_dead_primary)
{
    build_rg(&b, "us-east-1", "g", "available", 2);
    settle();
    b.nodes[0].row.seen_state = SEEN_BROKEN;
    b.nodes[1].row.seen_link_up = 0;
    b.nodes[1].row.seen_offset = 4711;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[1].row.unserved_since_ms, 0);
    b.nodes[1].row.seen_offset = 1;
    plan_world(&b.w);
    cr_assert_neq(b.nodes[1].row.unserved_since_ms, 0);
}

Test(serving, a_cluster_whose_slots_are_not_all_served_serves_nobody)
{
    build_shards(&b, "us-east-1", "demo", "available", 2, 2);
    settle();
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, 0);
    b.shard_nodes[0].row.seen_state = REDIS_CLUSTER_FAIL;
    plan_world(&b.w);
    cr_assert_neq(b.node_groups[0].row.unserved_since_ms, 0);
    cr_assert_eq(b.node_groups[1].row.unserved_since_ms, 0);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
}

Test(serving, a_memcached_cluster_needs_all_its_nodes_and_its_configuration_endpoint)
{
    build_cluster(&b, "us-east-1", "cache", "memcached", "available", 2);
    settle();
    cr_assert_eq(b.clusters[0].row.unserved_since_ms, 0);
    b.nodes[1].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_neq(b.clusters[0].row.unserved_since_ms, 0);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(b.clusters[0].row.unserved_since_ms, 0);
    b.endpoints[0].row.seen_state = ENDPOINT_CONFLICT;
    plan_world(&b.w);
    cr_assert_neq(b.clusters[0].row.unserved_since_ms, 0);
}

/* Where an agent passes connections on, nobody is served without one. */
Test(serving, what_the_agent_stands_before_is_not_served_while_no_agent_is_at_work)
{
    make_group();
    b.nodes[0].unattended = true;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.unserved_since_ms, 0);
    b.nodes[0].row.seen_encryption = ENCRYPTION_PREFERRED;
    plan_world(&b.w);
    cr_assert_neq(b.rgs[0].row.unserved_since_ms, 0);
}
