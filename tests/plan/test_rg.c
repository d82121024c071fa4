#include "base/arena.h"
#include "build.h"
#include "plan/seen.h"
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

TestSuite(rg, .init = setup, .fini = teardown);

static void make(const char *status, int n)
{
    build_rg(&b, "us-east-1", "demo", status, n);
    build_link(&b);
    plan_world(&b.w);
}

Test(rg, stays_creating_while_nothing_was_seen)
{
    make("creating", 3);
    cr_assert_eq(b.rgs[0].row.status, RG_CREATING);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_CREATING);
}

Test(rg, is_available_once_every_node_is_as_wanted)
{
    make("creating", 3);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert_eq(b.node_groups[0].row.status, NODE_GROUP_AVAILABLE);
    for (int i = 0; i < 3; i++) cr_assert_eq(b.clusters[i].row.status, CLUSTER_AVAILABLE);
}

/* Each line spoils one thing that a sighting shows; none of them may pass for available. */
struct spoil {
    const char *what;
    const char *state, *role, *upstream;
    int link_up, fenced;
};

Test(rg, one_thing_out_of_order_keeps_it_creating)
{
    static const struct spoil table[] = {
        {"starting", "starting", "replica", "127.1.0.1:6379", 1, 0},
        {"still a primary", "ready", "primary", NULL, 0, 0},
        {"link down", "ready", "replica", "127.1.0.1:6379", 0, 0},
        {"another upstream", "ready", "replica", "127.9.9.9:6379", 1, 0},
        {"fenced", "ready", "replica", "127.1.0.1:6379", 1, 1},
    };
    make("creating", 2);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        build_see_all(&b);
        struct row_node *n = &b.nodes[1].row;
        cr_assert_str_eq(n->seen_upstream, "127.1.0.1:6379");
        n->seen_state = word_of(&words_seen_state, table[i].state);
        n->seen_role = word_of(&words_node_role, table[i].role);
        n->seen_upstream = table[i].upstream;
        n->seen_link_up = table[i].link_up;
        n->seen_fenced = table[i].fenced;
        plan_world(&b.w);
        cr_assert_eq(b.rgs[0].row.status, RG_CREATING, "%s", table[i].what);
    }
}

Test(rg, a_primary_endpoint_that_is_not_bound_keeps_it_creating)
{
    make("creating", 1);
    build_see_all(&b);
    b.nodes[0].row.seen_endpoints = "";
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_CREATING);
}

Test(rg, a_forwarder_of_readers_that_does_not_listen_keeps_it_creating)
{
    make("creating", 3);
    build_see_all(&b);
    rg_endpoint(&b.rgs[0], ENDPOINT_READER, "0001")->row.seen_state = ENDPOINT_BROKEN;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_CREATING);
}

static bool has_reader(int i)
{
    struct want_node want = want_node(&b.w, &b.nodes[i]);
    const char *address = rg_endpoint(&b.rgs[0], ENDPOINT_READER, "0001")->row.address;
    return want.n_endpoints && strcmp(want.endpoints[want.n_endpoints - 1], address) == 0;
}

Test(rg, a_reader_endpoint_that_no_node_has_bound_keeps_it_creating)
{
    make("creating", 2);
    build_see_all(&b);
    b.nodes[1].row.seen_endpoints = "";
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_CREATING);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
}

/* How the only replica of an available group is seen, and its primary; and whether the reader endpoint is to be the replica's. */
static const struct {
    const char *what, *replica, *primary;
    int link_up, offset, of_replica;
} readers[] = {
    {"at rest", "ready", "ready", 1, 70, 1},
    {"dead", "exited", "ready", 0, 70, 0},
    {"loading", "starting", "ready", 0, 70, 0},
    {"hung", "hung", "ready", 1, 70, 0},
    {"unlinked", "ready", "ready", 0, 70, 0},
    {"unlinked, and nobody else there", "ready", "exited", 0, 70, 1},
    {"unlinked with nothing, and nobody else there", "ready", "exited", 0, 0, 0},
    {"linked to a hung primary", "ready", "hung", 1, 70, 1},
    {"all are dead", "exited", "exited", 0, 70, 0},
};

Test(rg, the_only_replica_has_the_reader_endpoint_while_it_can_serve_and_a_forwarder_stands_in_for_it)
{
    make("available", 2);
    build_see_all(&b);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        b.nodes[0].row.seen_state = word_of(&words_seen_state, readers[i].primary);
        b.nodes[1].row.seen_state = word_of(&words_seen_state, readers[i].replica);
        b.nodes[1].row.seen_link_up = readers[i].link_up;
        b.nodes[1].row.seen_offset = readers[i].offset;
        cr_assert_eq(has_reader(1), readers[i].of_replica, "%s", readers[i].what);
        cr_assert_not(has_reader(0), "%s", readers[i].what);
        cr_assert_eq(want_floats(&b.w, &b.rgs[0], rg_endpoint(&b.rgs[0], ENDPOINT_READER, "0001")), readers[i].of_replica);
    }
}

Test(rg, a_primary_that_was_the_replica_keeps_the_reader_endpoint_until_the_new_one_can_serve)
{
    make("available", 2);
    build_see_all(&b);
    b.node_groups[0].row.primary_node_id = b.nodes[1].row.id;
    b.nodes[0].row.seen_state = SEEN_EXITED;
    cr_assert(has_reader(1));
    build_see(&b, &b.nodes[0]);
    cr_assert(has_reader(0) && !has_reader(1));
}

Test(rg, without_a_replica_the_primary_has_the_reader_endpoint)
{
    make("available", 1);
    cr_assert(has_reader(0));
}

Test(rg, two_replicas_leave_the_reader_endpoint_to_a_forwarder_though_one_is_dead)
{
    make("available", 3);
    build_see_all(&b);
    b.nodes[2].row.seen_state = SEEN_EXITED;
    for (int i = 0; i < 3; i++) cr_assert_not(has_reader(i));
    b.nodes[2].row.want = WISH_GONE;
    cr_assert(has_reader(1), "one that is to go does not count");
}

Test(rg, a_replica_that_takes_over_in_good_order_keeps_the_reader_endpoint)
{
    make("available", 2);
    build_see_all(&b);
    b.node_groups[0].row.switch_node_id = b.nodes[1].row.id;
    b.node_groups[0].row.switch_offset = 7;
    cr_assert(has_reader(1));
    b.nodes[1].row.seen_role = ROLE_PRIMARY;
    b.nodes[1].row.seen_link_up = 0;
    cr_assert(has_reader(1));
}

Test(rg, in_ports_mode_no_node_has_an_endpoint_of_its_own)
{
    b.w.addressing = (struct world_addressing){true, "127.0.0.1", 20000, 20009};
    make("available", 2);
    build_see_all(&b);
    for (int i = 0; i < 2; i++) cr_assert_eq(want_node(&b.w, &b.nodes[i]).n_endpoints, 0u);
}

Test(rg, a_dead_node_does_not_change_the_status_of_an_available_group)
{
    make("available", 2);
    build_see_all(&b);
    b.nodes[0].row.seen_state = SEEN_EXITED;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
}

Test(rg, creation_is_told_in_events)
{
    make("creating", 1);
    build_see_all(&b);
    b.w.events = NULL;
    plan_world(&b.w);
    bool told = false;
    for (struct world_event *e = b.w.events; e; e = e->next) told |= strcmp(e->message, "Replication group demo created") == 0;
    cr_assert(told);
}

Test(rg, rows_of_a_deleted_group_go_when_the_last_node_is_gone)
{
    make("available", 2);
    b.rgs[0].row.status = RG_DELETING;
    for (int i = 0; i < 2; i++) b.nodes[i].row.want = WISH_GONE;
    b.nodes[0].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert_not(b.rgs[0].drop);
    b.nodes[1].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert(b.rgs[0].drop);
    cr_assert(b.nodes[0].drop && b.nodes[1].drop && b.clusters[1].drop && b.endpoints[1].drop && b.node_groups[0].drop);
}

/* No agent was ever told of such nodes, and none will tell that they are gone. */
Test(rg, a_group_that_is_deleted_before_its_nodes_have_addresses_goes_at_once)
{
    make("deleting", 2);
    cr_assert(b.rgs[0].drop && b.nodes[0].drop && b.nodes[1].drop);
}

Test(rg, addresses_are_given_in_the_regions_block_and_differ)
{
    make("creating", 3);
    cr_assert_str_eq(b.nodes[0].row.address, "127.1.0.1");
    cr_assert_str_eq(b.nodes[1].row.address, "127.1.0.2");
    cr_assert_str_eq(b.nodes[2].row.address, "127.1.0.3");
    cr_assert_str_eq(b.endpoints[0].row.address, "127.1.0.4");
    cr_assert_str_eq(b.endpoints[1].row.address, "127.1.0.5");
}

Test(rg, an_address_that_somebody_else_has_is_replaced_by_one_of_the_next_block)
{
    make("creating", 1);
    plan_world(&b.w);
    struct row_node *n = &b.nodes[0].row;
    n->seen_address = n->address;
    n->seen_port = n->port;
    n->seen_state = SEEN_CONFLICT;
    n->seen_reason = "it is in use";
    n->seen_restarts = 1;
    plan_world(&b.w);
    cr_assert_str_eq(n->address, "127.1.1.1");
    cr_assert_eq(seen_node_state(n), SEEN_UNKNOWN);
    cr_assert_null(seen_node_reason(n), "it was about another address");
    cr_assert_eq(seen_node_restarts(n), 0);
    cr_assert(n->seen_state == SEEN_CONFLICT && n->seen_restarts == 1, "what was told stays what was told");
}

Test(rg, an_address_once_used_is_kept_even_in_conflict)
{
    make("creating", 1);
    build_see_all(&b);
    plan_world(&b.w);
    b.nodes[0].row.seen_state = SEEN_CONFLICT;
    plan_world(&b.w);
    cr_assert_str_eq(b.nodes[0].row.address, "127.1.0.1");
}

Test(rg, ports_mode_gives_one_host_and_a_port_each)
{
    b.w.addressing = (struct world_addressing){true, "127.0.0.1", 20000, 20009};
    build_rg(&b, "eu-west-1", "x", "creating", 1);
    build_rg(&b, "us-east-1", "y", "creating", 1);
    build_link(&b);
    plan_world(&b.w);
    cr_assert_str_eq(b.nodes[0].row.address, "127.0.0.1");
    cr_assert_str_eq(b.nodes[1].row.address, "127.0.0.1");
    cr_assert_neq(b.nodes[0].row.port, b.nodes[1].row.port, "one host: ports must differ between regions too");
    for (int i = 0; i < 4; i++) cr_assert(b.endpoints[i].row.port >= 20000 && b.endpoints[i].row.port <= 20009);
}

static int told(const char *begin)
{
    int n = 0;
    for (struct world_event *e = b.w.events; e; e = e->next) n += strncmp(e->message, begin, strlen(begin)) == 0;
    return n;
}

Test(rg, ports_mode_gives_a_group_the_port_that_it_was_asked_for)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 6379, 6389};
    build_rg(&b, "us-east-1", "x", "creating", 2);
    build_rg(&b, "us-east-1", "y", "creating", 1);
    b.w.regions[0].row.next_host = 0;
    build_link(&b);
    plan_world(&b.w);
    cr_expect_eq(rg_endpoint(&b.rgs[0], ENDPOINT_PRIMARY, "0001")->row.port, 6379);
    cr_expect_eq(told("The primary endpoint of replication group x has port"), 0);
    cr_expect_neq(rg_endpoint(&b.rgs[1], ENDPOINT_PRIMARY, "0001")->row.port, 6379);
    cr_expect_eq(told("The primary endpoint of replication group y has port"), 1);
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strstr(e->message, "group y has port"))
            cr_expect(strstr(e->message, ": port 6379, which was asked for, is in use"), "%s", e->message);
    cr_expect_eq(told("The reader endpoint of replication group x has port"), 0, "who asks for the primary's port gets that");
}

Test(rg, ports_mode_keeps_the_port_that_is_usual_for_who_asks_for_it)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 6378, 6386};
    build_rg(&b, "us-east-1", "x", "creating", 3);
    b.rgs[0].row.port = 6380;
    build_link(&b);
    plan_world(&b.w);
    cr_expect_eq(rg_endpoint(&b.rgs[0], ENDPOINT_PRIMARY, "0001")->row.port, 6380);
    for (size_t i = 0; i < b.w.n_nodes; i++) cr_expect_neq(b.nodes[i].row.port, 6379);
}

Test(rg, ports_mode_looks_elsewhere_where_a_stranger_has_the_port)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 6379, 6679};
    build_rg(&b, "us-east-1", "x", "creating", 1);
    build_link(&b);
    plan_world(&b.w);
    struct world_endpoint *primary = rg_endpoint(&b.rgs[0], ENDPOINT_PRIMARY, "0001");
    cr_assert_eq(primary->row.port, 6379);
    primary->row.seen_address = primary->row.address;
    primary->row.seen_port = primary->row.port;
    primary->row.seen_state = ENDPOINT_CONFLICT;
    plan_world(&b.w);
    cr_expect_neq(primary->row.port, 6379);
    cr_expect_eq(told("The primary endpoint of replication group x has port"), 1);
}

Test(rg, ports_mode_tells_of_the_ports_of_clusters_that_are_others)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 20000, 20009};
    build_cluster(&b, "us-east-1", "alone", "redis", "creating", 1);
    build_cluster(&b, "us-east-1", "mem", "memcached", "creating", 1);
    build_link(&b);
    plan_world(&b.w);
    cr_expect_eq(told("Cache node 0001 has port 2000"), 1);
    cr_expect_eq(told("The configuration endpoint of mem has port 2000"), 1);
}

Test(rg, ports_mode_tells_of_a_configuration_endpoint_for_which_no_port_is_left)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 20000, 20000};
    build_cluster(&b, "us-east-1", "mem", "memcached", "creating", 1);
    build_cluster(&b, "us-east-1", "more", "memcached", "creating", 1);
    build_link(&b);
    plan_world(&b.w);
    cr_expect_eq(told("The configuration endpoint of more has no address: every port of 20000 to 20000 is in use"), 1);
}

Test(rg, ports_mode_tells_of_a_port_that_is_not_published)
{
    b.w.addressing = (struct world_addressing){true, "0.0.0.0", 20000, 20009};
    build_rg(&b, "us-east-1", "x", "creating", 1);
    build_link(&b);
    plan_world(&b.w);
    cr_expect_eq(told("The primary endpoint of replication group x has port 2000"), 1);
    plan_world(&b.w);
    cr_expect_eq(told("The primary endpoint of replication group x has port 2000"), 1, "once");
}

Test(rg, host_addresses_leave_out_0_and_255)
{
    cr_assert_str_eq(plan_host_address(&a, 1, 0), "127.1.0.1");
    cr_assert_str_eq(plan_host_address(&a, 1, 253), "127.1.0.254");
    cr_assert_str_eq(plan_host_address(&a, 1, 254), "127.1.1.1");
    cr_assert_str_eq(plan_host_address(&a, 7, PLAN_HOSTS - 1), "127.7.255.254");
}

Test(rg, groups_whose_ids_begin_alike_keep_their_own_nodes)
{
    build_rg(&b, "us-east-1", "a", "creating", 2);
    build_rg(&b, "us-east-1", "a-001", "creating", 1);
    build_link(&b);
    cr_assert_eq(b.rgs[0].n_nodes, 2u);
    cr_assert_eq(b.rgs[1].n_nodes, 1u);
    cr_assert_str_eq(b.rgs[1].nodes[0].row.id, "a-001-001.0001");
}

Test(rg, what_keeps_a_node_from_starting_is_told_once)
{
    make("creating", 1);
    struct row_node stored = b.nodes[0].row;
    b.nodes[0].stored = &stored;
    b.w.events = NULL;
    b.nodes[0].row.seen_state = SEEN_BROKEN;
    b.nodes[0].row.seen_reason = "no redis-server";
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_CREATING);
    cr_assert_not_null(b.w.events);
    cr_assert_str_eq(b.w.events->message, "Cache node 0001 cannot be started: no redis-server");
    stored = b.nodes[0].row;
    b.w.events = NULL;
    plan_world(&b.w);
    cr_assert_null(b.w.events, "not again for the same reason");
}

Test(rg, a_range_of_ports_that_is_used_up_is_told_once_and_heals)
{
    b.w.addressing = (struct world_addressing){true, "127.0.0.1", 20000, 20001};
    make("creating", 1);
    cr_assert_eq(told("The reader endpoint of replication group demo has no address: every port of 20000 to 20001 is in use"), 1);
    cr_assert_eq(b.w.wake_ms, INT64_MAX, "it does not look again and again");
    struct world_endpoint *reader = rg_endpoint(&b.rgs[0], ENDPOINT_READER, "0001");
    cr_assert_eq(reader->row.seen_state, ENDPOINT_UNKNOWN, "no agent has seen it");
    cr_assert_str_eq(reader->row.no_address, "every port of 20000 to 20001 is in use; see --port-range");
    plan_world(&b.w);
    cr_assert_eq(told("The reader endpoint"), 1);
    b.w.addressing.last_port = 20002;
    plan_world(&b.w);
    cr_assert_eq(reader->row.port, 20002);
    cr_assert_null(reader->row.no_address);
}

Test(rg, a_process_that_ends_again_and_again_is_told_the_third_time_and_ever_more_rarely)
{
    make("available", 1);
    struct row_node stored = b.nodes[0].row;
    b.nodes[0].stored = &stored;
    for (int deaths = 1; deaths <= 12; deaths++) {
        b.nodes[0].row.seen_restarts = deaths;
        b.nodes[0].row.seen_state = SEEN_EXITED;
        b.nodes[0].row.seen_reason = "killed by signal 11";
        plan_world(&b.w);
        stored = b.nodes[0].row;
        plan_world(&b.w);
        cr_assert_eq(told("Cache node 0001 has ended"), (deaths >= 3) + (deaths >= 6) + (deaths >= 12), "%d deaths", deaths);
    }
    cr_assert_eq(told("Cache node 0001 has ended 3 times and is started again: killed by signal 11"), 1);
}

Test(rg, keys_that_cluster_mode_has_left_out_are_told_once)
{
    make("available", 1);
    struct row_node stored = b.nodes[0].row;
    b.nodes[0].stored = &stored;
    b.nodes[0].row.seen_left_out = 7;
    plan_world(&b.w);
    stored = b.nodes[0].row;
    plan_world(&b.w);
    cr_assert_eq(told("Cache node 0001 has left out 7 keys"), 1);
}

Test(rg, what_a_change_was_is_told_at_its_end)
{
    static const struct {
        enum replicas_change replicas;
        enum failover_setting failover;
        const char *told;
    } table[] = {
        {REPLICAS_INCREASE, FAILOVER_DISABLED, "Increase replica count completed for replication group demo on "},
        {REPLICAS_DECREASE, FAILOVER_DISABLED, "Decrease replica count completed for replication group demo on "},
        {REPLICAS_NONE, FAILOVER_DISABLING, "Automatic failover has been turned off for replication group demo"},
        {REPLICAS_NONE, FAILOVER_ENABLING, "Automatic failover has been turned on for replication group demo"},
    };
    make("available", 2);
    build_see_all(&b);
    plan_world(&b.w);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        b.w.events = NULL;
        b.rgs[0].row.status = RG_MODIFYING;
        b.rgs[0].row.replicas_change = table[i].replicas;
        b.rgs[0].row.automatic_failover = table[i].failover;
        plan_world(&b.w);
        build_see_all(&b);
        plan_world(&b.w);
        cr_expect_eq(told(table[i].told), 1, "%s", table[i].told);
        cr_expect_eq(b.rgs[0].row.status, RG_AVAILABLE);
    }
}

Test(rg, what_becomes_of_a_serverless_cache_is_told_by_its_name)
{
    static struct world_serverless_cache cache;
    cache.row = (struct row_serverless_cache){.region = "us-east-1", .name = "shop", .rg_id = "demo"};
    make("creating", 1);
    b.rgs[0].serverless = &cache;
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(told("Serverless cache shop has been created"), 1);
    b.nodes[0].row.recovering = 1;
    plan_world(&b.w);
    cr_assert_eq(told("Serverless cache shop was started again without the data that it had"), 1);
    b.rgs[0].row.status = RG_MODIFYING;
    plan_world(&b.w);
    cr_assert_eq(told("Serverless cache shop has been modified"), 1);
    b.rgs[0].row.status = RG_DELETING;
    for (size_t i = 0; i < b.w.n_nodes; i++) b.nodes[i].row.want = WISH_GONE;
    for (size_t i = 0; i < b.w.n_nodes; i++) b.nodes[i].row.seen_state = SEEN_GONE;
    plan_world(&b.w);
    cr_assert_eq(told("Serverless cache shop has been deleted"), 1);
    cr_assert(cache.drop);
}
