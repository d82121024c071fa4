#include "model/shape.h"
#include "protocol/protocol.gen.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *endpoints[] = {"127.1.0.9"}, *others[] = {"127.1.0.8"};

static struct proto_node_order order(void)
{
    struct proto_node_order o = {.id = "demo-001.0001", .run = OPT_BOOL(true), .port = OPT_INT(6379), .role = ROLE_PRIMARY};
    o.endpoints = (struct string_list){true, 1, endpoints};
    return o;
}

static bool same(const struct proto_node_order *a, const struct proto_node_order *b)
{
    return shape_same(&shape_proto_node_order, a, b);
}

Test(shape, what_says_the_same_is_the_same_wherever_it_stands)
{
    char id[] = "demo-001.0001", address[] = "127.1.0.9";
    const char *copies[] = {address};
    struct proto_node_order a = order(), b = order();
    b.id = id;
    b.endpoints.items = copies;
    cr_assert(same(&a, &b));
}

Test(shape, every_kind_of_member_makes_a_difference)
{
    struct proto_node_order a = order(), b;
#define DIFFERS(change) \
    b = order();        \
    change;             \
    cr_expect(!same(&a, &b), #change)
    DIFFERS(b.id = "demo-001.0002");
    DIFFERS(b.role = ROLE_REPLICA);
    DIFFERS(b.run = OPT_BOOL(false));
    DIFFERS(b.port = OPT_INT(6380));
    DIFFERS(b.fence = OPT_BOOL(false));
    DIFFERS(b.endpoints.items = others);
    DIFFERS(b.endpoints.n = 0);
    DIFFERS(b.endpoints = (struct string_list){0});
}

Test(shape, structures_in_lists_are_looked_into)
{
    struct proto_node_order x = order(), y = order();
    struct proto_assignment a = {.nodes = {true, 1, &x}}, b = {.nodes = {true, 1, &y}};
    cr_assert(shape_same(&shape_proto_assignment, &a, &b));
    y.port = OPT_INT(1);
    cr_assert(!shape_same(&shape_proto_assignment, &a, &b));
}
