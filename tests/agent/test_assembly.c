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
    int r = assembly_take(&assembly, json, strlen(json), &a, &m, &e);
    if (r == 0) assembly_settle(&assembly);
    return r;
}

static const char *role_of(const char *id)
{
    for (size_t i = 0; i < m.nodes.n; i++)
        if (strcmp(m.nodes.items[i].id, id) == 0) return m.nodes.items[i].role;
    return "none";
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
    cr_expect_str_eq(role_of("x"), "none");
    cr_expect_str_eq(role_of("y"), "primary");
    cr_expect_str_eq(role_of("z"), "replica");
    cr_expect(m.shutdown.v);
}

Test(assembly, wants_the_whole_where_numbers_do_not_fit)
{
    static const char *const wrong[] = {
        "{\"version\":6,\"since\":4,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":7,\"since\":6,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":6,\"since\":5,\"numbering\":\"other\",\"region\":\"r\",\"nodes\":[],\"links\":[]}",
        "{\"version\":6,\"since\":5,\"region\":\"r\",\"nodes\":[],\"links\":[]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(
            take("{\"version\":5,\"numbering\":\"n\",\"region\":\"r\",\"nodes\":[" NODE("x", "primary") "],\"links\":[]}"), 0);
        cr_expect_str_eq(assembly.numbering, "n");
        cr_expect_eq(take(wrong[i]), ERR_STALE, "%s", wrong[i]);
        cr_expect_str_eq(assembly.numbering, "", "%s", wrong[i]);
    }
}

static void tell(struct proto_node_seen *nodes, size_t n, size_t *told_of, bool *whole)
{
    _buf_ struct buf text = {0};
    struct proto_sighting s = {
        .region = "r", .pid = OPT_INT(1), .version = OPT_INT(1), .nodes = {true, n, nodes}, .links = {.set = true}};
    struct proto_sighting got = {0};
    account_write(&account, &s, &text);
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
