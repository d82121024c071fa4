#include "agent/redis_cluster/cluster_view.h"
#include "agent/os/names.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define X1 "0101010101010101010101010101010101010101"

#define LINE_A1 A1 " 127.0.0.1:6379@16379 master - 0 1795262213475 5 connected 0-8191\n"
#define LINE_A2 A2 " 127.0.0.2:6379@16379,a-host slave " A1 " 0 1795262213274 5 connected\n"
#define LINE_B1 B1 " 127.0.0.3:6379@16379 myself,master - 0 1795262213000 6 connected 8192-16383\n"

static struct proto_cluster_node nodes[] = {
    {.order = "a1",
        .name = A1,
        .host = "127.0.0.1",
        .port = {true, 6379},
        .shard = "a",
        .primary = {true, true},
        .slots = "0-8191"},
    {.order = "a2", .name = A2, .host = "127.0.0.2", .port = {true, 6379}, .shard = "a"},
    {.order = "b1",
        .name = B1,
        .host = "127.0.0.3",
        .port = {true, 6379},
        .shard = "b",
        .primary = {true, true},
        .slots = "8192-16383"},
};
static struct proto_cluster_map message = {.group = "g", .nodes = {true, 3, nodes}};
static struct cluster_map map;
static struct cluster_view view;
static struct arena memory;

static void setup(void)
{
    cluster_map_init(&map, &message, 1, &memory);
}

static void teardown(void)
{
    cluster_view_clear(&view);
    arena_fini(&memory);
}

TestSuite(cluster_view, .init = setup, .fini = teardown);

/* 'arg' is the order of a node that does not live. */
static bool lives(void *arg, const char *order)
{
    return arg == NULL || strcmp(arg, order) != 0;
}

static void read_without(const char *text, const char *dead)
{
    struct err e;
    struct cluster_nodes all;
    int64_t known = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) known++;
    cluster_view_clear(&view);
    cr_assert_eq(cluster_nodes_read(text, strlen(text), known, &memory, &all, &e), 0, "%s", e.msg);
    cluster_view_read(&view, &all, &map, lives, (char *)(uintptr_t)dead);
}

Test(cluster_view, who_is_known_at_another_address_is_met_again)
{
    read_without(A1 " 127.0.9.1:6379@16379 master - 0 0 5 connected 0-8191\n" LINE_A2 LINE_B1, NULL);
    cr_assert_eq(view.missing.n, 1);
    cr_expect_str_eq(view.missing.items[0], A1);
    read_without(A1 " :0@0 master,noaddr - 0 0 5 disconnected 0-8191\n" LINE_A2 LINE_B1, NULL);
    cr_expect_eq(view.missing.n, 0, "the engine looks for it");
    read_without(LINE_A1 LINE_A2 B1 " 127.0.9.3:6379@16379 myself,master - 0 0 6 connected 8192-16383\n", NULL);
    cr_expect_eq(view.missing.n, 0, "it is told its own address otherwise");
}

Test(cluster_view, a_cluster_as_the_map_has_it)
{
    read_without(LINE_A1 LINE_B1 LINE_A2, NULL);
    cr_assert(view.read && view.agrees);
    cr_assert_eq(view.role, ROLE_PRIMARY);
    cr_assert_eq(view.known, 3);
    cr_assert_eq(view.strangers, 0);
    cr_assert_eq(view.epoch, 6);
    cr_assert_eq(view.latest, 6);
    cr_assert_eq(slots_count(&view.assigned), SLOTS);
    cr_assert_eq(slots_count(&view.slots), 8192);
    cr_assert_eq(view.missing.n + view.forget.n + view.n_open, 0);
}

Test(cluster_view, slots_of_somebody_else_are_a_disagreement)
{
    read_without(A1 " 127.0.0.1:6379@16379 master - 0 1 5 connected 0-8190\n" LINE_A2 LINE_B1, NULL);
    cr_assert(!view.agrees);
    read_without(A1 " 127.0.0.1:6379@16379 master - 0 1 5 connected\n" LINE_A2 LINE_B1, NULL);
    cr_assert(!view.agrees);
}

Test(cluster_view, slots_of_strangers_and_of_none_are_told_apart)
{
    read_without(LINE_A2 LINE_B1 X1 " :0@0 master,noaddr - 0 0 9 disconnected 0-99\n", NULL);
    cr_assert_eq(slots_count(&view.assigned), 8192 + 100);
    cr_assert(slots_has(&view.assigned, 99) && !slots_has(&view.assigned, 100));
    cr_assert_eq(view.latest, 9);
}

Test(cluster_view, a_replica_of_another_is_one_only_while_it_lives)
{
    const char *text = LINE_A1 A2 " 127.0.0.2:6379@16379 slave " B1 " 0 1 5 connected\n" LINE_B1;
    read_without(text, NULL);
    cr_assert(!view.agrees);
    read_without(text, "a2");
    cr_assert(view.agrees);
}

Test(cluster_view, who_is_not_known_is_met_if_it_lives_and_was_not_yet)
{
    read_without(LINE_A1 LINE_B1, NULL);
    cr_assert_eq(view.missing.n, 1);
    cr_assert_str_eq(view.missing.items[0], A2);
    read_without(LINE_A1 LINE_B1, "a2");
    cr_assert_eq(view.missing.n, 0);
    read_without(LINE_A1 LINE_B1 X1 " 127.0.0.2:6379@16379 handshake - 1 0 0 disconnected\n", NULL);
    cr_assert_eq(view.missing.n, 0);
    cr_assert_eq(view.forget.n, 0);
    cr_assert_eq(view.strangers, 1);
}

Test(cluster_view, a_stranger_is_forgotten_once_it_has_nothing_and_is_not_followed)
{
    read_without(LINE_A1 LINE_A2 LINE_B1 X1 " :0@0 master,noaddr - 0 0 1 disconnected\n", NULL);
    cr_assert_eq(view.forget.n, 1);
    cr_assert_str_eq(view.forget.items[0], X1);
    cr_assert(view.agrees);
    read_without(A1 " 127.0.0.1:6379@16379 master - 0 1 5 connected 0-6 8-8191\n" LINE_A2 LINE_B1 X1
                    " :0@0 master,noaddr - 0 0 1 disconnected 7\n",
        NULL);
    cr_assert_eq(view.forget.n, 0);
    read_without(
        A1 " 127.0.0.1:6379@16379 myself,slave " X1 " 0 0 0 connected\n" X1 " :0@0 master,noaddr - 0 0 1 disconnected\n", NULL);
    cr_assert_eq(view.forget.n, 0);
    cr_assert_eq(view.role, ROLE_REPLICA);
}

Test(cluster_view, slots_in_flight_are_not_taken_for_others)
{
    struct slots moving = {0};
    read_without(LINE_A1 LINE_A2 B1 " 127.0.0.3:6379@16379 myself,master - 0 1 6 connected 8192-16383 [8193->-" A1 "] [77-<-" A1
                                    "]\n",
        NULL);
    cr_assert(view.agrees);
    cr_assert_eq(slots_count(&view.slots), 8192);
    cr_assert_eq(view.n_open, 2);
    cr_assert_str_eq(view.open[0].name, A1);
    cr_assert(view.open[0].slot == 8193 && view.open[0].leaves);
    cr_assert_str_eq(view.open[1].name, A1);
    cr_assert(view.open[1].slot == 77 && !view.open[1].leaves);
    cluster_view_moving(&view, &moving);
    cr_assert(slots_has(&moving, 77) && slots_has(&moving, 8193) && slots_count(&moving) == 2);
}

/* ---- CLUSTER INFO ---- */

static bool info_says(const char *text, bool *whole, int64_t *known)
{
    char copy[200];
    snprintf(copy, sizeof copy, "%s", text);
    redisReply r = {.type = REDIS_REPLY_STRING, .str = copy, .len = strlen(copy)};
    return cluster_info_read(&r, whole, known);
}

Test(cluster_view, who_counts_the_nodes_counts_them_in_whole_numbers)
{
    bool whole;
    int64_t known;
    cr_assert(info_says("cluster_state:ok\r\ncluster_slots_ok:16384\r\ncluster_known_nodes:6\r\n", &whole, &known));
    cr_assert(whole && known == 6);
    cr_assert(info_says("cluster_state:fail\r\ncluster_known_nodes:1\r\n", &whole, &known));
    cr_assert(!whole && known == 1);
    cr_assert(!info_says("cluster_state:ok\r\n", &whole, &known));
    cr_assert(!info_says("cluster_known_nodes:1\r\n", &whole, &known));
    cr_assert(!info_says("cluster_state:ok\r\ncluster_known_nodes:0\r\n", &whole, &known));
    cr_assert(!info_says("cluster_state:ok\r\ncluster_known_nodes:6 or 7\r\n", &whole, &known));
    cr_assert(!info_says("cluster_state:ok\r\ncluster_known_nodes:18446744073709551617\r\n", &whole, &known));
    redisReply error = {.type = REDIS_REPLY_ERROR}, none = {.type = REDIS_REPLY_NIL};
    cr_assert(!cluster_info_read(&error, &whole, &known) && !cluster_info_read(&none, &whole, &known));
}

/* ---- CLUSTER SLOTS: two ranges, the second that of B1, which has no replicas ---- */

static redisReply number(long long n)
{
    return (redisReply){.type = REDIS_REPLY_INTEGER, .integer = n};
}

static redisReply text(const char *s)
{
    return (redisReply){.type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)s, .len = strlen(s)};
}

static redisReply array(redisReply **items, size_t n)
{
    return (redisReply){.type = REDIS_REPLY_ARRAY, .element = items, .elements = n};
}

struct claim {
    long long first, last;
    const char *owner;
};

/* 'replica' follows the owner of the first range, "" for none. */
static bool complete_as(struct claim a, struct claim b, const char *replica, const char *dead)
{
    redisReply host = text("127.0.0.1"), port = number(6379), names[3] = {text(a.owner), text(replica), text(b.owner)};
    redisReply *words[3][3], owners[3], bounds[4] = {number(a.first), number(a.last), number(b.first), number(b.last)};
    for (int i = 0; i < 3; i++) {
        words[i][0] = &host, words[i][1] = &port, words[i][2] = &names[i];
        owners[i] = array(words[i], 3);
    }
    redisReply first = array((redisReply *[]){&bounds[0], &bounds[1], &owners[0], &owners[1]}, *replica ? 4 : 3);
    redisReply second = array((redisReply *[]){&bounds[2], &bounds[3], &owners[2]}, 3);
    redisReply all = array((redisReply *[]){&first, &second}, 2);
    return cluster_slots_complete(&all, &map, lives, (char *)(uintptr_t)dead);
}

static const struct claim of_a = {0, 8191, A1}, of_b = {8192, 16383, B1};

static bool complete_with(const char *replica, const char *dead)
{
    return complete_as(of_a, of_b, replica, dead);
}

Test(cluster_view, clients_must_be_told_of_every_replica_that_lives)
{
    cr_assert(complete_with(A2, NULL));
    cr_assert(!complete_with("", NULL));
    cr_assert(!complete_with(X1, NULL));
    cr_assert(complete_with("", "a2"));
    redisReply error = {.type = REDIS_REPLY_ERROR};
    cr_assert(!cluster_slots_complete(&error, &map, lives, NULL));
}

Test(cluster_view, clients_must_be_told_the_owner_that_the_map_has_of_every_slot)
{
    static const struct claim odd[] = {{0, 8190, A1}, {0, 8192, A1}, {-1, 8191, A1}, {0, 99999, A1}, {8191, 0, A1}, {0, 8191, A2},
        {0, 8191, X1}, {0, 8191, "a1"}, {0, LLONG_MAX, A1}, {LLONG_MIN, 8191, A1}};
    cr_assert(complete_as(of_a, of_b, A2, NULL));
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        cr_expect(!complete_as(odd[i], of_b, A2, NULL), "%lld-%lld", odd[i].first, odd[i].last);
}

Test(cluster_view, an_answer_of_another_form_tells_clients_nothing)
{
    redisReply n = number(0), empty = array(NULL, 0), shallow = array((redisReply *[]){&n, &n, &n}, 3);
    redisReply node = array((redisReply *[]){&n, &n, &n}, 3), range = array((redisReply *[]){&n, &n, &node}, 3);
    redisReply *const odd[] = {&n, &empty, &shallow, &range};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        redisReply all = array((redisReply *[]){odd[i]}, 1);
        cr_expect(!cluster_slots_complete(&all, &map, lives, NULL), "%zu", i);
    }
}
