#include "http/listen.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

Test(listen, knows_addresses_from_other_text)
{
    static const struct {
        const char *address;
        int r;
    } rows[] = {
        {"127.0.0.1:0", 0},
        {"localhost:0", 0},
        {":0", 0},
        {"127.0.0.1", ERR_USAGE},
        {"127.0.0.1:", ERR_USAGE},
        {"127.0.0.1:65536", ERR_USAGE},
        {"127.0.0.1:-1", ERR_USAGE},
        {"::1:0", ERR_USAGE},
        {"", ERR_USAGE},
        {"127.0.0.1:http", ERR_USAGE},
        {"192.0.2.1:0", ERR_USAGE},
        {"[127.0.0.1:0", ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e;
        int fd, r = listen_on(rows[i].address, &fd, &e);
        cr_expect_eq(r, rows[i].r, "%s: %d", rows[i].address, r);
        if (r == 0) close(fd);
    }
}

Test(listen, tells_the_port_the_system_chose)
{
    struct err e;
    int fd;
    cr_assert_eq(listen_on("127.0.0.1:0", &fd, &e), 0);
    cr_assert(listen_port(fd) > 0);
    close(fd);
}

Test(listen, takes_a_port_only_once)
{
    struct err e;
    int fd, second;
    char address[32];
    cr_assert_eq(listen_on("127.0.0.1:0", &fd, &e), 0);
    snprintf(address, sizeof address, "127.0.0.1:%d", listen_port(fd));
    cr_assert_eq(listen_on(address, &second, &e), ERR_IN_USE);
    close(fd);
}
