#include "agent/cluster_view.h"
#include "agent/names.h"
#include <criterion/criterion.h>
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
    cluster_view_clear(&view);
    cluster_view_read(&view, text, &map, lives, (char *)(uintptr_t)dead);
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
    cr_assert_eq(view.missing.n + view.forget.n + view.open.n, 0);
}

Test(cluster_view, an_answer_that_is_none_says_nothing)
{
    read_without("", NULL);
    cr_assert(!view.read && !view.agrees);
    read_without("ERR something\n", NULL);
    cr_assert(!view.read);
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
    read_without(LINE_A1 LINE_A2 LINE_B1 X1 " :0@0 master,noaddr - 0 0 1 disconnected 7\n", NULL);
    cr_assert_eq(view.forget.n, 0);
    read_without(
        A1 " 127.0.0.1:6379@16379 myself,slave " X1 " 0 0 0 connected\n" X1 " :0@0 master,noaddr - 0 0 1 disconnected\n", NULL);
    cr_assert_eq(view.forget.n, 0);
    cr_assert_eq(view.role, ROLE_REPLICA);
}

Test(cluster_view, slots_in_flight_are_not_taken_for_others)
{
    struct slots moving = {0};
    int slot;
    bool leaves;
    read_without(LINE_A1 LINE_A2 B1 " 127.0.0.3:6379@16379 myself,master - 0 1 6 connected 8192-16383 [8193->-" A1 "] [77-<-" A1
                                    "]\n",
        NULL);
    cr_assert(view.agrees);
    cr_assert_eq(slots_count(&view.slots), 8192);
    cr_assert_eq(view.open.n, 2);
    cr_assert_str_eq(cluster_open_slot(view.open.items[0], &slot, &leaves), A1);
    cr_assert(slot == 8193 && leaves);
    cr_assert_str_eq(cluster_open_slot(view.open.items[1], &slot, &leaves), A1);
    cr_assert(slot == 77 && !leaves);
    cr_assert_null(cluster_open_slot("77", &slot, &leaves));
    cluster_view_moving(&view, &moving);
    cr_assert(slots_has(&moving, 77) && slots_has(&moving, 8193) && slots_count(&moving) == 2);
}

/* ---- CLUSTER SLOTS ---- */

static redisReply texts[8], numbers[2] = {{.type = REDIS_REPLY_INTEGER}, {.type = REDIS_REPLY_INTEGER, .integer = 8191}};

static redisReply array(redisReply **items, size_t n)
{
    return (redisReply){.type = REDIS_REPLY_ARRAY, .element = items, .elements = n};
}

static bool complete_with(const char *replica, const char *dead)
{
    char name[] = A1, other[64];
    snprintf(other, sizeof other, "%s", replica);
    texts[0] = (redisReply){.type = REDIS_REPLY_STRING, .str = name};
    texts[1] = (redisReply){.type = REDIS_REPLY_STRING, .str = other};
    redisReply first = array((redisReply *[]){&texts[0], &numbers[0], &texts[0]}, 3);
    redisReply second = array((redisReply *[]){&texts[1], &numbers[0], &texts[1]}, 3);
    redisReply range = array((redisReply *[]){&numbers[0], &numbers[1], &first, &second}, *replica ? 4 : 3);
    redisReply all = array((redisReply *[]){&range}, 1);
    return cluster_slots_complete(&all, &map, lives, (char *)(uintptr_t)dead);
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
