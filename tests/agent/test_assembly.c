#include "agent/session/account.h"
#include "agent/session/assembly.h"
#include "model/json.h"
#include <criterion/criterion.h>
#include <string.h>
/* What serve says of an assignment, and what an agent says of a sighting, put together; and what does not fit. */

static struct arena a;
static struct assembly assembly;
static struct account account;
static struct keyed told;
static struct err e;

static void end(void)
{
    assembly_fini(&assembly);
    account_fini(&account);
    keyed_fini(&told);
    arena_fini(&a);
}

TestSuite(assembly, .fini = end);

#define NODE(id, role) \
    "{\"id\":\"" id "\",\"run\":true,\"engine\":\"redis\",\"address\":\"127.0.0.1\",\"port\":1,\"role\":\"" role "\"}"

static struct proto_assignment m;

static int take(const char *json)
{
    int r = assembly_take(&assembly, "r", json, strlen(json), &a, &m, NULL, NULL, &e);
    if (r == 0) assembly_list(&assembly, &a, &m);
    if (r == 0) assembly_settle(&assembly);
    return r;
}

static enum node_role role_of(const char *id)
{
    for (size_t i = 0; i < m.nodes.n; i++)
        if (strcmp(m.nodes.items[i].id, id) == 0) return m.nodes.items[i].role;
    return ROLE_UNKNOWN;
}

Test(assembly, makes_the_whole_of_one_and_what_is_otherwise)
{
    cr_assert_eq(take("{\"version\":5,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[" NODE("x", "primary") "," NODE(
                     "y", "replica") "],\"links\":[]}"),
        0);
    cr_assert_eq(take("{\"version\":7,\"since\":5,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[" NODE("y", "primary") "," NODE(
                     "z", "replica") "],"
                                     "\"links\":[],\"gone\":{\"nodes\":[\"x\"]},\"shutdown\":true}"),
        0, "%s", e.msg);
    cr_expect_eq(m.nodes.n, 2);
    cr_expect_eq(role_of("x"), ROLE_UNKNOWN);
    cr_expect_eq(role_of("y"), ROLE_PRIMARY);
    cr_expect_eq(role_of("z"), ROLE_REPLICA);
    cr_expect(m.shutdown.v);
}

Test(assembly, wants_the_whole_where_numbers_do_not_fit)
{
    static const char *const wrong[] = {
        "{\"version\":6,\"since\":4,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":7,\"since\":6,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":6,\"since\":5,\"numbering\":\"other\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":6,\"since\":5,\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":5,\"since\":4,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":5,\"since\":5,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(
            take("{\"version\":5,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[" NODE("x", "primary") "],\"links\":[]}"), 0);
        cr_expect_str_eq(assembly.numbering, "n");
        cr_expect_eq(take(wrong[i]), ERR_STALE, "%s", wrong[i]);
        cr_expect_str_eq(assembly.numbering, "", "%s", wrong[i]);
    }
}

Test(assembly, takes_nothing_in_that_is_for_another_region_or_has_no_number)
{
    static const char *const wrong[] = {
        "{\"version\":5,\"numbering\":\"n\",\"region\":\"other\",\"nodes\":[" NODE("x", "primary") "],\"links\":[]}",
        "{\"version\":0,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[" NODE("x", "primary") "],\"links\":[]}",
        "{\"version\":5",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(take(wrong[i]), ERR_PARSE, "%s", wrong[i]);
        cr_expect_str_eq(assembly.numbering, "");
        cr_expect_null(keyed_find(&assembly.orders, KEYED_ORDER_NODES, "x"));
    }
}

static void tell(struct proto_node_seen *nodes, size_t n, size_t *told_of, bool *whole)
{
    _buf_ struct buf text = {0};
    struct proto_sighting s = {
        .region = "r", .pid = OPT_INT(1), .version = OPT_INT(1), .nodes = {true, n, nodes}, .links = {.set = true}};
    struct proto_sighting got = {0};
    account_write(&account, &s, true, &text);
    cr_assert_eq(json_decode(&shape_proto_sighting, text.data, text.len, &a, &got, &e), 0, "%s", e.msg);
    *told_of = got.nodes.n;
    *whole = !got.since.set;
    if (told.lists == NULL) told = (struct keyed){.lists = keyed_seen, .n_lists = KEYED_SEEN};
    keyed_take(&told, &got, *whole, got.gone, NULL, NULL);
}

Test(assembly, an_account_has_what_is_otherwise_than_serve_has_stored)
{
    struct proto_node_seen nodes[] = {{.id = "x", .state = SEEN_STARTING}, {.id = "y", .state = SEEN_READY}};
    size_t n;
    bool whole;
    tell(nodes, 2, &n, &whole);
    cr_expect(whole && n == 2);
    account_stored(&account);
    nodes[0].state = SEEN_READY;
    tell(nodes, 2, &n, &whole);
    cr_expect(!whole && n == 1);
    account_stored(&account);
    tell(nodes, 1, &n, &whole);
    cr_expect(!whole && n == 0);
    cr_expect_null(keyed_find(&told, KEYED_SEEN_NODES, "y"));
    tell(nodes, 1, &n, &whole);
    cr_expect(whole && n == 1, "it is not known whether the last one was stored");
}

Test(assembly, an_account_takes_what_may_be_otherwise_alone)
{
    _buf_ struct buf text = {0};
    struct proto_node_seen nodes[] = {{.id = "x", .state = SEEN_STARTING}, {.id = "y", .state = SEEN_READY}};
    const char *gone_ids[] = {"y", "never there"};
    struct proto_gone gone = {.nodes = {true, 2, gone_ids}};
    struct proto_sighting s = {.region = "r", .pid = OPT_INT(1), .version = OPT_INT(1), .nodes = {true, 1, nodes}, .gone = &gone};
    struct proto_sighting got = {0};
    size_t n;
    bool whole;
    cr_expect(account_wants_whole(&account));
    tell(nodes, 2, &n, &whole);
    cr_expect(account_wants_whole(&account), "it is not known whether the last one was stored");
    account_stored(&account);
    cr_expect_not(account_wants_whole(&account));
    s.links.set = true;
    account_write(&account, &s, false, &text);
    cr_assert_eq(json_decode(&shape_proto_sighting, text.data, text.len, &a, &got, &e), 0, "%s", e.msg);
    cr_expect_eq(got.nodes.n, 0, "x is as it was");
    cr_assert_eq(got.gone->nodes.n, 1);
    cr_expect_str_eq(got.gone->nodes.items[0], "y");
}
