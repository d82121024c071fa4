#include "agent/redis_cluster/cluster_map.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"

static struct proto_cluster_node nodes[3];
static struct proto_cluster_map message;
static struct cluster_map map;
static struct arena memory;

static struct proto_cluster_node entry(const char *order, const char *name, const char *host, const char *shard)
{
    return (struct proto_cluster_node){.order = order, .name = name, .host = host, .port = OPT_INT(6379), .shard = shard};
}

static void setup(void)
{
    nodes[0] = entry("b1", B1, "127.0.0.3", "b");
    nodes[1] = entry("a2", A2, "127.0.0.2", "a");
    nodes[2] = entry("a1", A1, "127.0.0.1", "a");
    nodes[0].primary = nodes[2].primary = OPT_BOOL(true);
    nodes[0].slots = "8192-16383";
    nodes[2].slots = "0-8000,8001-8191";
    message = (struct proto_cluster_map){.group = "g", .nodes = {true, 3, nodes}};
    cluster_map_init(&map, &message, 7, &memory);
}

static void teardown(void)
{
    arena_fini(&memory);
}

TestSuite(cluster_map, .init = setup, .fini = teardown);

static enum shard_start whole(void *arg, const struct proto_cluster_node *primary)
{
    (void)arg;
    (void)primary;
    return SHARD_LIVES;
}

static enum shard_start a_is_headless(void *arg, const struct proto_cluster_node *primary)
{
    (void)arg;
    return strcmp(primary->shard, "a") == 0 ? SHARD_HEADLESS : SHARD_LIVES;
}

static enum shard_start newborn(void *arg, const struct proto_cluster_node *primary)
{
    (void)arg;
    (void)primary;
    return SHARD_NEWBORN;
}

static bool everybody(void *arg, const struct proto_cluster_node *node)
{
    (void)arg;
    (void)node;
    return true;
}

static bool all_but_b1(void *arg, const struct proto_cluster_node *node)
{
    (void)arg;
    return strcmp(node->order, "b1") != 0;
}

static const struct cluster_scene all_live = {whole, everybody, NULL}, a_lacks_its_head = {a_is_headless, everybody, NULL},
                                  all_new = {newborn, everybody, NULL}, b_comes_later = {newborn, all_but_b1, NULL};

Test(cluster_map, finds_nodes_by_what_they_are_called)
{
    cr_assert_eq(cluster_node_named(&map, A2), &nodes[1]);
    cr_assert_null(cluster_node_named(&map, "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"));
    cr_assert_eq(cluster_node_ordered(&map, "b1"), &nodes[0]);
    cr_assert_null(cluster_node_ordered(&map, "c1"));
    cr_assert_null(cluster_node_ordered(&map, NULL));
    cr_assert_eq(cluster_primary(&map, "a"), &nodes[2]);
    cr_assert_null(cluster_primary(&map, "c"));
    cr_assert_eq(cluster_primary_of(&map, &nodes[1]), &nodes[2]);
    cr_assert_eq(cluster_followers(&map, &nodes[2]), 1);
    cr_assert_eq(cluster_followers(&map, &nodes[0]), 0);
    cr_assert_eq(slots_count(cluster_slots_of(&map, &nodes[2])), 8192);
}

Test(cluster_map, a_node_without_a_head_of_its_shard_starts_as_a_replica_of_a_phantom)
{
    char phantom[CLUSTER_NAME + 1] = "", other[CLUSTER_NAME + 1] = "";
    _buf_ struct buf text = {0}, again = {0};
    cluster_nodes_conf(&map, A1, 9, &a_lacks_its_head, &text);
    const char *line = strstr(text.data, " :0@0 master,noaddr - 0 0 0 disconnected 0-8191\n");
    cr_assert_not_null(line, "%s", text.data);
    memcpy(phantom, line - CLUSTER_NAME, CLUSTER_NAME);
    cr_assert(cluster_name_ok(phantom));
    _buf_ struct buf want = {0};
    buf_printf(&want, A1 " 127.0.0.1:6379@16379 myself,slave %s 0 0 0 connected\n", phantom);
    cr_assert_not_null(strstr(text.data, want.data), "%s", text.data);
    cr_assert_not_null(strstr(text.data, B1 " 127.0.0.3:6379@16379 master - 0 0 0 connected 8192-16383\n"));
    cr_assert_not_null(strstr(text.data, "\nvars currentEpoch 9 lastVoteEpoch 0\n"));
    cluster_nodes_conf(&map, A2, 0, &a_lacks_its_head, &again);
    memcpy(other, strstr(again.data, " :0@0") - CLUSTER_NAME, CLUSTER_NAME);
    cr_assert_str_eq(phantom, other, "all of a shard start with the same one");
    cr_assert(!cluster_conf_is_primary(text.data, A1));
}

Test(cluster_map, nodes_of_a_shard_know_from_the_start_that_they_are_of_one)
{
    static const struct cluster_scene headless = {a_is_headless, everybody, NULL, true};
    char id[CLUSTER_NAME + 1] = "", want[256];
    _buf_ struct buf text = {0}, again = {0};
    cluster_nodes_conf(&map, A1, 9, &headless, &text);
    const char *line = strstr(text.data, " :0@0,,shard-id=");
    cr_assert_not_null(line, "%s", text.data);
    memcpy(id, line - CLUSTER_NAME, CLUSTER_NAME);
    snprintf(want, sizeof want, A1 " 127.0.0.1:6379@16379,,shard-id=%s myself,slave %s 0 0 0 connected\n", id, id);
    cr_assert_not_null(strstr(text.data, want), "%s", text.data);
    snprintf(want, sizeof want, A2 " 127.0.0.2:6379@16379,,shard-id=%s slave ", id);
    cr_assert_not_null(strstr(text.data, want), "%s", text.data);
    cr_assert_not_null(strstr(text.data, B1 " 127.0.0.3:6379@16379,,shard-id="));
    snprintf(want, sizeof want, B1 " 127.0.0.3:6379@16379,,shard-id=%s", id);
    cr_assert_null(strstr(text.data, want), "another shard has another one");
    cluster_nodes_conf(&map, B1, 0, &headless, &again);
    cr_assert_not_null(strstr(again.data, id), "all files have the same");
}

Test(cluster_map, a_node_of_a_whole_shard_follows_its_primary_or_is_it)
{
    _buf_ struct buf replica = {0}, primary = {0};
    cluster_nodes_conf(&map, A2, 0, &all_live, &replica);
    cr_assert_not_null(strstr(replica.data, A2 " 127.0.0.2:6379@16379 myself,slave " A1 " 0 0 0 connected\n"));
    cr_assert_null(strstr(replica.data, "noaddr"));
    cr_assert(!cluster_conf_is_primary(replica.data, A2));
    cr_assert(!cluster_conf_is_primary(replica.data, A1), "it is a master there, but the file is another's");
    cluster_nodes_conf(&map, A1, 0, &all_live, &primary);
    cr_assert_not_null(strstr(primary.data, A1 " 127.0.0.1:6379@16379 myself,master - 0 0 0 connected 0-8191\n"));
    cr_assert(cluster_conf_is_primary(primary.data, A1));
    cr_assert(!cluster_conf_is_primary("", A1));
}

Test(cluster_map, primaries_of_new_shards_have_slots_and_an_epoch_of_their_own)
{
    _buf_ struct buf replica = {0}, primary = {0};
    cluster_nodes_conf(&map, A2, 0, &all_new, &replica);
    cr_assert_not_null(
        strstr(replica.data, A2 " 127.0.0.2:6379@16379 myself,slave " A1 " 0 0 0 connected\n"), "%s", replica.data);
    cr_assert_not_null(strstr(replica.data, B1 " 127.0.0.3:6379@16379 master - 0 0 1 connected 8192-16383\n"));
    cr_assert_not_null(strstr(replica.data, A1 " 127.0.0.1:6379@16379 master - 0 0 2 connected 0-8191\n"));
    cr_assert_not_null(strstr(replica.data, "\nvars currentEpoch 2 lastVoteEpoch 0\n"));
    cluster_nodes_conf(&map, A1, 7, &all_new, &primary);
    cr_assert_not_null(strstr(primary.data, A1 " 127.0.0.1:6379@16379 myself,master - 0 0 2 connected 0-8191\n"));
    cr_assert_not_null(strstr(primary.data, "\nvars currentEpoch 7 lastVoteEpoch 0\n"), "epochs do not go back");
}

Test(cluster_map, who_starts_later_has_no_address_but_in_its_own_file)
{
    _buf_ struct buf other = {0}, own = {0};
    cluster_nodes_conf(&map, A1, 0, &b_comes_later, &other);
    cr_assert_not_null(strstr(other.data, B1 " :0@0 master,noaddr - 0 0 1 connected 8192-16383\n"), "%s", other.data);
    cluster_nodes_conf(&map, B1, 0, &b_comes_later, &own);
    cr_assert_not_null(strstr(own.data, B1 " 127.0.0.3:6379@16379 myself,master - 0 0 1 connected 8192-16383\n"), "%s", own.data);
}

Test(cluster_map, a_bus_is_above_its_port_or_below_where_above_are_the_systems_own)
{
    struct proto_cluster_node n = {.port = OPT_INT(6379)};
    cr_assert_eq(cluster_bus_port(&n), 16379);
    n.port.v = 22767;
    cr_assert_eq(cluster_bus_port(&n), 32767);
    n.port.v = 22768;
    cr_assert_eq(cluster_bus_port(&n), 12768);
    n.bus_port = OPT_INT(4000);
    cr_assert_eq(cluster_bus_port(&n), 4000);
}

Test(cluster_map, what_could_bring_anything_else_into_a_file_is_refused)
{
    struct err e = {0};
    cr_assert_eq(cluster_map_check(&message, &e), 0);
    nodes[1].name = "A2A2";
    cr_assert_eq(cluster_map_check(&message, &e), ERR_USAGE);
    setup();
    nodes[1].host = "127.0.0.2 x\n";
    cr_assert_eq(cluster_map_check(&message, &e), ERR_USAGE);
    setup();
    nodes[1].port.v = 70000;
    cr_assert_eq(cluster_map_check(&message, &e), ERR_USAGE);
    setup();
    nodes[0].slots = "8191-16383";
    cr_assert_eq(cluster_map_check(&message, &e), ERR_USAGE, "a slot has two owners");
    setup();
    struct proto_slot_move move = {.slots = "1-", .from = "a", .to = "b"};
    message.moves = (struct proto_slot_move_list){true, 1, &move};
    cr_assert_eq(cluster_map_check(&message, &e), ERR_USAGE);
}
