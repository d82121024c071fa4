#include "agent/dry_run/dry_fleet.h"
#include "base/arena.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define BOTH "127.0.1.9"
#define EVERY_SLOT "0-16383"

static uv_loop_t loop;
static struct dry_fleet *fleet;
static bool changed;
static struct arena arena;
static struct proto_sighting seen;

static void has_changed(void *arg)
{
    *(bool *)arg = true;
}

static void open_fleet(void)
{
    uv_loop_init(&loop);
    fleet = dry_fleet_open(&loop, has_changed, &changed);
}

static void close_fleet(void)
{
    dry_fleet_close(fleet);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    arena_fini(&arena);
}

TestSuite(dry_fleet, .init = open_fleet, .fini = close_fleet, .timeout = 20);

/* Whatever follows from what has happened, but for what takes time. */
static void look(void)
{
    while (changed) {
        changed = false;
        dry_fleet_turn(fleet);
    }
    seen = (struct proto_sighting){0};
    dry_fleet_see(fleet, &arena, &seen);
}

/* Until nothing more is to happen. */
static void settle(void)
{
    for (look(); uv_loop_alive(&loop); look()) uv_run(&loop, UV_RUN_ONCE);
}

static const struct proto_node_seen *node_seen(const char *id)
{
    for (size_t i = 0; i < seen.nodes.n; i++)
        if (strcmp(seen.nodes.items[i].id, id) == 0) return &seen.nodes.items[i];
    return NULL;
}

/* One primary with an endpoint, one replica of it. */
static struct proto_node_order pair[2];
static const char *endpoints[] = {BOTH};
static struct proto_assignment assignment;

static void order_pair(const char *primary, const char *replica)
{
    pair[0] =
        (struct proto_node_order){.id = primary, .address = "127.0.1.1", .role = "primary", .endpoints = {true, 1, endpoints}};
    pair[1] = (struct proto_node_order){.id = replica,
        .address = "127.0.1.2",
        .role = "replica",
        .upstream_host = "127.0.1.1",
        .upstream_port = OPT_INT(6379),
        .upstream_node = primary};
    for (int i = 0; i < 2; i++) {
        pair[i].engine = "redis";
        pair[i].engine_version = "7.1";
        pair[i].run = OPT_BOOL(true);
        pair[i].port = OPT_INT(6379);
        pair[i].generation = OPT_INT(3);
        if (strcmp(pair[i].id, "b") == 0) pair[i].address = "127.0.1.2";
        else pair[i].address = "127.0.1.1";
    }
    pair[1].upstream_host = pair[0].address;
    assignment = (struct proto_assignment){.version = OPT_INT(assignment.version.v + 1), .region = "r", .nodes = {true, 2, pair}};
    dry_fleet_order(fleet, &assignment);
}

static struct proto_dry_run_order dry_run;
static struct proto_dry_run_fault fault;

static void order_fault(int64_t pid, bool hangs)
{
    fault = (struct proto_dry_run_fault){OPT_INT(pid), OPT_BOOL(hangs)};
    dry_run = (struct proto_dry_run_order){.faults = {true, pid != 0, &fault}};
    assignment.dry_run = &dry_run;
    dry_fleet_order(fleet, &assignment);
}

Test(dry_fleet, a_replica_starts_once_its_primary_is_ready_and_both_are_as_ordered)
{
    order_pair("a", "b");
    look();
    cr_expect_eq(node_seen("a")->state, SEEN_STARTING);
    cr_expect_eq(node_seen("b")->pid.v, 0, "nothing can be followed yet");
    settle();
    const struct proto_node_seen *a = node_seen("a"), *b = node_seen("b");
    cr_expect(a->state == SEEN_READY && a->role == SEEN_ROLE_PRIMARY && a->generation.v == 3);
    cr_expect_gt(a->pid.v, 1 << 22, "no process of the system has this number");
    cr_assert_eq(a->endpoints.n, 1);
    cr_expect_str_eq(a->endpoints.items[0], BOTH);
    cr_expect(b->state == SEEN_READY && b->role == SEEN_ROLE_REPLICA && b->link_up.v);
    cr_expect_str_eq(b->upstream_host, "127.0.1.1");
    cr_expect_str_eq(b->engine_version, "7.1");
}

Test(dry_fleet, roles_change_with_an_endpoint_that_one_node_has_at_a_time)
{
    order_pair("a", "b");
    settle();
    order_pair("b", "a");
    look();
    cr_expect_eq(node_seen("a")->endpoints.n, 0, "given up at once");
    cr_expect_eq(node_seen("b")->endpoints.n, 0, "not taken yet");
    settle();
    cr_expect_eq(node_seen("b")->role, SEEN_ROLE_PRIMARY);
    cr_expect_eq(node_seen("b")->endpoints.n, 1);
    cr_expect_eq(node_seen("a")->role, SEEN_ROLE_REPLICA);
    cr_expect_str_eq(node_seen("a")->upstream_host, "127.0.1.2");
}

Test(dry_fleet, a_process_that_shall_be_dead_dies_and_its_node_is_held_back_or_starts_anew)
{
    order_pair("a", "b");
    settle();
    int64_t first = node_seen("a")->pid.v;
    pair[0].hold = OPT_BOOL(true);
    order_fault(first, false);
    settle();
    cr_expect_eq(node_seen("a")->state, SEEN_EXITED);
    cr_expect_not(node_seen("b")->link_up.v);
    pair[0].hold = OPT_BOOL(false);
    order_fault(first, false);
    settle();
    cr_expect_eq(node_seen("a")->state, SEEN_READY);
    cr_expect_neq(node_seen("a")->pid.v, first);
    cr_expect_eq(node_seen("a")->restarts.v, 1);
}

Test(dry_fleet, a_process_that_hangs_takes_no_order_until_it_goes_on)
{
    order_pair("a", "b");
    settle();
    order_fault(node_seen("b")->pid.v, true);
    pair[1].generation = OPT_INT(4);
    settle();
    cr_expect_eq(node_seen("b")->state, SEEN_HUNG);
    order_fault(0, false);
    settle();
    cr_expect_eq(node_seen("b")->state, SEEN_READY);
    cr_expect_eq(node_seen("b")->generation.v, 4);
}

Test(dry_fleet, a_process_that_is_condemned_dies_though_it_hangs)
{
    order_pair("a", "b");
    settle();
    int64_t pid = node_seen("a")->pid.v;
    order_fault(pid, true);
    pair[0].condemned_pid = OPT_INT(pid);
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_neq(node_seen("a")->pid.v, pid);
}

Test(dry_fleet, processes_live_as_long_as_the_assignment_says)
{
    order_pair("a", "b");
    settle();
    dry_run = (struct proto_dry_run_order){.start_ms = OPT_INT(0), .life_ms = OPT_INT(1)};
    assignment.dry_run = &dry_run;
    pair[0].incarnation = OPT_INT(1); /* the next process is one of the new times */
    dry_fleet_order(fleet, &assignment);
    while (node_seen("a")->restarts.v == 0) {
        uv_run(&loop, UV_RUN_ONCE);
        look();
    }
}

Test(dry_fleet, a_node_without_an_order_goes_and_one_that_shall_not_run_is_gone)
{
    order_pair("a", "b");
    settle();
    pair[1].run = OPT_BOOL(false);
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_eq(node_seen("b")->state, SEEN_GONE);
    assignment.nodes.n = 1;
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_null(node_seen("b"));
}

Test(dry_fleet, a_snapshot_is_whole_once_its_node_has_taken_it_or_nobody_is_to)
{
    struct proto_snapshot_order snapshots[] = {{.id = "s", .keep = OPT_BOOL(true)}, {.id = "old", .keep = OPT_BOOL(true)}};
    order_pair("a", "b");
    settle();
    pair[1].snapshot = "s";
    pair[1].snapshot_pid = OPT_INT(node_seen("b")->pid.v + 1);
    assignment.snapshots = (struct proto_snapshot_order_list){true, 2, snapshots};
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_eq(seen.snapshots.items[0].state, PART_MISSING, "its process is another one");
    cr_expect_eq(seen.snapshots.items[1].state, PART_WHOLE);
    pair[1].snapshot_pid = node_seen("b")->pid;
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_eq(seen.snapshots.items[0].state, PART_WHOLE);
    cr_expect_gt(seen.snapshots.items[0].taken_ms.v, 0);
}

static struct proto_cluster_node mapped[] = {
    {.order = "a",
        .name = "a000000000000000000000000000000000000000",
        .host = "127.0.1.1",
        .port = {true, 6379},
        .shard = "1",
        .primary = {true, true},
        .slots = EVERY_SLOT},
    {.order = "b",
        .name = "b000000000000000000000000000000000000000",
        .host = "127.0.1.2",
        .port = {true, 6379},
        .shard = "2",
        .primary = {true, true},
        .slots = ""},
};

/* Two shards of one node each. */
static void order_shards(struct proto_cluster_map *map)
{
    order_pair("a", "b");
    pair[1].role = "primary";
    pair[0].cluster = pair[1].cluster = "g";
    *map = (struct proto_cluster_map){.group = "g", .nodes = {true, 2, mapped}};
    assignment.clusters = (struct proto_cluster_map_list){true, 1, map};
    dry_fleet_order(fleet, &assignment);
    settle();
}

Test(dry_fleet, a_shards_primary_has_the_slots_of_the_map_and_gives_away_those_that_move)
{
    struct proto_slot_move move = {"8192-16383", "1", "2"};
    struct proto_cluster_map map;
    order_shards(&map);
    const struct proto_cluster_seen *a = node_seen("a")->cluster;
    cr_assert_not_null(a);
    cr_expect_str_eq(a->slots, EVERY_SLOT);
    cr_expect(a->state == REDIS_CLUSTER_OK && a->agrees.v && a->known.v == 2);
    map.moves = (struct proto_slot_move_list){true, 1, &move};
    dry_fleet_order(fleet, &assignment);
    settle();
    cr_expect_str_eq(node_seen("a")->cluster->slots, "0-8191");
    cr_expect_str_eq(node_seen("b")->cluster->slots, "8192-16383");
    cr_expect_not(node_seen("a")->cluster->agrees.v, "the map is still another");
}

Test(dry_fleet, everything_stops_in_good_order)
{
    order_pair("a", "b");
    settle();
    dry_fleet_stop(fleet);
    settle();
    cr_expect(node_seen("a")->state == SEEN_STOPPED && node_seen("b")->state == SEEN_STOPPED);
}
