#include "dns/zone.h"
#include "packets.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct zone zone;

static void zone_open(void)
{
    zone = (struct zone){.domains = {"cache.test", "cache.other"}};
}

static void zone_close(void)
{
    zone_clear(&zone);
}

TestSuite(dns_zone, .init = zone_open, .fini = zone_close);

static void put(const char *owner, const char *name, bool in_turn, const char *const *addresses, size_t n)
{
    const struct zone_record r = {name, addresses, n, in_turn};
    zone_put(&zone, owner, &r, 1);
}

static struct answer ask(const char *name, uint16_t type)
{
    uint8_t out[ZONE_REPLY_MAX];
    struct packet p = packet_ask(name, type);
    size_t n = zone_answer(&zone, p.bytes, p.n, false, out);
    return packet_read(out, n);
}

static void expect_address(const char *name, const char *address)
{
    struct answer a = ask(name, DNS_TYPE_A);
    cr_expect_eq(a.rcode, DNS_NO_ERROR);
    cr_expect_eq(a.n, 1, "%s: %zu", name, a.n);
    cr_expect_str_eq(a.addresses[0], address);
}

static void expect_code(const char *name, enum dns_rcode rcode)
{
    struct answer a = ask(name, DNS_TYPE_A);
    cr_expect_eq(a.rcode, rcode, "%s: %d", name, a.rcode);
    cr_expect_eq(a.n, 0, "%s", name);
    cr_expect_eq(a.counts[2], rcode != DNS_REFUSED, "%s", name);
}

Test(dns_zone, tells_names_of_ours_from_others)
{
    put("g", "g.h.use1.cache.test", false, (const char *[]){"127.1.0.1"}, 1);
    expect_address("g.h.use1.cache.test", "127.1.0.1");
    expect_address("G.h.USE1.cache.Test", "127.1.0.1");
    expect_code("x.h.use1.cache.test", DNS_NO_NAME);
    expect_code("x.g.h.use1.cache.test", DNS_NO_NAME);
    expect_code("g.h.use1.cache.other", DNS_NO_NAME);
    expect_code("example.com", DNS_REFUSED);
    expect_code("xcache.test", DNS_REFUSED);
    expect_code("test", DNS_REFUSED);
    expect_code("", DNS_REFUSED);
}

/* A resolver that asks label by label must not be told that nothing is below. */
Test(dns_zone, says_of_what_others_are_below_that_it_is_there)
{
    static const char *const above[] = {"h.use1.cache.test", "use1.cache.test", "cache.test"};
    put("g", "g.h.use1.cache.test", false, (const char *[]){"127.1.0.1"}, 1);
    put("k", "k.h.use1.cache.test", false, (const char *[]){"127.1.0.2"}, 1);
    for (size_t i = 0; i < 3; i++) expect_code(above[i], DNS_NO_ERROR);
    zone_forget(&zone, "g");
    for (size_t i = 0; i < 3; i++) expect_code(above[i], DNS_NO_ERROR);
    zone_forget(&zone, "k");
    expect_code(above[0], DNS_NO_NAME);
    expect_code(above[1], DNS_NO_NAME);
    expect_code(above[2], DNS_NO_ERROR);
}

Test(dns_zone, a_name_that_is_above_another_keeps_its_addresses)
{
    put("a", "h.cache.test", false, (const char *[]){"127.1.0.1"}, 1);
    put("b", "g.h.cache.test", false, (const char *[]){"127.1.0.2"}, 1);
    expect_address("h.cache.test", "127.1.0.1");
    zone_forget(&zone, "b");
    expect_address("h.cache.test", "127.1.0.1");
    put("b", "g.h.cache.test", false, (const char *[]){"127.1.0.2"}, 1);
    zone_forget(&zone, "a");
    expect_code("h.cache.test", DNS_NO_ERROR);
    expect_address("g.h.cache.test", "127.1.0.2");
}

Test(dns_zone, answers_each_kind_of_address_to_its_type_and_to_no_other)
{
    put("g", "g.cache.test", false, (const char *[]){"127.1.0.1", "fd00::1", "no address"}, 3);
    expect_address("g.cache.test", "127.1.0.1");
    struct answer a = ask("g.cache.test", DNS_TYPE_AAAA);
    cr_assert_eq(a.n, 1);
    cr_expect_str_eq(a.addresses[0], "fd00::1");
    a = ask("g.cache.test", 16);
    cr_expect_eq(a.rcode, DNS_NO_ERROR);
    cr_expect_eq(a.n, 0);
    cr_expect_eq(a.last_type, DNS_TYPE_SOA);
    a = ask("cache.test", DNS_TYPE_SOA);
    cr_expect_eq(a.counts[1], 1);
    cr_expect_eq(a.counts[2], 0);
}

/* Resolvers ask for both kinds: an answer without addresses takes nobody's turn. */
Test(dns_zone, takes_turns)
{
    const char *const addresses[] = {"127.1.0.1", "127.1.0.2", "127.1.0.3"};
    put("g", "g.cache.test", true, addresses, 3);
    for (int i = 0; i < 7; i++) {
        expect_address("g.cache.test", addresses[i % 3]);
        cr_expect_eq(ask("g.cache.test", DNS_TYPE_AAAA).n, 0);
        put("g", "g.cache.test", true, addresses, 3); /* told again, it goes on */
    }
    put("g", "g.cache.test", true, addresses, 1);
    for (int i = 0; i < 3; i++) expect_address("g.cache.test", addresses[0]);
}

Test(dns_zone, begins_a_list_with_another_address_each_time)
{
    const char *const addresses[] = {"127.1.0.1", "127.1.0.2", "127.1.0.3"};
    put("g", "g.cache.test", false, addresses, 3);
    for (int i = 0; i < 6; i++) {
        struct answer a = ask("g.cache.test", DNS_TYPE_A);
        cr_assert_eq(a.n, 3);
        for (int k = 0; k < 3; k++) cr_expect_str_eq(a.addresses[k], addresses[(i + k) % 3]);
    }
}

Test(dns_zone, an_owner_s_names_are_those_it_was_last_given)
{
    const char *const here[] = {"127.1.0.1"}, *const there[] = {"127.1.0.2"};
    const struct zone_record first[] = {{"a.cache.test", here, 1, false}, {"b.cache.test", here, 1, false}};
    const struct zone_record then[] = {{"b.cache.test", there, 1, false}, {"c.cache.test", here, 1, false}};
    zone_put(&zone, "g", first, 2);
    uint32_t serial = zone.serial;
    zone_put(&zone, "g", first, 2);
    cr_expect_eq(zone.serial, serial, "nothing has changed");
    zone_put(&zone, "g", then, 2);
    cr_expect_gt(zone.serial, serial);
    expect_code("a.cache.test", DNS_NO_NAME);
    expect_address("b.cache.test", "127.1.0.2");
    expect_address("c.cache.test", "127.1.0.1");
    zone_forget(&zone, "nobody");
    zone_clear(&zone);
    expect_code("c.cache.test", DNS_NO_NAME);
    expect_code("cache.test", DNS_NO_ERROR);
}

Test(dns_zone, a_name_belongs_to_whom_it_was_given_first)
{
    put("g", "x.cache.test", false, (const char *[]){"127.1.0.1"}, 1);
    put("h", "x.cache.test", false, (const char *[]){"127.1.0.2"}, 1);
    expect_address("x.cache.test", "127.1.0.1");
    zone_forget(&zone, "h");
    expect_address("x.cache.test", "127.1.0.1");
}

Test(dns_zone, answers_no_answer_and_nothing_that_is_too_short)
{
    uint8_t out[ZONE_REPLY_MAX];
    struct packet p = packet_ask("cache.test", DNS_TYPE_A);
    cr_expect_eq(zone_answer(&zone, p.bytes, DNS_HEADER - 1, false, out), 0);
    struct answer a = packet_read(out, zone_answer(&zone, p.bytes, DNS_HEADER, false, out));
    cr_expect_eq(a.rcode, DNS_FORM_ERROR);
    cr_expect_eq(a.id, 0x1234);
    p.bytes[2] |= 0x80;
    cr_expect_eq(zone_answer(&zone, p.bytes, p.n, false, out), 0);
}

/* Names that come and go in any order leave the zone as if only those that are left had ever come. */
Test(dns_zone, is_what_is_left_after_many_changes)
{
    unsigned seed = (unsigned)time(NULL);
    bool there[40] = {false};
    for (int i = 0; i < 4000; i++) {
        char owner[8], name[64];
        int k = rand_r(&seed) % 40;
        snprintf(owner, sizeof owner, "o%d", k);
        snprintf(name, sizeof name, "n%d.h%d.z%d.cache.test", k, k % 5, k % 2);
        there[k] = rand_r(&seed) % 2;
        if (there[k]) put(owner, name, false, (const char *[]){"127.0.0.1"}, 1);
        else zone_forget(&zone, owner);
    }
    for (int h = 0; h < 5; h++) {
        for (int z = 0; z < 2; z++) {
            char name[64];
            bool any = false;
            for (int k = 0; k < 40; k++) any |= there[k] && k % 5 == h && k % 2 == z;
            snprintf(name, sizeof name, "h%d.z%d.cache.test", h, z);
            cr_expect_eq(ask(name, DNS_TYPE_A).rcode, any ? DNS_NO_ERROR : DNS_NO_NAME, "seed %u: %s", seed, name);
        }
    }
    for (int k = 0; k < 40; k++) {
        char owner[8];
        snprintf(owner, sizeof owner, "o%d", k);
        zone_forget(&zone, owner);
    }
    cr_expect_eq(zone.names.n, 0, "seed %u", seed);
    cr_expect_eq(zone.owners.n, 0, "seed %u", seed);
}
