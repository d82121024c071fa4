#include "../ops/fixture.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/trip.h"
#include "database_work.h"
#include "scratch.h"
#include "scripted.h"
#include "stepped.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
/* The reconciler's loop: when it makes a pass, what it tells, and how everything stops. */

#define HOME "us-east-1"
#define NEW "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"

static bool stopped;

static void setup(void)
{
    scripted_options.stop_limit_ms = 60000;
    scripted_open();
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=2");
}

TestSuite(control, .init = setup, .fini = scripted_close);

static void on_stopped(void *arg)
{
    (void)arg;
    stopped = true;
}

Test(control, a_group_is_available_once_its_nodes_are_seen)
{
    size_t n;
    scripted_run(1);
    struct row_node *nodes = scripted_nodes(&n);
    cr_assert_eq(n, 2);
    cr_expect_eq(scripted_order(HOME, nodes[0].id)->role, ROLE_PRIMARY);
    cr_expect_str_eq(scripted_order(HOME, nodes[1].id)->upstream_host, nodes[0].address);
    scripted_run(3);
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
    scripted_do(HOME, "DeleteReplicationGroup", "ReplicationGroupId=g");
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_DELETING);
    scripted_run(5);
    cr_expect_null(scripted_rg(HOME, "g"));
}

Test(control, the_same_sighting_again_is_no_news)
{
    scripted_run(5);
    int64_t changes = store_changes(fixture_store());
    scripted_run(30);
    cr_expect_eq(store_changes(fixture_store()), changes);
}

Test(control, a_sighting_that_could_not_be_stored_is_news_again)
{
    scripted_run(3);
    struct scripted_agent *a = scripted_agent(HOME);
    scripted_do(HOME, "DeleteReplicationGroup", "ReplicationGroupId=g");
    scripted_ask(a);
    trip_arm(TRIP_STORE_COMMIT, 1);
    cr_expect_eq(scripted_tell(a), ERR_DB);
    cr_expect_eq(scripted_tell(a), 0);
    scripted_run(5);
    cr_expect_null(scripted_rg(HOME, "g"));
}

Test(control, a_pass_that_could_not_be_stored_is_made_again)
{
    scripted_do("eu-west-1", "CreateReplicationGroup", NEW "ReplicationGroupId=other");
    cr_expect_eq(scripted_starts("eu-west-1"), 1);
    struct answer a = fixture_run("eu-west-2", "CreateReplicationGroup", NEW "ReplicationGroupId=third");
    cr_assert_eq(a.fault, 0);
    trip_arm(TRIP_STORE_COMMIT, 1);
    control_changed(control);
    stepped_pass(0);
    cr_expect_eq(scripted_starts("eu-west-2"), 0);
    stepped_pass(1000);
    cr_expect_eq(scripted_starts("eu-west-2"), 1);
}

/* More than a pass looks at before others have their turn. */
Test(control, a_pass_with_much_to_look_at_goes_on_until_all_was_looked_at)
{
    static const char *const homes[] = {"eu-west-1", "eu-west-2", "eu-central-1", "eu-north-1"};
    enum { USERS = 300 };
    _arena_ struct arena a = {0};
    scripted_run(5);
    for (int i = 0; i < 4 * USERS; i++) {
        char form[160];
        snprintf(form, sizeof form, "UserId=u%d&UserName=u%d&Engine=redis&AccessString=on&NoPasswordRequired=true", i, i);
        scripted_do(homes[i % 4], "CreateUser", form);
    }
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=h&NumCacheClusters=2");
    scripted_run(5);
    cr_expect_eq(scripted_rg(HOME, "h")->status, RG_AVAILABLE);
    for (int i = 0; i < 4 * USERS; i++) {
        struct row_user *u;
        struct err e;
        char id[16];
        snprintf(id, sizeof id, "u%d", i);
        cr_assert_eq(q_user_get(fixture_store(), &a, homes[i % 4], id, &u, &e), 0);
        cr_assert_eq(u->status, USER_ACTIVE, "%s", id);
    }
}

/* Requests go on while an agent can't be started: none of them looks for the processes of all its nodes. */
Test(control, a_pass_costs_the_same_while_an_agent_is_away)
{
    scripted_run(5);
    scripted_start_error = -ENOMEM;
    scripted_end(scripted_agent(HOME), "");
    stepped_pass(0);
    scripted_engines_asked_for = 0;
    for (int i = 0; i < 5; i++) {
        char form[120];
        snprintf(form, sizeof form, "UserId=u%d&UserName=u%d&Engine=redis&AccessString=on&NoPasswordRequired=true", i, i);
        scripted_do(HOME, "CreateUser", form);
    }
    cr_expect_eq(scripted_engines_asked_for, 0);
    stepped_pass(3000);
    cr_expect_eq(scripted_engines_asked_for, 3 * 2, "once a second for each node, not %d times", scripted_engines_asked_for);
    scripted_start_error = 0;
    stepped_pass(3000);
    scripted_run(5);
    cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
}

/* What the database does to find a node in order to kill it. */
static int64_t work_of_kill(void)
{
    struct err e;
    int64_t pid, before = database_work();
    cr_expect_eq(control_node_do(control, NULL, "g-001.0001", NODE_DEED_HANG, &pid, &e), 409, "nothing runs here");
    return database_work() - before;
}

Test(control, a_node_is_found_without_a_look_at_the_others)
{
    scripted_run(5);
    int64_t among_two = work_of_kill();
    for (int i = 0; i < 4; i++) {
        char form[120];
        snprintf(form, sizeof form, NEW "ReplicationGroupId=more%d&NumCacheClusters=2", i);
        scripted_do(HOME, "CreateReplicationGroup", form);
    }
    scripted_run(5);
    cr_expect_eq(work_of_kill(), among_two);
}

Test(control, a_clock_that_was_set_is_seen)
{
    scripted_run(5);
    for (int i = 0; i < 2; i++) {
        int64_t changes = store_changes(fixture_store());
        clock_warp(i ? -7200000 : 86400000);
        scripted_do(HOME, "CreateUser",
            i ? "UserId=v&UserName=v&Engine=redis&AccessString=on&NoPasswordRequired=true"
              : "UserId=u&UserName=u&Engine=redis&AccessString=on&NoPasswordRequired=true");
        scripted_run(3);
        cr_expect_gt(store_changes(fixture_store()), changes);
        cr_expect_eq(scripted_rg(HOME, "g")->status, RG_AVAILABLE);
    }
}

Test(control, secrets_that_were_deleted_are_put_back)
{
    static const char *const names[] = {"secrets/node-admin-password", "secrets/node-replication-password"};
    for (size_t i = 0; i < 2; i++) {
        char before[100];
        snprintf(before, sizeof before, "%s", scratch_read(names[i]));
        cr_assert_eq(strlen(before), 64);
        cr_assert_eq(unlink(scratch_path(names[i])), 0);
        stepped_pass(1000);
        cr_expect_str_eq(scratch_read(names[i]), before);
    }
}

Test(control, a_secret_that_is_damaged_keeps_it_from_opening)
{
    struct control *other;
    struct err e;
    struct control_options o = {.store = fixture_store(), .data_dir = scratch_dir()};
    scratch_write("secrets/node-admin-password", "short", 0600);
    cr_expect_eq(control_open(&other, &o, &e), ERR_IO);
    cr_expect(strstr(e.msg, "node-admin-password is damaged"), "%s", e.msg);
}

/* ---- what it tells ---- */

Test(control, tells_of_every_node)
{
    _buf_ struct buf out = {0};
    struct err e;
    scripted_run(3);
    cr_assert_eq(control_nodes_json(control, &out, &e), 0);
    cr_expect_eq(strncmp(out.data, "{\"nodes\":[{\"id\":\"", 17), 0);
    cr_expect(strstr(out.data, "\"region\":\"us-east-1\",\"cluster\":\"g-001\",\"rg\":\"g\""), "%s", out.data);
    cr_expect(strstr(out.data, "},{\"id\":"), "the second one");
    cr_expect(strstr(out.data, "\"want\":\"run\",\"state\":\"ready\",\"reason\":null"));
    cr_expect(strstr(out.data, "\"link_up\":true") && strstr(out.data, "\"link_up\":false"));
    cr_expect(strstr(out.data, "\"serves\":true"));
}

static const char *why(const char *region, const char *id)
{
    static struct buf out;
    struct err e;
    bool found;
    buf_clear(&out);
    cr_assert_eq(control_why_json(control, region, id, &out, &found, &e), 0);
    cr_assert_eq(found, out.len > 0);
    return found ? out.data : "";
}

Test(control, tells_what_a_resource_waits_for)
{
    cr_expect(strstr(why(HOME, "g"), "\"kind\":\"replication group\",\"status\":\"creating\""));
    cr_expect(strstr(why(HOME, "g"), "the agent of us-east-1, which is not in touch\",\"since_ms\":17000"));
    cr_expect(strstr(why(HOME, "g"), "\"since_ms\":null,\"for_seconds\":null") == NULL || strstr(why(HOME, "g"), "},{"));
    scripted_run(3);
    cr_expect(
        strstr(why(HOME, "g"), "\"status\":\"available\",\"shown_status\":\"available\",\"waits\":[]}"), "%s", why(HOME, "g"));
    cr_expect_str_eq(why(HOME, "nothing"), "");
}

Test(control, makes_its_authority_when_somebody_asks_for_it)
{
    struct err e;
    cr_expect_str_eq(scratch_read("tls/ca.pem"), "");
    const char *pem = control_authority_pem(control, &e);
    cr_assert_not_null(pem);
    cr_expect_eq(strncmp(pem, "-----BEGIN CERTIFICATE", 22), 0);
    cr_expect_str_eq(scratch_read("tls/ca.pem"), pem);
}

/* ---- its end ---- */

Test(control, everything_stops_once_all_agents_have_said_so_and_gone)
{
    scripted_run(3);
    control_stop(control, on_stopped, NULL);
    cr_expect_not(stopped);
    scripted_run(2);
    cr_expect(stopped);
    cr_expect_not(scripted_agent(HOME)->alive);
    cr_expect_eq(scripted_starts(HOME), 1);
    cr_expect_eq(control_left(control), 0);
    cr_expect_eq(control_unsaved(control), 0);
}

Test(control, without_agents_it_has_stopped_at_once)
{
    scripted_close();
    scripted_open();
    control_stop(control, on_stopped, NULL);
    cr_expect(stopped);
}

Test(control, an_agent_that_never_stops_is_left_after_the_limit_and_a_margin)
{
    scripted_run(3);
    scripted_agent(HOME)->silent = true;
    scripted_agent(HOME)->asks = true;
    control_stop(control, on_stopped, NULL);
    size_t n;
    scripted_engine_works(scripted_nodes(&n)[0].seen_pid, true);
    for (int i = 0; i < 70; i++) {
        stepped_pass(1000);
        cr_assert_not(stopped, "second %d", i);
        scripted_agent(HOME)->silent = true;
    }
    stepped_pass(10000);
    cr_expect(stopped);
    cr_expect_eq(control_left(control), 3, "the agent, and both nodes of one process: %zu", control_left(control));
}

static void is_saving(struct proto_sighting *s)
{
    s->stopped = OPT_BOOL(false);
    for (size_t i = 0; i < s->nodes.n; i++) {
        s->nodes.items[i].state = SEEN_STOPPING;
        s->nodes.items[i].saving = OPT_BOOL(true);
        s->nodes.items[i].reason = "its file is written";
    }
}

Test(control, a_node_at_work_on_its_file_is_waited_for_beyond_the_limit)
{
    scripted_run(3);
    struct scripted_agent *a = scripted_agent(HOME);
    control_stop(control, on_stopped, NULL);
    scripted_change = is_saving;
    for (int i = 0; i < 200; i++) {
        if (!a->asks) scripted_ask(a);
        cr_assert_eq(scripted_tell(a), 0);
        stepped_pass(1000);
    }
    cr_expect_not(stopped);
    cr_expect_str_eq(scripted_nodes(&(size_t){0})->seen_reason, "its file is written");
    scripted_change = NULL;
    scripted_run(2);
    cr_expect(stopped);
}

static void has_not_saved(struct proto_sighting *s)
{
    for (size_t i = 0; i < s->nodes.n; i++) {
        s->nodes.items[i].unsaved_ms = OPT_INT(1700000000001);
        s->nodes.items[i].reason = "the disk is full";
    }
}

Test(control, a_node_that_could_not_save_its_data_is_counted_once)
{
    scripted_run(3);
    scripted_change = has_not_saved;
    control_stop(control, on_stopped, NULL);
    scripted_run(2);
    cr_expect(stopped);
    cr_expect_eq(control_unsaved(control), 1, "the primary: what the replica has is no data of its own");
}

Test(control, an_agent_that_can_not_be_started_to_stop_its_nodes_is_given_up)
{
    scripted_run(3);
    scripted_start_error = -EACCES;
    scripted_end(scripted_agent(HOME), " (killed by signal 11)");
    control_stop(control, on_stopped, NULL);
    stepped_pass(2000);
    cr_expect(stopped);
    cr_expect_eq(control_left(control), 1);
}

Test(control, an_agent_that_dies_again_and_again_while_all_shall_stop_is_given_up)
{
    control_stop(control, on_stopped, NULL);
    for (int i = 0; i < 5 && !stopped; i++) {
        scripted_end(scripted_agent(HOME), " (exited with status 1)");
        stepped_pass(100);
    }
    cr_expect(stopped);
    cr_expect_eq(scripted_starts(HOME), 3);
    cr_expect_eq(control_left(control), 1);
}

Test(control, everything_stops_though_nothing_can_be_stored)
{
    scripted_run(3);
    trip_arm(TRIP_STORE_COMMIT, -1);
    control_stop(control, on_stopped, NULL);
    stepped_pass(0);
    struct scripted_agent *a = scripted_agent(HOME);
    if (!a->assignment.shutdown.v) scripted_ask(a);
    cr_assert(a->assignment.shutdown.v, "it is told all the same");
    cr_expect_eq(scripted_tell(a), ERR_DB);
    scripted_end(a, " (exited with status 0)");
    stepped_pass(0);
    cr_expect(stopped);
}

Test(control, the_wait_can_be_ended_at_once)
{
    scripted_run(3);
    control_stop_waiting(control);
    cr_expect_not(stopped, "nobody has asked it to stop");
    control_stop(control, on_stopped, NULL);
    control_stop_waiting(control);
    cr_expect(stopped);
    cr_expect_eq(control_left(control), 1);
    stopped = false;
    control_stop_waiting(control);
    cr_expect_not(stopped, "once is enough");
}
