#include "discovery/discovery.h"
#include <criterion/criterion.h>
#include <string.h>

static struct buf list, out;

static void setup(void)
{
    discovery_add(&list, "a.example", "10.0.0.1", 11211);
    discovery_add(&list, "localhost", "", 20001);
}

static void teardown(void)
{
    buf_fini(&list);
    buf_fini(&out);
}

TestSuite(discovery, .init = setup, .fini = teardown);

Test(discovery, answers_with_the_version_and_all_nodes)
{
    cr_assert_eq(discovery_answer("config get cluster", 12, list.data, "1.6.22", &out), DISCOVERY_ANSWERED);
    cr_assert_str_eq(out.data, "CONFIG cluster 0 45\r\n12\na.example|10.0.0.1|11211 localhost||20001\n\r\nEND\r\n");
    cr_assert_eq(strlen("12\na.example|10.0.0.1|11211 localhost||20001\n"), 45u, "the length is that of the two lines");
}

Test(discovery, places_nodes_where_the_client_is)
{
    _buf_ struct buf placed = {0}, at = {0};
    discovery_add(&at, DISCOVERY_HERE, DISCOVERY_HERE, 6380);
    discovery_add(&at, DISCOVERY_HERE, DISCOVERY_HERE, 6381);
    discovery_place(&placed, at.data, "172.17.0.2");
    cr_assert_str_eq(placed.data, "172.17.0.2|172.17.0.2|6380 172.17.0.2|172.17.0.2|6381");
    buf_clear(&placed);
    discovery_place(&placed, list.data, "172.17.0.2");
    cr_assert_str_eq(placed.data, list.data);
}

Test(discovery, answers_older_clients_with_a_value)
{
    cr_assert_eq(discovery_answer("get AmazonElastiCache:cluster", 1, list.data, "1.4.5", &out), DISCOVERY_ANSWERED);
    cr_assert_eq(strncmp(out.data, "VALUE AmazonElastiCache:cluster 0 44\r\n1\na.example|", 50), 0, "%s", out.data);
}

Test(discovery, gives_a_value_that_is_asked_for_with_its_number_the_version_as_number)
{
    cr_assert_eq(discovery_answer("gets AmazonElastiCache:cluster", 7, list.data, "1.4.5", &out), DISCOVERY_ANSWERED);
    cr_assert_eq(strncmp(out.data, "VALUE AmazonElastiCache:cluster 0 44 7\r\n7\na.example|", 51), 0, "%s", out.data);
}

Test(discovery, a_list_that_is_stored_is_the_one_that_is_loaded)
{
    int64_t version = 0;
    const char *loaded = NULL;
    discovery_store(&out, 12, list.data);
    cr_assert(discovery_load(out.data, &version, &loaded));
    cr_assert_eq(version, 12);
    cr_assert_str_eq(loaded, list.data);
    cr_assert_not(discovery_load("", &version, &loaded));
    cr_assert_not(discovery_load("a|b|1", &version, &loaded));
}

Test(discovery, tells_the_version_by_which_clients_choose_their_command)
{
    cr_assert_eq(discovery_answer("version", 1, list.data, "1.6.22", &out), DISCOVERY_ANSWERED);
    cr_assert_str_eq(out.data, "VERSION 1.6.22\r\n");
}

Test(discovery, leaves_everything_else_to_the_nodes)
{
    static const char *const others[] = {
        "get k", "set k 0 0 1", "config get other", "config set cluster", "CONFIG GET CLUSTER", "stats", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_eq(discovery_answer(others[i], 1, list.data, "1", &out), DISCOVERY_OTHER, "%s", others[i]);
    cr_expect_eq(out.len, 0u);
    cr_expect_eq(discovery_answer("quit", 1, list.data, "1", &out), DISCOVERY_QUIT);
}
