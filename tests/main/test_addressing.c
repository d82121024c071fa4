#include "main/addressing.h"
#include "../ops/fixture.h"
#include "base/arena.h"
#include "base/err.h"
#include "scratch.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct err e;

TestSuite(addressing, .init = fixture_open, .fini = fixture_close);

/* A node that has this address. */
static void put_node(const char *address)
{
    _arena_ struct arena a = {0};
    struct row_node *nodes;
    size_t n;
    fixture_run(
        "us-east-1", "CreateCacheCluster", "CacheClusterId=c&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    cr_assert_eq(q_node_all(fixture_store(), &a, &nodes, &n, &e), 0, "%s", e.msg);
    cr_assert_eq(n, 1);
    nodes[0].address = address;
    cr_assert_eq(q_node_put(fixture_store(), &nodes[0], &e), 0, "%s", e.msg);
}

static int check(enum addressing now)
{
    return addressing_check(fixture_store(), scratch_dir(), now, &e);
}

Test(addressing, is_noted_and_may_change_while_there_are_no_nodes)
{
    cr_expect_eq(check(ADDRESSING_PORTS), 0);
    cr_expect_str_eq(scratch_read("addressing"), "ports\n");
    cr_expect_eq(check(ADDRESSING_LOOPBACK), 0);
    cr_expect_str_eq(scratch_read("addressing"), "loopback\n");
}

Test(addressing, of_nodes_stays_what_it_was)
{
    cr_expect_eq(check(ADDRESSING_LOOPBACK), 0);
    put_node("127.1.0.2");
    cr_expect_eq(check(ADDRESSING_LOOPBACK), 0);
    cr_expect_eq(check(ADDRESSING_PORTS), ERR_USAGE);
    cr_expect(strstr(e.msg, "were made with --addressing loopback"), "%s", e.msg);
    cr_expect_str_eq(scratch_read("addressing"), "loopback\n");
}

/* As an earlier version left it. */
Test(addressing, without_a_note_is_told_by_the_nodes)
{
    static const struct {
        const char *address;
        enum addressing was;
    } rows[] = {{"127.1.0.2", ADDRESSING_LOOPBACK}, {"127.0.0.1", ADDRESSING_PORTS}, {"192.168.1.9", ADDRESSING_PORTS},
        {NULL, ADDRESSING_LOOPBACK}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_node(rows[i].address);
        cr_expect_eq(check(!rows[i].was), ERR_USAGE, "%s", rows[i].address);
        cr_expect_eq(check(rows[i].was), 0, "%s: %s", rows[i].address, e.msg);
        unlink(scratch_path("addressing"));
    }
}

Test(addressing, that_can_not_be_noted_is_an_error)
{
    cr_expect_eq(addressing_check(fixture_store(), "/nowhere", ADDRESSING_PORTS, &e), ERR_IO);
}
