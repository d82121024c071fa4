#include "base/arena.h"
#include "build.h"
#include "plan/why.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct world_cluster *redis, *mem;

/* 1970-01-04 was a Sunday; the clusters' windows open on Sundays at 05:00. */
#define SUNDAY_5 ((3LL * 24 + 5) * 3600 * 1000)

static void look(void)
{
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

static void setup(void)
{
    build_init(&b, &a);
    build_cluster(&b, "us-east-1", "alone", "redis", "creating", 1);
    build_cluster(&b, "us-east-1", "mem", "memcached", "creating", 3);
    build_link(&b);
    redis = &b.clusters[0];
    mem = &b.clusters[1];
}

static void available(void)
{
    setup();
    look();
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(mem->row.status, CLUSTER_AVAILABLE);
    b.w.events = NULL;
}

static void teardown(void)
{
    arena_fini(&a);
}

static int events(const char *message)
{
    int n = 0;
    for (struct world_event *e = b.w.events; e; e = e->next) n += strcmp(e->message, message) == 0;
    return n;
}

/* What a plan added is read with everything else the next time. */
static void load_new_nodes(void)
{
    size_t n = 0;
    for (struct world_new_node *row = b.w.new_nodes; row; row = row->next) n++;
    for (struct world_new_node *row = b.w.new_nodes; row; row = row->next)
        b.nodes[b.w.n_nodes + --n].row = row->row; /* the newest comes first */
    while (b.nodes[b.w.n_nodes].row.id) b.w.n_nodes++;
    b.w.new_nodes = NULL;
    redis->n_nodes = mem->n_nodes = 0;
    world_link(&b.w);
}

TestSuite(cluster, .init = available, .fini = teardown);

Test(cluster, is_creating_while_a_node_is_missing, .init = setup)
{
    look();
    b.nodes[2].row.seen_state = SEEN_STARTING;
    mem->row.status = CLUSTER_CREATING;
    plan_world(&b.w);
    cr_assert_eq(mem->row.status, CLUSTER_CREATING);
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
}

Test(cluster, is_creating_while_its_configuration_endpoint_does_not_listen, .init = setup)
{
    plan_world(&b.w);
    build_see_all(&b);
    mem->endpoint->row.seen_state = ENDPOINT_CONFLICT;
    plan_world(&b.w);
    cr_assert_eq(mem->row.status, CLUSTER_CREATING);
}

Test(cluster, creation_is_told_once_in_events, .init = setup)
{
    look();
    plan_world(&b.w);
    cr_assert_eq(events("Cache cluster created"), 2);
    cr_assert_eq(events("Added cache node 0001 in availability zone us-east-1a"), 2);
    cr_assert_eq(events("Added cache node 0003 in availability zone us-east-1a"), 1);
}

Test(cluster, a_dead_node_does_not_change_the_status_of_an_available_one)
{
    b.nodes[0].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
}

Test(cluster, a_hung_node_is_woken_after_a_while_and_never_killed)
{
    b.nodes[0].row.seen_state = SEEN_HUNG;
    b.nodes[0].row.seen_pid = 77;
    b.nodes[0].row.seen_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + 5000);
    cr_assert_not(want_rouse(&b.w, &b.nodes[0]));
    b.w.steady_ms += 5000;
    plan_world(&b.w);
    cr_assert(want_rouse(&b.w, &b.nodes[0]));
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
}

Test(cluster, a_hung_node_is_woken_for_the_last_snapshot_of_what_is_deleted)
{
    b.clusters[0].row.status = CLUSTER_DELETING;
    b.nodes[0].row.seen_state = SEEN_HUNG;
    b.nodes[0].row.seen_pid = 77;
    b.nodes[0].row.seen_since_ms = b.w.steady_ms;
    plan_world(&b.w);
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + WANT_ROUSE_MS);
}

Test(cluster, a_deleted_one_goes_when_its_last_node_is_gone)
{
    mem->row.status = CLUSTER_DELETING;
    for (size_t i = 0; i < 3; i++) mem->nodes[i].row.want = WISH_GONE;
    for (size_t i = 0; i < 2; i++) mem->nodes[i].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert_not(mem->drop);
    mem->nodes[2].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(mem->drop && mem->endpoint->drop && mem->nodes[0].drop && mem->nodes[2].drop);
    cr_assert_not(redis->drop);
    cr_assert_eq(events("Cache cluster deleted"), 1);
}

Test(cluster, nodes_that_have_no_address_do_not_keep_a_deleted_one)
{
    mem->row.status = CLUSTER_DELETING;
    for (size_t i = 0; i < 3; i++) {
        mem->nodes[i].row.want = WISH_GONE;
        mem->nodes[i].row.address = NULL;
        mem->nodes[i].row.seen_state = SEEN_UNKNOWN;
    }
    cr_assert_eq(plan_why(&b.w, "us-east-1", "mem").waits, NULL);
    plan_world(&b.w);
    cr_assert(mem->drop);
}

Test(cluster, a_reboot_ends_when_the_process_is_a_new_one)
{
    redis->row.status = CLUSTER_REBOOTING_CLUSTER_NODES;
    b.nodes[0].row.status = NODE_REBOOTING;
    b.nodes[0].row.incarnation = 2;
    plan_world(&b.w);
    cr_assert_eq(redis->row.status, CLUSTER_REBOOTING_CLUSTER_NODES);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(b.nodes[0].row.status, NODE_AVAILABLE);
    cr_assert_eq(events("Cache node 0001 restarted"), 1);
}

/* Else it would be rebooting until its maintenance window. */
Test(cluster, a_reboot_does_not_wait_for_nodes_that_wait_for_the_window)
{
    mem->row.status = CLUSTER_REBOOTING_CLUSTER_NODES;
    mem->row.pending_num_nodes = 2;
    mem->row.pending_nodes_to_remove = "0003";
    mem->row.pending_since_ms = b.w.now_ms;
    mem->nodes[0].row.status = NODE_REBOOTING;
    mem->nodes[0].row.incarnation = 2;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(mem->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(mem->row.num_nodes, 3);
    cr_assert_eq(mem->row.pending_num_nodes, 2);
}

Test(cluster, what_waits_for_the_window_is_done_when_it_opens)
{
    redis->row.pending_node_type = "cache.r7g.xlarge";
    redis->row.pending_since_ms = b.w.now_ms;
    plan_world(&b.w);
    cr_assert_str_eq(redis->row.node_type, "cache.r7g.large");
    cr_assert_eq(b.w.wake_ms - b.w.steady_ms, SUNDAY_5 - b.w.now_ms);
    b.w.now_ms = SUNDAY_5;
    plan_world(&b.w);
    cr_assert_str_eq(redis->row.node_type, "cache.r7g.xlarge");
    cr_assert_null(redis->row.pending_node_type);
    cr_assert_eq(redis->row.status, CLUSTER_MODIFYING, "the new memory is not in force yet");
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(b.nodes[0].row.incarnation, 1, "no restart");
}

Test(cluster, what_need_not_wait_is_done_at_once)
{
    redis->row.pending_node_type = "cache.r7g.xlarge";
    plan_world(&b.w);
    cr_assert_str_eq(redis->row.node_type, "cache.r7g.xlarge");
}

Test(cluster, nothing_pending_begins_while_something_else_is_under_way)
{
    redis->row.pending_node_type = "cache.r7g.xlarge";
    redis->row.status = CLUSTER_REBOOTING_CLUSTER_NODES;
    b.nodes[0].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_str_eq(redis->row.node_type, "cache.r7g.large");
}

Test(cluster, a_new_version_is_in_force_when_the_processes_run_for_it)
{
    redis->row.pending_engine_version = "7.1.1";
    mem->row.pending_engine_version = "1.6.23";
    plan_world(&b.w);
    cr_assert_str_eq(redis->row.engine_version, "7.1.1");
    cr_assert(b.nodes[0].row.keep_data);
    for (size_t i = 0; i < 3; i++) cr_assert(!mem->nodes[i].row.keep_data);
    cr_assert_eq(redis->row.status, CLUSTER_MODIFYING);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(redis->row.status, CLUSTER_AVAILABLE);
}

Test(cluster, clients_get_the_list_of_nodes_once_all_of_them_are_there, .init = setup)
{
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "");
    build_see_all(&b);
    mem->nodes[1].row.seen_state = SEEN_STARTING;
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "");
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "0001 0002 0003");
    cr_assert_eq(mem->row.config_version, 1);
}

Test(cluster, more_nodes_come_with_numbers_of_their_own_and_a_version_each)
{
    mem->row.pending_num_nodes = 5;
    mem->row.pending_zones = "us-east-1a us-east-1b";
    plan_world(&b.w);
    cr_assert_eq(mem->row.status, CLUSTER_MODIFYING);
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms, "another look, with the new nodes");
    load_new_nodes();
    cr_assert_eq(mem->n_nodes, 5u);
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "0001 0002 0003");
    look();
    cr_assert_eq(mem->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(mem->row.num_nodes, 5);
    cr_assert_eq(mem->row.pending_num_nodes, 0);
    cr_assert_str_eq(mem->row.config_nodes, "0001 0002 0003 0004 0005");
    cr_assert_eq(mem->row.config_version, 2);
    cr_assert_str_eq(mem->row.availability_zone, "Multiple");
    cr_assert_eq(events("Finished modifying number of nodes from 3 to 5"), 1);
}

Test(cluster, chosen_nodes_leave_the_list_at_once_and_their_rows_when_they_are_gone)
{
    mem->row.pending_num_nodes = 1;
    mem->row.pending_nodes_to_remove = "0001 0003";
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "0002");
    cr_assert_eq(mem->row.config_version, 2);
    cr_assert_eq(mem->nodes[0].row.want, WISH_GONE);
    cr_assert_eq(mem->nodes[1].row.want, WISH_RUN);
    cr_assert_eq(mem->row.status, CLUSTER_MODIFYING);
    mem->nodes[0].row.seen_state = mem->nodes[2].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(mem->nodes[0].drop && mem->nodes[2].drop && !mem->nodes[1].drop);
    cr_assert_eq(mem->row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(mem->row.num_nodes, 1);
    cr_assert_str_eq(mem->row.pending_nodes_to_remove, "");
    cr_assert_eq(events("Removed cache nodes 0001, 0003"), 1);
}

Test(cluster, nodes_that_reboot_stay_in_the_list)
{
    mem->row.status = CLUSTER_REBOOTING_CLUSTER_NODES;
    mem->nodes[0].row.status = NODE_REBOOTING;
    mem->nodes[0].row.incarnation = 2;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_str_eq(mem->row.config_nodes, "0001 0002 0003");
    cr_assert_eq(mem->row.config_version, 1);
}
