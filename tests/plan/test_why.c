#include "base/arena.h"
#include "build.h"
#include "plan/why.h"
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

TestSuite(why, .init = setup, .fini = teardown);

static void settle(void)
{
    build_link(&b);
    for (int i = 0; i < 2; i++) {
        plan_world(&b.w);
        build_see_all(&b);
    }
    plan_world(&b.w);
}

static void make_world(void)
{
    build_rg(&b, "eu-west-1", "west", "available", 2);
    build_cluster(&b, "us-east-1", "alone", "redis", "available", 1);
    build_rg(&b, "us-east-1", "east", "available", 2);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    settle();
}

/* The answer names the words in what is waited for. */
static void expect_wait(const char *region, const char *id, const char *words)
{
    struct answer answer = plan_why(&b.w, region, id);
    bool found = false;
    for (const struct why *y = answer.waits; y; y = y->next) {
        found |= strstr(y->what, words) != NULL;
        cr_expect(
            y->ends && *y->ends && strchr(y->what, '%') == NULL && strchr(y->ends, '%') == NULL, "%s: %s", y->what, y->ends);
    }
    cr_expect(found, "%s does not wait for '%s' but for %s", id, words, answer.waits ? answer.waits->what : "nothing");
}

Test(why, what_is_at_rest_waits_for_nothing)
{
    static const char *const all[][3] = {
        {"us-east-1", "east", "replication group"},
        {"us-east-1", "east-001", "cache cluster"},
        {"us-east-1", "alone", "cache cluster"},
        {"us-east-1", "east-002.0001", "node"},
        {NULL, "ldgnf-g", "global datastore"},
    };
    make_world();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct answer answer = plan_why(&b.w, all[i][0], all[i][1]);
        cr_assert_not_null(answer.kind, "%s", all[i][1]);
        cr_expect_str_eq(answer.kind, all[i][2]);
        cr_expect_str_eq(answer.status, "available");
        cr_expect_str_eq(answer.shown_status, "available");
        cr_expect_null(answer.waits, "%s waits for %s", all[i][1], answer.waits->what);
    }
}

Test(why, there_is_no_answer_about_what_is_not_there)
{
    make_world();
    cr_expect_null(plan_why(&b.w, "us-east-1", "west").kind, "another region's");
    cr_expect_null(plan_why(&b.w, NULL, "east").kind, "no region was named");
    cr_expect_null(plan_why(&b.w, "us-east-1", "").kind);
}

/* One thing that a node lacks, and the words of the answer. */
static const struct spoil {
    const char *state, *role;
    int link_up, fenced;
    const char *words;
} spoils[] = {
    {"unknown", "replica", 1, 0, "a first report about node demo-002.0001"},
    {"starting", "replica", 1, 0, "the process of node demo-002.0001 to answer"},
    {"exited", "replica", 1, 0, "a new process of node demo-002.0001"},
    {"broken", "replica", 1, 0, "node demo-002.0001 to be startable: there is no such program"},
    {"conflict", "replica", 1, 0, "the address of node demo-002.0001"},
    {"hung", "replica", 1, 0, "the process of node demo-002.0001, which hangs"},
    {"stopping", "replica", 1, 0, "the process of node demo-002.0001 to save its data"},
    {"stopped", "replica", 1, 0, "node demo-002.0001 to be started"},
    {"ready", "replica", 0, 0, "node demo-002.0001 to be in step with its primary"},
    {"ready", "primary", 1, 0, "node demo-002.0001 to become a replica"},
    {"ready", "replica", 1, 1, "node demo-002.0001 to take writes again"},
};

Test(why, a_group_names_what_its_node_lacks)
{
    build_rg(&b, "us-east-1", "demo", "modifying", 2);
    settle();
    for (const struct spoil *s = spoils; s < spoils + sizeof spoils / sizeof *spoils; s++) {
        build_see_all(&b);
        struct row_node *n = &b.nodes[1].row;
        n->seen_state = word_of(&words_seen_state, s->state);
        n->seen_reason = strcmp(s->state, "broken") == 0 ? "there is no such program" : NULL;
        n->seen_role = word_of(&words_node_role, s->role);
        n->seen_link_up = s->link_up;
        n->seen_fenced = s->fenced;
        b.rgs[0].row.status = RG_MODIFYING;
        expect_wait("us-east-1", "demo", s->words);
    }
}

Test(why, an_available_group_that_is_not_served_says_so_and_since_when)
{
    build_rg(&b, "us-east-1", "demo", "available", 2);
    settle();
    b.nodes[1].row.seen_state = SEEN_HUNG;
    b.nodes[1].row.seen_since_ms = b.w.steady_ms - 1500;
    plan_world(&b.w);
    struct answer answer = plan_why(&b.w, "us-east-1", "demo");
    cr_expect_str_eq(answer.status, "available");
    cr_expect_str_eq(answer.shown_status, "modifying");
    cr_assert_not_null(answer.waits);
    cr_expect_eq(answer.waits->since_ms, b.w.steady_ms - 1500);
    expect_wait("us-east-1", "demo", "which hangs");
    expect_wait("us-east-1", "demo-002", "which hangs");
    cr_expect_str_eq(plan_why(&b.w, "us-east-1", "demo-002.0001").shown_status, "rebooting");
}

Test(why, an_agent_that_is_not_in_touch_is_told_of_once)
{
    build_rg(&b, "us-east-1", "demo", "creating", 3);
    build_link(&b);
    plan_world(&b.w);
    b.regions[0].in_touch = false;
    size_t n = 0;
    for (const struct why *y = plan_why(&b.w, "us-east-1", "demo").waits; y; y = y->next)
        n += strstr(y->what, "the agent of us-east-1") != NULL;
    cr_expect_eq(n, 1);
    expect_wait("us-east-1", "demo", "a first report about node demo-003.0001");
}

Test(why, a_datastore_tells_of_each_phase)
{
    static const char *const phases[][2] = {
        {"fencing", "the old primary to hold its writes, for a failover to eu-west-1"},
        {"promoting", "the primary of eu-west-1 to get the last write"},
        {"withdrawing", "the agent of eu-west-1"},
        {"settling", "all regions to follow"},
        {"reviving", "its data back from eu-west-1"},
        {"returning", "with the data from eu-west-1"},
    };
    make_world();
    b.globals[0].row.switch_region = "eu-west-1";
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        b.globals[0].row.phase = word_of(&words_global_phase, phases[i][0]);
        expect_wait(NULL, "ldgnf-g", phases[i][1]);
    }
    b.globals[0].row.phase = PHASE_STEADY;
    b.members[0].row.status = MEMBER_ASSOCIATING;
    expect_wait(NULL, "ldgnf-g", "replication group west in eu-west-1 to join");
    b.members[0].row.leaving = 1;
    expect_wait(NULL, "ldgnf-g", "replication group west in eu-west-1 to leave");
}

Test(why, what_is_deleted_waits_for_its_nodes)
{
    build_rg(&b, "us-east-1", "demo", "available", 2);
    settle();
    b.rgs[0].row.status = RG_DELETING;
    b.nodes[0].row.want = b.nodes[1].row.want = WISH_GONE;
    b.nodes[0].row.seen_state = SEEN_GONE;
    expect_wait("us-east-1", "demo", "the end of node demo-002.0001");
    cr_expect_null(plan_why(&b.w, "us-east-1", "demo").waits->next);
}
