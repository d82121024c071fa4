#include "base/host.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(host, is_taken_from_what_clients_send)
{
    static const struct {
        const char *authority, *host;
    } rows[] = {
        {"localhost:4566", "localhost"},
        {"localhost", "localhost"},
        {"meridian:4566", "meridian"},
        {"my_service.test:80", "my_service.test"},
        {"192.168.1.9:4566", "192.168.1.9"},
        {"[::1]:4566", "::1"},
        {"[2001:db8::7]", "2001:db8::7"},
        {"", NULL},
        {":4566", NULL},
        {"localhost:", NULL},
        {"localhost:http", NULL},
        {"localhost:65536", NULL},
        {"localhost:4566:1", NULL},
        {"localhost/x", NULL},
        {"user@localhost", NULL},
        {"a b", NULL},
        {"a\"b", NULL},
        {"<script>", NULL},
        {"a\r\nb", NULL},
        {"..", NULL},
        {"-x", NULL},
        {"[::1", NULL},
        {"::1", NULL},
        {"[localhost]", NULL},
        {"[127.0.0.1]:1", NULL},
        {"[fe80::1%eth0]", NULL},
        {"0.0.0.0:4566", NULL},
        {"[::]:4566", NULL},
        {"255.255.255.255", NULL},
        {"224.0.0.1", NULL},
        {"1.2.3.4.5", NULL},
        {"h\xc3\xb6st", NULL},
    };
    char out[HOST_TEXT_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool taken = host_take(rows[i].authority, out);
        cr_expect_eq(taken, rows[i].host != NULL, "%s", rows[i].authority);
        if (taken && rows[i].host) cr_expect_str_eq(out, rows[i].host);
    }
}

Test(host, has_a_length)
{
    char name[400] = "", out[HOST_TEXT_SIZE];
    while (strlen(name) < 253) strcat(name, strlen(name) % 10 == 9 ? "." : "a");
    cr_expect(host_take(name, out));
    strcat(name, "a");
    cr_expect_not(host_take(name, out));
    memset(name, 'a', 64);
    name[64] = '\0';
    cr_expect_not(host_take(name, out));
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect_not(host_take(name, out));
}

Test(host, knows_private_addresses)
{
    static const char *const own[] = {"127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "169.254.1.1", "100.64.0.1", "100.127.9.9", "::1", "fe80::1", "fd00::1", "fc12::1"};
    static const char *const others[] = {
        "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "11.0.0.1", "2001:db8::1", "localhost", ""};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) cr_expect(host_is_private_address(own[i]), "%s", own[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(host_is_private_address(others[i]), "%s", others[i]);
}
