#include "base/buf.h"
#include "base/err.h"
#include "scripted.h"
#include "stepped.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
/* How serve looks after its agents: starts them, starts them again, tells silence from a death, and hands out what is new. */

#define HOME "us-east-1"

static void setup(void)
{
    scripted_open();
    scripted_do(HOME, "CreateReplicationGroup",
        "ReplicationGroupId=g&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=2");
}

TestSuite(agents, .init = setup, .fini = scripted_close);

Test(agents, a_region_has_one_from_its_first_node_on)
{
    cr_expect_eq(scripted_starts(HOME), 1);
    cr_expect_null(scripted_agent("eu-west-1"));
    scripted_do(
        HOME, "CreateReplicationGroup", "ReplicationGroupId=more&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    cr_expect_eq(scripted_starts(HOME), 1);
}

Test(agents, one_that_waits_gets_its_assignment_when_it_changes)
{
    struct scripted_agent *a = scripted_agent(HOME);
    scripted_ask(a);
    cr_expect(!a->asks && a->n_assignments == 1, "the first one at once");
    int64_t version = a->assignment.version.v;
    scripted_ask(a);
    cr_expect(a->asks, "it knows that one");
    scripted_do(
        HOME, "CreateReplicationGroup", "ReplicationGroupId=more&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    cr_expect(!a->asks && a->n_assignments == 2);
    cr_expect_gt(a->assignment.version.v, version);
}

Test(agents, one_that_waits_for_long_gets_nothing_and_asks_again)
{
    struct scripted_agent *a = scripted_agent(HOME);
    scripted_ask(a);
    scripted_tell(a);
    scripted_ask(a);
    while (!a->asks) scripted_ask(a);
    for (int i = 0; i < 19; i++) {
        stepped_pass(1000);
        scripted_tell(a);
    }
    cr_expect(a->asks && a->n_empty == 0);
    stepped_pass(1000);
    cr_expect(!a->asks && a->n_empty == 1);
    scripted_ask(a);
    scripted_ask(a);
    cr_expect_eq(a->n_empty, 2, "a newer wait ends an older one");
}

static void on_nothing(void *arg, const char *text, size_t len)
{
    *(bool *)arg = text == NULL && len == 0;
}

Test(agents, a_region_that_nothing_was_assigned_in_has_no_assignment)
{
    bool nothing = false;
    control_wait(control, "eu-west-1", 0, NULL, on_nothing, &nothing);
    cr_expect(nothing);
    control_unwait(control, "eu-west-1", &nothing);
}

Test(agents, one_that_has_died_is_started_again_at_once_and_later_with_pauses)
{
    static const int pauses_ms[] = {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2000, 2000};
    for (size_t i = 0; i < sizeof pauses_ms / sizeof *pauses_ms; i++) {
        int before = scripted_starts(HOME);
        scripted_end(scripted_agent(HOME), " (exited with status 1)");
        stepped_pass(pauses_ms[i] - 1);
        cr_assert_eq(scripted_starts(HOME), before, "pause %zu", i);
        stepped_pass(1);
        cr_assert_eq(scripted_starts(HOME), before + 1, "pause %zu", i);
    }
    stepped_pass(1001);
    scripted_end(scripted_agent(HOME), " (exited with status 1)");
    stepped_pass(5);
    cr_expect_eq(scripted_starts(HOME), 13, "one that has lived for a second is healthy");
}

Test(agents, one_that_can_not_be_started_is_tried_again)
{
    scripted_start_error = -ENOENT;
    scripted_end(scripted_agent(HOME), "");
    stepped_pass(10000);
    cr_expect_eq(scripted_starts(HOME), 1);
    scripted_start_error = 0;
    stepped_pass(2000);
    cr_expect_eq(scripted_starts(HOME), 2);
}

Test(agents, one_of_an_earlier_serve_is_found)
{
    pid_t pid = scripted_agent(HOME)->pid;
    scripted_run(2);
    scripted_close_control();
    scripted_open_control();
    cr_expect_eq(scripted_starts(HOME), 1);
    cr_expect(scripted_agent(HOME)->found);
    cr_expect_eq(scripted_agent(HOME)->pid, pid);
    scripted_run(2);
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
}

Test(agents, one_of_an_earlier_serve_is_found_in_a_region_without_nodes_too)
{
    scripted_close_control();
    scripted_leave_agent("eu-west-1");
    scripted_open_control();
    cr_expect_not(scripted_agent("eu-west-1")->found, "a region that was never used is not looked into");
    scripted_do("eu-west-2", "CreateReplicationGroup",
        "ReplicationGroupId=g&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    scripted_run(3);
    scripted_do("eu-west-2", "DeleteReplicationGroup", "ReplicationGroupId=g");
    scripted_run(3);
    scripted_close_control();
    scripted_open_control();
    cr_expect(scripted_agent("eu-west-2")->found);
    cr_expect_eq(scripted_starts("eu-west-2"), 1);
}

static void fall_silent(void)
{
    scripted_run(3);
    cr_assert_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
    scripted_agent(HOME)->silent = true;
}

Test(agents, one_that_hangs_is_killed_after_ten_looks)
{
    fall_silent();
    scripted_run(8);
    cr_expect(scripted_agent(HOME)->alive);
    scripted_run(2);
    cr_expect_eq(scripted_starts(HOME), 2);
    cr_expect_eq(scripted_agent(HOME)->next->last_signal, SIGKILL);
    scripted_run(3);
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
}

Test(agents, one_that_stands_still_is_killed_after_three_looks)
{
    fall_silent();
    scripted_agent(HOME)->stands = true;
    scripted_run(4);
    cr_expect_eq(scripted_starts(HOME), 2);
}

Test(agents, one_that_was_told_nothing_yet_owes_no_report)
{
    struct scripted_agent *a = scripted_agent(HOME);
    scripted_run(2);
    scripted_do(HOME, "DeleteReplicationGroup", "ReplicationGroupId=g");
    scripted_run(5);
    cr_assert_eq(a->assignment.nodes.n, 0);
    scripted_close_control();
    scripted_open_control();
    cr_assert(a->found);
    a->assignment.version.v = 0;
    scripted_ask(a);
    while (!a->asks) scripted_ask(a);
    cr_expect_eq(scripted_starts(HOME), 1);
}

Test(agents, one_that_says_that_it_stopped_though_nobody_told_it_to_is_started_again)
{
    scripted_run(2);
    struct scripted_agent *a = scripted_agent(HOME);
    a->assignment.shutdown = OPT_BOOL(true);
    cr_assert_eq(scripted_tell(a), 0);
    scripted_end(a, " (exited with status 0)");
    stepped_pass(10);
    cr_expect_eq(scripted_starts(HOME), 2);
}

Test(agents, one_whose_connection_ends_is_out_of_touch_until_it_reports)
{
    _buf_ struct buf why = {0};
    struct err e;
    bool found;
    scripted_run(2);
    control_unwait(control, HOME, scripted_agent(HOME));
    stepped_pass(0);
    cr_assert_eq(control_why_json(control, HOME, "g", &why, &found, &e), 0);
    cr_expect(found && strstr(why.data, "\"kind\":\"replication group\""), "%s", why.data);
    scripted_run(2);
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
}

Test(agents, what_is_no_sighting_or_of_another_region_is_refused)
{
    struct err e;
    static const char elsewhere[] = "{\"region\":\"eu-west-1\",\"pid\":1,\"version\":1,\"nodes\":[],\"links\":[]}";
    cr_expect_eq(control_sighting(control, "{", 1, &e), ERR_PARSE);
    cr_expect(strncmp(e.msg, "sighting: ", 10) == 0, "%s", e.msg);
    cr_expect_eq(control_sighting(control, elsewhere, sizeof elsewhere - 1, &e), ERR_PARSE);
    cr_expect_str_eq(e.msg, "sighting of the region eu-west-1, where nothing was assigned");
}
