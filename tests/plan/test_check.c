#include "base/arena.h"
#include "build.h"
#include "plan/check.h"
#include "plan/tables.h"
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

TestSuite(check, .init = setup, .fini = teardown);

/* A datastore of two regions, a cluster of one node, a memcached and a group in cluster mode, all at rest. */
static void make_world(void)
{
    build_rg(&b, "eu-west-1", "west", "available", 2);
    build_cluster(&b, "us-east-1", "alone", "redis", "available", 1);
    build_cluster(&b, "us-east-1", "cached", "memcached", "available", 2);
    build_rg(&b, "us-east-1", "east", "available", 2);
    build_shards(&b, "us-east-1", "parts", "available", 3, 2);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    build_link(&b);
    for (int i = 0; i < 3; i++) {
        plan_world(&b.w);
        build_see_all(&b);
    }
    plan_world(&b.w);
    b.w.events = NULL;
    plan_world(&b.w);
}

static void nothing(void)
{
}

static void lose_cluster(void)
{
    b.nodes[0].row.cluster_id = "nobody";
}

static void drop_group(void)
{
    b.rgs[1].drop = true;
}

static void lose_owner(void)
{
    for (size_t i = 0; i < b.w.n_endpoints; i++) b.endpoints[i].row.rg_id = b.endpoints[i].row.cluster_id = NULL;
}

static void name_strange_primary(void)
{
    build_find(&b, "us-east-1", "east")->node_groups[0].row.primary_node_id = "west-001.0001";
}

static void remove_primary(void)
{
    rg_primary(&build_find(&b, "us-east-1", "east")->node_groups[0])->row.want = WISH_GONE;
}

static void make_two_primary_regions(void)
{
    b.members[0].row.role = MEMBER_PRIMARY;
}

static void hold_twice(void)
{
    build_find(&b, "us-east-1", "parts")->node_groups[1].row.slots = "0-16383";
}

static void lose_a_slot(void)
{
    build_find(&b, "us-east-1", "parts")->node_groups[0].row.slots = "1-5460";
}

static void give_twice(void)
{
    b.nodes[1].row.address = b.nodes[0].row.address;
}

static void give_to_endpoint(void)
{
    b.endpoints[0].row.address = b.nodes[0].row.address;
}

static void invent_status(void)
{
    b.rgs[0].row.status = 0;
}

static void invent_parameter_status(void)
{
    b.clusters[0].row.parameter_apply_status = 77;
}

static void switch_to_stranger(void)
{
    build_find(&b, "us-east-1", "parts")->node_groups[0].row.switch_node_id = "parts-0002-002.0001";
}

static void switch_to_itself(void)
{
    struct world_node_group *ng = &build_find(&b, "us-east-1", "east")->node_groups[0];
    ng->row.switch_node_id = ng->row.primary_node_id;
}

static void invent_phase(void)
{
    b.globals[0].row.phase = 99;
}

static void fail_over_nowhere(void)
{
    b.globals[0].row.phase = PHASE_FENCING;
}

static void return_without_offset(void)
{
    b.globals[0].row.phase = PHASE_RETURNING;
    b.globals[0].row.switch_region = "eu-west-1";
    global_primary(&b.globals[0])->rg->node_groups[0].row.reviving = 1;
}

static void see_in_the_future(void)
{
    b.nodes[0].row.seen_since_ms = b.w.steady_ms + 1;
}

static void leave_undone(void)
{
    b.rgs[0].row.status = RG_MODIFYING;
}

static const struct spoil {
    const char *what;
    void (*spoil)(void);
    enum invariant number; /* 0: none */
} spoils[] = {
    {"nothing", nothing, 0},
    {"a node of no cluster", lose_cluster, INVARIANT_POINTERS},
    {"a group that goes without its rows", drop_group, INVARIANT_POINTERS},
    {"endpoints of nobody", lose_owner, INVARIANT_POINTERS},
    {"a primary of another group", name_strange_primary, INVARIANT_PRIMARY_OF_NODE_GROUP},
    {"a primary that shall not run", remove_primary, INVARIANT_PRIMARY_OF_NODE_GROUP},
    {"two primary regions", make_two_primary_regions, INVARIANT_ONE_PRIMARY_REGION},
    {"two regions that take writes", make_two_primary_regions, INVARIANT_ONE_TAKES_WRITES},
    {"a slot of two shards", hold_twice, INVARIANT_SLOTS},
    {"a slot of nobody", lose_a_slot, INVARIANT_SLOTS},
    {"two nodes at one address", give_twice, INVARIANT_ADDRESSES},
    {"a node and an endpoint at one address", give_to_endpoint, INVARIANT_ADDRESSES},
    {"a status that nobody knows", invent_status, INVARIANT_STATUS_WORDS},
    {"no status of parameters", invent_parameter_status, INVARIANT_STATUS_WORDS},
    {"a switch to a node of another shard", switch_to_stranger, INVARIANT_SWITCH_TARGET},
    {"a switch to the primary itself", switch_to_itself, INVARIANT_SWITCH_TARGET},
    {"a phase that nobody knows", invent_phase, INVARIANT_STATUS_WORDS},
    {"a failover to no region", fail_over_nowhere, INVARIANT_PHASES},
    {"a return without an offset", return_without_offset, INVARIANT_PHASES},
    {"a time that lies ahead", see_in_the_future, INVARIANT_PAST},
    {"a group that could be available", leave_undone, INVARIANT_REST},
};

static const char *find(const struct violation *v, enum invariant number)
{
    for (; v; v = v->next)
        if (v->number == number) return v->text;
    return NULL;
}

Test(check, each_invariant_that_is_violated_is_found)
{
    bool tried[INVARIANT__END] = {0};
    for (const struct spoil *s = spoils; s < spoils + sizeof spoils / sizeof *spoils; s++) {
        build_init(&b, &a);
        make_world();
        s->spoil();
        const struct violation *found = plan_check(&b.w);
        tried[s->number] = true;
        if (s->number) cr_expect(find(found, s->number), "%s was not found", s->what);
        else cr_expect_null(found, "%s: %d %s", s->what, found->number, found->text);
    }
    for (int i = 1; i < INVARIANT__END; i++) cr_expect(tried[i] && invariant_text(i), "nobody violates %d", i);
}

Test(check, what_is_being_changed_violates_nothing)
{
    static const char *const statuses[] = {"creating", "modifying", "deleting"};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        build_init(&b, &a);
        build_rg(&b, "us-east-1", "demo", statuses[i], 3);
        build_link(&b);
        plan_world(&b.w);
        const struct violation *v = plan_check(&b.w);
        cr_expect_null(v, "%s: %d %s", statuses[i], v->number, v->text);
    }
}

Test(check, a_changed_member_of_a_row_is_named)
{
    make_world();
    cr_expect_str_eq(table_name_field(&a, &b.w, &b.rgs[0].row.status), "replication_group eu-west-1/west: status");
    cr_expect_str_eq(table_name_field(&a, &b.w, &b.node_groups[1].row.slots), "node_group us-east-1/east/0001: slots");
    cr_expect_str_eq(table_name_field(&a, &b.w, &b.nodes[1].drop), "node eu-west-1/west-002.0001: the row goes");
    cr_expect_str_eq(table_name_field(&a, &b.w, &b.w.now_ms), "something");
}

/* One field that two rules have different minds about; the second look of plan_unrest() finds the first change. */
Test(check, rules_that_fight_are_named)
{
    make_world();
    leave_undone();
    const char *text = plan_unrest(&b.w);
    cr_assert_not_null(text);
    cr_expect(strstr(text, "plan_rg: replication_group eu-west-1/west: status"), "%s", text);
}

/* Two groups, and ports for one of them only: the other one's nodes have to get theirs without anybody's asking. */
Test(check, a_port_that_comes_free_is_given_with_the_next_look_which_is_asked_for)
{
    b.w.addressing = (struct world_addressing){true, "127.0.0.1", 31000, 31002, "127.0.0.1"};
    build_rg(&b, "us-east-1", "first", "available", 1);
    build_rg(&b, "us-east-1", "second", "creating", 1);
    build_link(&b);
    b.nodes[1].drop = b.endpoints[2].drop = b.endpoints[3].drop = true; /* not its turn yet */
    plan_world(&b.w);
    b.nodes[1].drop = b.endpoints[2].drop = b.endpoints[3].drop = false;
    plan_world(&b.w);
    cr_assert_null(b.nodes[1].row.address, "there is one too many: %lld", (long long)b.nodes[1].row.port);
    b.rgs[0].row.status = RG_DELETING;
    b.nodes[0].row.want = WISH_GONE;
    b.nodes[0].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(b.rgs[0].drop);
    cr_expect_leq(b.w.wake_ms, b.w.steady_ms, "nobody looks again");
    const struct violation *v = plan_check(&b.w);
    cr_expect_null(v, "%d %s", v->number, v->text);
}
