#include "control/orders.h"
#include "base/arena.h"
#include "base/err.h"
#include "control/assign.h"
#include "model/json.h"
#include "model/shape.h"
#include "plan/world.h"
#include "protocol/keyed.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* Whoever puts together what goes out has, at every version, what the whole assignment of that version says. */

enum { NODES = 12, LOOKS = 400 };

static struct arena a;
static struct orders orders;
static struct keyed put_together;
static struct err e;

static void begin(void)
{
    put_together = (struct keyed){.lists = keyed_orders, .n_lists = KEYED_ORDERS};
    orders_begin(&orders, 100);
}

static void end(void)
{
    keyed_fini(&put_together);
    orders_fini(&orders);
    arena_fini(&a);
}

TestSuite(orders, .init = begin, .fini = end);

static void set_head(bool shutdown)
{
    struct proto_assignment head;
    assign_head(&a, "r", NULL, shutdown, &head);
    head.numbering = "n";
    orders_take_head(&orders, &head);
}

/* One node, ordered so or, without a role, not at all. */
static void look(int i, enum node_role role, int generation)
{
    struct world_node node = {.row = {.region = "r", .id = arena_printf(&a, "n%02d", i)}};
    struct world w = {.arena = &a, .nodes = &node, .n_nodes = 1};
    struct proto_node_order order = {.id = node.row.id,
        .run = OPT_BOOL(true),
        .engine = "redis",
        .address = "127.0.0.1",
        .port = OPT_INT(1),
        .role = role,
        .generation = OPT_INT(generation)};
    struct proto_settings_order settings = {OPT_INT(generation), {.set = true}};
    struct proto_assignment m = {.region = "r",
        .nodes = {true, role != ROLE_UNKNOWN, &order},
        .links = {.set = true},
        .settings = {true, role != ROLE_UNKNOWN, &settings}};
    orders_take(&orders, &w, &m);
}

static struct proto_assignment read_since(int64_t since)
{
    _buf_ struct buf text = {0};
    struct proto_assignment m = {0};
    orders_write(&orders, since, &text);
    cr_assert_eq(json_decode(&shape_proto_assignment, text.data, text.len, &a, &m, &e), 0, "%s in %s", e.msg, text.data);
    return m;
}

static void expect_same(void)
{
    struct proto_assignment whole = read_since(-1);
    cr_assert_not(whole.since.set);
    for (int list = 0; list < KEYED_ORDERS; list++) {
        const struct shape_list *items = keyed_list_of(&keyed_orders[list], &whole);
        cr_assert_eq(put_together.items[list].n, items->n, "%s", keyed_orders[list].name);
        for (size_t i = 0; i < items->n; i++) {
            char number[KEYED_KEY_SIZE];
            const char *item = (const char *)items->items + i * keyed_orders[list].shape->size;
            const void *have = keyed_find(&put_together, list, keyed_key(&keyed_orders[list], item, number));
            cr_assert(have && shape_same(keyed_orders[list].shape, have, item));
        }
    }
}

Test(orders, differences_add_up_to_the_whole)
{
    unsigned seed = (unsigned)getpid();
    int64_t known = -1;
    bool ever_news = false;
    srand(seed);
    fprintf(stderr, "seed %u\n", seed);
    set_head(false);
    for (int n = 0; n < LOOKS; n++) {
        look(rand() % NODES, rand() % 3 ? (rand() % 2 ? ROLE_PRIMARY : ROLE_REPLICA) : ROLE_UNKNOWN, rand() % 3 + 1);
        if (rand() % 3) continue; /* several looks for one version */
        ever_news |= orders_settle(&orders);
        if (rand() % 2) continue; /* and several versions until the agent asks */
        if (known >= 0 && rand() % 4) orders_know(&orders, known);
        struct proto_assignment m = read_since(known);
        cr_assert_eq(m.since.set, known >= 0);
        keyed_take(&put_together, &m, !m.since.set, m.gone, NULL, NULL);
        keyed_release(&put_together);
        cr_assert(ever_news || m.nodes.n == 0);
        known = m.version.v;
        expect_same();
    }
}

Test(orders, a_difference_has_nothing_but_what_is_otherwise)
{
    set_head(false);
    look(1, ROLE_PRIMARY, 1);
    look(2, ROLE_REPLICA, 1);
    cr_assert(orders_settle(&orders));
    int64_t first = orders.version;
    look(1, ROLE_PRIMARY, 1);
    cr_assert_not(orders_settle(&orders), "the same again is no news");
    look(2, ROLE_PRIMARY, 1);
    cr_assert(orders_settle(&orders));
    struct proto_assignment m = read_since(first);
    cr_expect_eq(m.since.v, first);
    cr_assert_eq(m.nodes.n, 1);
    cr_expect_str_eq(m.nodes.items[0].id, "n02");
    cr_expect_eq(m.settings.n, 0);
    cr_expect_null(m.gone);
    look(2, ROLE_UNKNOWN, 0);
    cr_assert(orders_settle(&orders));
    m = read_since(first);
    cr_assert(m.gone);
    cr_assert_eq(m.gone->nodes.n, 1);
    cr_expect_str_eq(m.gone->nodes.items[0], "n02");
}

Test(orders, numbers_that_are_unknown_or_forgotten_get_the_whole)
{
    set_head(false);
    look(1, ROLE_PRIMARY, 1);
    orders_settle(&orders);
    int64_t first = orders.version;
    look(1, ROLE_UNKNOWN, 0);
    orders_settle(&orders);
    orders_know(&orders, orders.version);
    cr_expect_not(read_since(first).since.set, "what was gone by then is forgotten");
    cr_expect_not(read_since(orders.version + 1).since.set);
    cr_expect_not(read_since(0).since.set);
    cr_expect(read_since(orders.version).since.set);
}
