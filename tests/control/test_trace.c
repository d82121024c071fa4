#include "control/trace.h"
#include "base/arena.h"
#include "control/told.h"
#include "control/trace_world.h"
#include "plan/world.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct trace *t;

static void open_trace(void)
{
    t = trace_open(false);
}

static void close_trace(void)
{
    trace_close(t);
}

TestSuite(trace, .init = open_trace, .fini = close_trace);

static const struct row_node member = {.region = "r", .id = "g-001.0001", .rg_id = "g", .cluster_id = "g-001"};
static const struct row_node alone = {.region = "r", .id = "c.0001", .cluster_id = "c"};
static const struct row_replication_group group = {.region = "r", .id = "g"};

static const char *last_request(const char *kind, const char *region, const char *id)
{
    return trace_request(t, &(struct trace_owner){kind, region, id}, NULL);
}

static void write_row(const char *request, const struct sql_table *table, const void *row, bool committed)
{
    trace_begin(t, request, "ModifyReplicationGroup");
    trace_row(t, table, row);
    trace_end(t, committed);
}

Test(trace, a_row_of_a_node_is_its_replication_groups_or_its_clusters)
{
    struct trace_owner of_member = trace_owner_of(&sql_table_node, &member), of_alone = trace_owner_of(&sql_table_node, &alone);
    cr_expect_str_eq(of_member.kind, "replication group");
    cr_expect_str_eq(of_member.id, "g");
    cr_expect_str_eq(of_alone.kind, "cache cluster");
    cr_expect_str_eq(of_alone.id, "c");
    cr_expect_null(trace_owner_of(&sql_table_tag, &(struct row_tag){.arn = "a"}).kind, "tags are nobody's");
}

Test(trace, the_request_that_wrote_last_counts)
{
    write_row("one", &sql_table_replication_group, &group, true);
    cr_expect_str_eq(last_request("replication group", "r", "g"), "one");
    write_row("two", &sql_table_node, &member, true);
    cr_expect_str_eq(last_request("replication group", "r", "g"), "two");
    cr_expect_null(last_request("replication group", "another", "g"), "regions are apart");
    cr_expect_null(last_request("user group", "r", "g"), "kinds are apart");
}

Test(trace, a_request_that_fails_was_never_there)
{
    write_row("one", &sql_table_replication_group, &group, true);
    write_row("two", &sql_table_replication_group, &group, false);
    cr_expect_str_eq(last_request("replication group", "r", "g"), "one");
}

Test(trace, a_pass_writes_for_no_request)
{
    trace_row(t, &sql_table_replication_group, &group);
    cr_expect_null(last_request("replication group", "r", "g"));
}

Test(trace, the_oldest_is_forgotten_first_also_by_a_request_that_fails)
{
    char id[16], request[16];
    struct row_snapshot row = {.region = "r", .name = id};
    for (int i = 0; i <= TRACE_STAMPS_MAX; i++) {
        snprintf(id, sizeof id, "s%d", i);
        snprintf(request, sizeof request, "q%d", i);
        write_row(request, &sql_table_snapshot, &row, true);
    }
    cr_expect_null(last_request("snapshot", "r", "s0"));
    cr_expect_str_eq(last_request("snapshot", "r", "s1"), "q1");
    write_row("no", &sql_table_replication_group, &group, false);
    cr_expect_null(last_request("replication group", "r", "g"));
    cr_expect_str_eq(last_request("snapshot", "r", "s2"), "q2");
    cr_expect_str_eq(last_request("snapshot", "r", id), request);
}

Test(trace, what_an_agent_remembers_counts_where_nothing_is_known)
{
    struct trace_owner o = {"replication group", "r", "g"};
    trace_recall(t, &o, "one");
    cr_expect_str_eq(last_request("replication group", "r", "g"), "one");
    trace_recall(t, &o, "two");
    cr_expect_str_eq(last_request("replication group", "r", "g"), "one");
    trace_recall(t, &(struct trace_owner){"user", "r", "u"}, "no request has an id of so many characters");
    cr_expect_null(last_request("user", "r", "u"));
}

Test(trace, follows_so_many_ids_and_no_more)
{
    char id[16];
    for (int i = 0; i < TRACE_IDS_MAX; i++) {
        snprintf(id, sizeof id, "i%d", i);
        cr_assert(trace_add_id(t, id));
    }
    cr_expect(trace_add_id(t, "i7"), "twice is once");
    cr_expect_not(trace_add_id(t, "more"));
    trace_drop_id(t, "i7");
    cr_expect_not(trace_wants(t, "i7"));
    cr_expect(trace_add_id(t, "more") && trace_wants(t, "more"));
}

/* ---- the lines of a pass ---- */

static struct arena a;

/* What is written to standard error from now on goes to 'file'. */
static void catch_log(FILE *file)
{
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
}

static void read_log(FILE *file, char *text, size_t size)
{
    ssize_t n = pread(fileno(file), text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
}

Test(trace, a_line_tells_what_was_seen_and_another_what_was_planned)
{
    char text[2000];
    FILE *log = tmpfile();
    struct row_node before = member, after = member;
    before.seen_state = SEEN_STARTING;
    before.status = NODE_CREATING;
    after.seen_state = SEEN_READY;
    after.status = NODE_AVAILABLE;
    after.seen_offset = 7;
    struct world_node n = {.row = after, .stored = &before};
    struct world w = {.arena = &a, .nodes = &n, .n_nodes = 1};
    write_row("one", &sql_table_replication_group, &group, true);
    catch_log(log);
    trace_changes(t, &w);
    read_log(log, text, sizeof text);
    cr_expect_str_empty(text, "nothing is traced: %s", text);
    trace_add_id(t, "g");
    trace_changes(t, &w);
    read_log(log, text, sizeof text);
    cr_expect(strstr(text, "request one: seen: node g-001.0001 of replication group g: state starting -> ready\n"), "%s", text);
    cr_expect(
        strstr(text, "request one: planned: node g-001.0001 of replication group g: status creating -> available\n"), "%s", text);
}

Test(trace, no_line_has_a_password)
{
    char text[2000];
    FILE *log = tmpfile();
    struct row_user before = {.region = "r", .id = "u", .status = USER_ACTIVE, .passwords = "a0", .access_string = "on"},
                    after = before;
    after.status = USER_MODIFYING;
    after.passwords = "b1";
    after.access_string = "off";
    struct world_user u = {.row = after, .stored = &before};
    struct world w = {.arena = &a, .users = &u, .n_users = 1};
    trace_add_id(t, "u");
    catch_log(log);
    trace_changes(t, &w);
    read_log(log, text, sizeof text);
    cr_expect(strstr(text, "request -: planned: user u: status active -> modifying\n"), "%s", text);
    cr_expect(strstr(text, "b1") == NULL && strstr(text, "access") == NULL, "%s", text);
}

Test(trace, orders_of_what_is_traced_have_their_requests_id)
{
    struct world_node nodes[] = {{.row = member}, {.row = alone}};
    struct world w = {.arena = &a, .nodes = nodes, .n_nodes = 2};
    struct proto_node_order orders[] = {{.id = "g-001.0001"}, {.id = "c.0001"}};
    struct proto_assignment m = {.region = "r", .nodes = {true, 2, orders}};
    write_row("one", &sql_table_replication_group, &group, true);
    trace_add_id(t, "g");
    trace_orders(t, &w, &m);
    cr_expect_str_eq(orders[0].trace, "one");
    cr_expect_null(orders[1].trace);
}

Test(trace, a_sighting_brings_back_what_serve_forgot)
{
    struct world_node nodes[] = {{.row = member}, {.row = alone}};
    struct world w = {.arena = &a, .nodes = nodes, .n_nodes = 2};
    struct proto_node_seen seen[] = {{.id = "g-001.0001", .trace = "one"}, {.id = "c.0001", .trace = "-"}};
    struct proto_sighting s = {.region = "r", .nodes = {true, 2, seen}};
    trace_add_id(t, "g");
    struct told told = {0};
    cr_assert(told_take(&told, &s, NULL, NULL));
    trace_recall_seen(t, &w, "r", &told);
    told_fini(&told);
    cr_expect_str_eq(last_request("replication group", "r", "g"), "one");
    cr_expect_null(last_request("cache cluster", "r", "c"));
}
