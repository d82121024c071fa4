#include "control/sight.h"
#include "base/arena.h"
#include "control/told.h"
#include "plan/seen.h"
#include "plan/world.h"
#include "protocol/protocol.gen.h"
#include <criterion/criterion.h>
/* What is told of an address that a node or an endpoint does not have any more says nothing of the one that it has. */

static struct arena a;
static struct world_node node;
static struct world_endpoint endpoint;

static struct world setup(void)
{
    node = (struct world_node){
        .row = {.region = "r", .id = "g.a", .address = "127.1.0.2", .port = 6379, .seen_state = SEEN_UNKNOWN}};
    endpoint = (struct world_endpoint){
        .row = {.region = "r", .id = "reader", .address = "127.1.0.3", .port = 6379, .seen_state = ENDPOINT_UNKNOWN}};
    return (struct world){.arena = &a, .nodes = &node, .n_nodes = 1, .endpoints = &endpoint, .n_endpoints = 1};
}

struct line {
    const char *what, *node_at, *link_at;
    int64_t port;
    enum seen_state node_state;
    enum endpoint_state link_state;
};

static const struct line table[] = {
    {"of both as they are", "127.1.0.2", "127.1.0.3", 6379, SEEN_CONFLICT, ENDPOINT_LISTENING},
    {"of the node before", "127.1.0.1", "127.1.0.3", 6379, SEEN_UNKNOWN, ENDPOINT_LISTENING},
    {"of the link before", "127.1.0.2", "127.1.0.1", 6379, SEEN_CONFLICT, ENDPOINT_UNKNOWN},
    {"of another port", "127.1.0.2", "127.1.0.3", 6380, SEEN_UNKNOWN, ENDPOINT_UNKNOWN},
    {"of no address", NULL, NULL, 0, SEEN_CONFLICT, ENDPOINT_LISTENING},
};

static void check(const struct line *l)
{
    struct world w = setup();
    struct proto_node_seen n = {.id = "g.a", .address = l->node_at, .port = OPT_INT(l->port), .state = SEEN_CONFLICT};
    struct proto_link_seen k = {.id = "reader", .address = l->link_at, .port = OPT_INT(l->port), .state = ENDPOINT_LISTENING};
    struct proto_sighting s = {.region = "r", .nodes = {true, 1, &n}, .links = {true, 1, &k}};
    struct told told = {0};
    cr_assert(told_take(&told, &s, NULL, NULL));
    sight(&w, "r", &told);
    told_fini(&told);
    cr_assert_eq(node.row.seen_state, l->node_state, "the node, where it is told %s", l->what);
    cr_assert_eq(endpoint.row.seen_state, l->link_state, "the link, where it is told %s", l->what);
}

Test(sight, counts_what_is_about_the_addresses_of_now)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) check(&table[i]);
    arena_fini(&a);
}

/* What was seen before an address was given stays, about the one before; and the first word of the new one counts. */
Test(sight, what_is_told_of_an_address_before_is_kept_and_not_counted)
{
    struct world w = setup();
    node.row.seen_address = endpoint.row.seen_address = "127.1.0.1";
    node.row.seen_port = endpoint.row.seen_port = 6379;
    node.row.seen_state = SEEN_CONFLICT;
    node.row.seen_restarts = 3;
    endpoint.row.seen_state = ENDPOINT_CONFLICT;
    struct proto_node_seen n = {
        .id = "g.a", .address = "127.1.0.1", .port = OPT_INT(6379), .state = SEEN_CONFLICT, .restarts = OPT_INT(4)};
    struct proto_sighting s = {.region = "r", .nodes = {true, 1, &n}};
    struct told told = {0};
    cr_assert(told_take(&told, &s, NULL, NULL));
    sight(&w, "r", &told);
    cr_assert_not(w.changed, "the same sighting, looked at again, says the same");
    cr_assert(seen_node_state(&node.row) == SEEN_UNKNOWN && seen_node_restarts(&node.row) == 0);
    cr_assert_eq(seen_endpoint_state(&endpoint.row), ENDPOINT_UNKNOWN);
    told_fini(&told);
    n.address = "127.1.0.2";
    told = (struct told){0};
    cr_assert(told_take(&told, &s, NULL, NULL));
    w.steady_ms = 7;
    sight(&w, "r", &told);
    cr_assert(seen_node_state(&node.row) == SEEN_CONFLICT && seen_node_restarts(&node.row) == 4);
    cr_assert_eq(node.row.seen_since_ms, 7, "in conflict anew");
    told_fini(&told);
    arena_fini(&a);
}

/* What the node is told to listen on makes an endpoint of its own replication group listen, and of no other. */
Test(sight, a_node_that_was_left_behind_says_nothing_of_the_endpoints_of_its_former_group)
{
    static const struct {
        const char *node_of, *endpoint_of;
        enum endpoint_state state;
    } lines[] = {{"g", "g", ENDPOINT_LISTENING}, {NULL, "g", ENDPOINT_UNKNOWN}, {"h", "g", ENDPOINT_UNKNOWN}};
    const char *held = "127.1.0.3";
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct world w = setup();
        node.row.rg_id = lines[i].node_of;
        endpoint.row.rg_id = lines[i].endpoint_of;
        struct proto_node_seen n = {.id = "g.a", .address = "127.1.0.2", .port = OPT_INT(6379), .state = SEEN_READY};
        n.endpoints = (struct string_list){true, 1, &held};
        struct proto_sighting s = {.region = "r", .nodes = {true, 1, &n}};
        struct told told = {0};
        cr_assert(told_take(&told, &s, NULL, NULL));
        sight(&w, "r", &told);
        told_fini(&told);
        cr_expect_eq(endpoint.row.seen_state, lines[i].state, "line %zu", i);
    }
    arena_fini(&a);
}
