#include "control/hosts.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct hosts h;

TestSuite(hosts, .init = scratch_open, .fini = scratch_close);

static bool has(const char *host)
{
    for (size_t i = 0; i < h.n; i++)
        if (strcmp(h.names[i], host) == 0) return true;
    return false;
}

Test(hosts, of_this_machine_are_known_from_the_start)
{
    hosts_open(&h, scratch_dir(), "172.17.0.2");
    cr_expect(has("localhost") && has("127.0.0.1") && has("172.17.0.2") && has("host.docker.internal"));
    cr_expect_not(hosts_learn(&h, "LOCALHOST"), "a host in other letters is the same one");
}

Test(hosts, that_are_learned_outlive_the_serve)
{
    hosts_open(&h, scratch_dir(), NULL);
    cr_expect(hosts_learn(&h, "cache"));
    cr_expect_not(hosts_learn(&h, "cache"));
    cr_expect(hosts_learn(&h, "10.1.2.3"));
    hosts_open(&h, scratch_dir(), NULL);
    cr_expect(has("cache") && has("10.1.2.3"));
}

Test(hosts, that_somebody_may_own_are_not_learned)
{
    static const char *const own[] = {
        "meridian-1", "cache.test", "a.local", "x.internal", "a.home.arpa", "192.168.1.9", "fd00::1"};
    static const char *const others[] = {"shop.example.com", "bank.example", "8.8.8.8", "internal.example", "xinternal.com",
        "a..test", "a b", "", "*.test", "home.arpa"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) cr_expect(hosts_may_learn(own[i]), "%s", own[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) cr_expect_not(hosts_may_learn(others[i]), "%s", others[i]);
    hosts_open(&h, scratch_dir(), NULL);
    cr_expect_not(hosts_learn(&h, "bank.example"));
    scratch_write("hosts", "bank.example\ncache\n", 0600);
    hosts_open(&h, scratch_dir(), NULL);
    cr_expect(has("cache") && !has("bank.example"), "nor from a file that somebody has changed");
}

Test(hosts, are_bounded)
{
    char name[20];
    int learned = 0;
    hosts_open(&h, scratch_dir(), NULL);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "service-%d", i);
        learned += hosts_learn(&h, name);
    }
    cr_expect(learned > 8 && learned < HOSTS_MAX, "%d", learned);
    cr_expect_eq(h.n, (size_t)HOSTS_MAX);
}

Test(hosts, are_not_learned_where_nobody_opened_them)
{
    struct hosts none = {0};
    cr_expect_not(hosts_learn(&none, "cache"));
}
