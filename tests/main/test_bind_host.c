#include "main/bind_host.h"
#include "base/err.h"
#include <criterion/criterion.h>

static struct err e;
static char out[BIND_HOST_SIZE];

Test(bind_host, takes_what_clients_can_connect_to)
{
    static const char *const hosts[] = {"redis.test", "localhost", "203.0.113.7", "a", "my_service", "x-1.example", "4.example",
        "::1", "2001:db8::1", "127.0.0.1"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        cr_expect_eq(bind_host_find("127.0.0.9", hosts[i], out, &e), 0, "%s: %s", hosts[i], e.msg);
        cr_expect_str_eq(out, "127.0.0.9");
    }
}

/* The name goes into certificates, into what engines are told, and to clients. */
Test(bind_host, refuses_what_is_no_host)
{
    static const char *const hosts[] = {"0.0.0.0", "224.0.0.1", "255.255.255.255", "127.0.0.1:7000", "redis.test:6379", "a b",
        "a\nb", "a\"b", "*", "*.test", ".", "..", ".test", "a..b", "test.", "-x", "x-", "a/b", "host,DNS:other", "h\xc3\xb6st",
        "[::1]", "127.1", "1.2.3.4.5", "a1234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        cr_expect_eq(bind_host_find("127.0.0.1", hosts[i], out, &e), ERR_FLAG, "%s", hosts[i]);
}

Test(bind_host, listens_on_an_address_of_this_machine)
{
    static const char *const foreign[] = {"224.0.0.1", "255.255.255.255", "203.0.113.7", "::1"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_expect_eq(bind_host_find(foreign[i], "redis.test", out, &e), ERR_USAGE, "%s", foreign[i]);
    cr_expect_eq(bind_host_find("0.0.0.0", "redis.test", out, &e), 0);
    cr_expect_eq(bind_host_find("", "203.0.113.7", out, &e), ERR_USAGE);
    cr_expect_eq(bind_host_find("", "127.0.0.3", out, &e), 0);
    cr_expect_str_eq(out, "127.0.0.3");
}
