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

static struct keyed orders, told;

static void open_fleet(void)
{
    orders = (struct keyed){.lists = keyed_orders, .n_lists = KEYED_ORDERS};
    told = (struct keyed){.lists = keyed_seen, .n_lists = KEYED_SEEN};
    uv_loop_init(&loop);
    fleet = dry_fleet_open(&loop, &orders, has_changed, &changed);
}

static void close_fleet(void)
{
    dry_fleet_close(fleet);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    keyed_fini(&orders);
    keyed_fini(&told);
    arena_fini(&arena);
}

TestSuite(dry_fleet, .init = open_fleet, .fini = close_fleet, .timeout = 20);

static void on_difference(void *arg, int list, const char *key)
{
    (void)arg;
    cr_expect_fail("%s of the list %s is otherwise than it was told", key, keyed_seen[list].name);
}

/* What may be otherwise, put together, is the whole. */
static void look_twice(void)
{
    struct proto_sighting news = {0};
    seen = (struct proto_sighting){0};
    dry_fleet_see(fleet, false, &arena, &news);
    keyed_take(&told, &news, false, news.gone, NULL, NULL);
    dry_fleet_see(fleet, true, &arena, &seen);
    keyed_take(&told, &seen, true, NULL, on_difference, NULL);
    keyed_release(&told);
}

/* Whatever follows from what has happened, but for what takes time. */
static void look(void)
{
    while (changed) {
        changed = false;
        dry_fleet_turn(fleet);
    }
    look_twice();
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

static const struct proto_snapshot_seen *snapshot_seen(const char *id)
{
    size_t i = 0;
    while (strcmp(seen.snapshots.items[i].id, id) != 0) i++;
    return &seen.snapshots.items[i];
}

/* One primary with an endpoint, one replica of it. */
static struct proto_node_order pair[2];
static const char *endpoints[] = {BOTH};
static struct proto_assignment assignment;

static void give_orders(void)
{
    keyed_take(&orders, &assignment, true, NULL, dry_fleet_order, fleet);
    dry_fleet_settle(fleet, assignment.dry_run);
    keyed_release(&orders);
}

static void order_pair(const char *primary, const char *replica)
{
    pair[0] =
        (struct proto_node_order){.id = primary, .address = "127.0.1.1", .role = ROLE_PRIMARY, .endpoints = {true, 1, endpoints}};
    pair[1] = (struct proto_node_order){.id = replica,
        .address = "127.0.1.2",
        .role = ROLE_REPLICA,
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
    give_orders();
}

static struct proto_dry_run_order dry_run;
static struct proto_dry_run_fault fault;

static void order_fault(int64_t pid, bool hangs)
{
    fault = (struct proto_dry_run_fault){OPT_INT(pid), OPT_BOOL(hangs)};
    dry_run = (struct proto_dry_run_order){.faults = {true, pid != 0, &fault}};
    assignment.dry_run = &dry_run;
    give_orders();
}

Test(dry_fleet, a_replica_starts_once_its_primary_is_ready_and_both_are_as_ordered)
{
    order_pair("a", "b");
    look();
    cr_expect_eq(node_seen("a")->state, SEEN_STARTING);
    cr_expect_eq(node_seen("b")->pid.v, 0, "nothing can be followed yet");
    settle();
    const struct proto_node_seen *a = node_seen("a"), *b = node_seen("b");
    cr_expect(a->state == SEEN_READY && a->role == ROLE_PRIMARY && a->generation.v == 3);
    cr_expect_gt(a->pid.v, 1 << 22, "no process of the system has this number");
    cr_assert_eq(a->endpoints.n, 1);
    cr_expect_str_eq(a->endpoints.items[0], BOTH);
    cr_expect(b->state == SEEN_READY && b->role == ROLE_REPLICA && b->link_up.v);
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
    cr_expect_eq(node_seen("b")->role, ROLE_PRIMARY);
    cr_expect_eq(node_seen("b")->endpoints.n, 1);
    cr_expect_eq(node_seen("a")->role, ROLE_REPLICA);
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
    pair[0].incarnation = OPT_INT(2); /* one who asks for a reboot does not know of the death either */
    order_fault(first, false);
    settle();
    cr_expect_eq(node_seen("a")->state, SEEN_EXITED);
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
    give_orders();
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
    give_orders();
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
    give_orders();
    settle();
    cr_expect_eq(node_seen("b")->state, SEEN_GONE);
    assignment.nodes.n = 1;
    give_orders();
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
    give_orders();
    settle();
    cr_expect_eq(snapshot_seen("s")->state, PART_MISSING, "its process is another one");
    cr_expect_eq(snapshot_seen("old")->state, PART_WHOLE);
    pair[1].snapshot_pid = node_seen("b")->pid;
    give_orders();
    settle();
    cr_expect_eq(snapshot_seen("s")->state, PART_WHOLE);
    cr_expect_gt(snapshot_seen("s")->taken_ms.v, 0);
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
    pair[1].role = ROLE_PRIMARY;
    pair[0].cluster = pair[1].cluster = "g";
    *map = (struct proto_cluster_map){.group = "g", .nodes = {true, 2, mapped}};
    assignment.clusters = (struct proto_cluster_map_list){true, 1, map};
    give_orders();
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
    give_orders();
    settle();
    cr_expect_str_eq(node_seen("a")->cluster->slots, "0-8191");
    cr_expect_str_eq(node_seen("b")->cluster->slots, "8192-16383");
    cr_expect_not(node_seen("a")->cluster->agrees.v, "the map is still another");
}

Test(dry_fleet, what_is_not_ordered_any_more_is_told_to_be_gone_and_comes_back_as_new)
{
    struct proto_link_order link = {.id = "l", .address = "127.0.1.3", .port = OPT_INT(6379)};
    struct proto_snapshot_order snapshot = {.id = "s", .keep = OPT_BOOL(true)};
    order_pair("a", "b");
    assignment.links = (struct proto_link_order_list){true, 1, &link};
    assignment.snapshots = (struct proto_snapshot_order_list){true, 1, &snapshot};
    give_orders();
    settle();
    cr_expect(seen.links.n == 1 && seen.snapshots.n == 1 && seen.nodes.n == 2);
    struct proto_assignment before = assignment;
    assignment.links.n = assignment.snapshots.n = assignment.nodes.n = 0;
    give_orders();
    settle();
    cr_expect(seen.links.n == 0 && seen.snapshots.n == 0 && seen.nodes.n == 0);
    assignment = before;
    give_orders();
    settle();
    cr_expect(seen.links.n == 1 && seen.snapshots.n == 1);
    cr_expect_eq(node_seen("b")->state, SEEN_READY);
}

Test(dry_fleet, everything_stops_in_good_order)
{
    order_pair("a", "b");
    settle();
    dry_fleet_stop(fleet);
    settle();
    cr_expect(node_seen("a")->state == SEEN_STOPPED && node_seen("b")->state == SEEN_STOPPED);
}
