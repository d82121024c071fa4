#include "catalog/endpoint_name.h"
#include "base/arena.h"
#include "base/host.h"
#include "catalog/region.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static void forget_arena(void)
{
    arena_fini(&arena);
}

TestSuite(endpoint_name, .fini = forget_arena);

/* The name with HASH in place of the letters that all of them share. */
static const char *plain(enum endpoint_name kind, bool encrypted, const char *region, const char *domain)
{
    struct endpoint_owner owner = {region_find(region), "000000000000", "orders", "orders-002", "0001"};
    const char *name = endpoint_name(&arena, domain, kind, encrypted, &owner);
    const char *other = endpoint_name(&arena, domain, NAME_MEMCACHED_CONFIGURATION, false, &owner);
    const char *hash = arena_strndup(&arena, other + strlen("orders-002."), 6), *at = strstr(name, hash);
    cr_assert(host_is_proper(name), "%s", name);
    cr_assert_not_null(at, "%s has no %s", name, hash);
    return arena_printf(&arena, "%.*sHASH%s", (int)(at - name), name, at + 6);
}

Test(endpoint_name, has_the_forms_of_aws)
{
    static const struct {
        enum endpoint_name kind;
        const char *plain, *encrypted;
    } rows[] = {
        {NAME_NODE, "orders-002.HASH.0001.use1.cache.amazonaws.com", "orders-002.orders.HASH.use1.cache.amazonaws.com"},
        {NAME_PRIMARY, "orders.HASH.ng.0001.use1.cache.amazonaws.com", "master.orders.HASH.use1.cache.amazonaws.com"},
        {NAME_READER, "orders-ro.HASH.ng.0001.use1.cache.amazonaws.com", "replica.orders.HASH.use1.cache.amazonaws.com"},
        {NAME_CONFIGURATION, "orders.HASH.clustercfg.use1.cache.amazonaws.com",
            "clustercfg.orders.HASH.use1.cache.amazonaws.com"},
        {NAME_MEMCACHED_CONFIGURATION, "orders-002.HASH.cfg.use1.cache.amazonaws.com",
            "orders-002.HASH.cfg.use1.cache.amazonaws.com"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_str_eq(plain(rows[i].kind, false, "us-east-1", NAMES_OF_AWS), rows[i].plain);
        cr_expect_str_eq(plain(rows[i].kind, true, "us-east-1", NAMES_OF_AWS), rows[i].encrypted);
    }
}

Test(endpoint_name, ends_as_its_region_and_domain_have_it)
{
    cr_expect_str_eq(plain(NAME_PRIMARY, false, "cn-north-1", NAMES_OF_AWS), "orders.HASH.ng.0001.cnn1.cache.amazonaws.com.cn");
    cr_expect_str_eq(plain(NAME_PRIMARY, false, "ap-northeast-2", "cache.test"), "orders.HASH.ng.0001.apn2.cache.test");
}

Test(endpoint_name, differs_by_account_and_region_and_by_nothing_else)
{
    struct endpoint_owner one = {region_find("us-east-1"), "000000000000", "g", "c", "0001"}, other = one;
    const char *name = endpoint_name(&arena, "x", NAME_PRIMARY, false, &one);
    cr_expect_str_eq(endpoint_name(&arena, "x", NAME_PRIMARY, false, &other), name);
    other.account = "111111111111";
    cr_expect_str_neq(endpoint_name(&arena, "x", NAME_PRIMARY, false, &other), name);
    other.rg = "111111111111~g";
    const char *theirs = endpoint_name(&arena, "x", NAME_PRIMARY, false, &other);
    other.rg = "g";
    cr_expect_str_eq(endpoint_name(&arena, "x", NAME_PRIMARY, false, &other), theirs, "a key is named by its id");
    const char *here = endpoint_name(&arena, "x", NAME_PRIMARY, false, &one);
    other = one;
    other.region = region_find("us-east-2");
    cr_expect_neq(strncmp(endpoint_name(&arena, "x", NAME_PRIMARY, false, &other), here, strlen("g.......")), 0);
}

Test(endpoint_name, knows_the_domains_that_its_names_end_with)
{
    const char *domains[NAME_DOMAINS];
    for (size_t i = 0; i < n_regions; i++) {
        struct endpoint_owner owner = {&regions[i], "000000000000", "g", "c", "0001"};
        const char *name = endpoint_name(&arena, NAMES_OF_AWS, NAME_NODE, true, &owner);
        int n = endpoint_name_domains(NAMES_OF_AWS, domains), fits = 0;
        for (int k = 0; k < n; k++) {
            size_t size = strlen(domains[k]);
            fits += strcmp(name + strlen(name) - size, domains[k]) == 0;
        }
        cr_expect_eq(fits, 1, "%s", name);
    }
    cr_expect_eq(endpoint_name_domains("cache.test", domains), 1);
    cr_expect_str_eq(domains[0], "cache.test");
}

Test(endpoint_name, is_made_below_domains_that_leave_room_for_it)
{
    static const char *const good[] = {"aws", "test", "cache.test", "a-b.c0.example"};
    static const char *const bad[] = {"", ".", ".test", "test.", "a..b", "Cache.test", "cache_test", "127.0.0.1", "1.2",
        "-a.test", "a b", "a/b", "::1", "cache.test:53", "*.test"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_expect(endpoint_name_may_end(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_expect_not(endpoint_name_may_end(bad[i]), "%s", bad[i]);
    char longest[256] = "";
    while (strlen(longest) < 119) strcat(longest, "a.");
    strcat(longest, "b");
    cr_expect_not(endpoint_name_may_end(longest));
    longest[118] = '\0';
    longest[117] = 'b';
    cr_expect(endpoint_name_may_end(longest));
    char id[51] = "", rg[41] = "";
    memset(id, 'a', 50);
    memset(rg, 'b', 40);
    struct endpoint_owner owner = {region_find("us-east-1"), "000000000000", rg, id, "0001"};
    for (int kind = 0; kind < ENDPOINT_NAMES; kind++)
        for (int encrypted = 0; encrypted <= 1; encrypted++)
            cr_expect(host_is_proper(endpoint_name(&arena, longest, (enum endpoint_name)kind, encrypted, &owner)));
}
