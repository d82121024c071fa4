#include "base/listen.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
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
        {"127.0.0.1", ERR_FLAG},
        {"127.0.0.1:", ERR_FLAG},
        {"127.0.0.1:65536", ERR_FLAG},
        {"127.0.0.1:-1", ERR_FLAG},
        {"::1:0", ERR_FLAG},
        {"", ERR_FLAG},
        {"127.0.0.1:http", ERR_FLAG},
        {"192.0.2.1:0", ERR_USAGE},
        {"[127.0.0.1:0", ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e;
        int fd, r = listen_on(rows[i].address, "--listen", &fd, &e);
        cr_expect_eq(r, rows[i].r, "%s: %d", rows[i].address, r);
        if (r == 0) close(fd);
    }
}

Test(listen, tells_the_port_the_system_chose)
{
    struct err e;
    int fd;
    cr_assert_eq(listen_on("127.0.0.1:0", "--listen", &fd, &e), 0);
    cr_assert(listen_port(fd) > 0);
    close(fd);
}

Test(listen, takes_a_port_only_once)
{
    struct err e;
    int fd, second;
    char address[32];
    cr_assert_eq(listen_on("127.0.0.1:0", "--listen", &fd, &e), 0);
    snprintf(address, sizeof address, "127.0.0.1:%d", listen_port(fd));
    cr_assert_eq(listen_on(address, "--listen", &second, &e), ERR_IN_USE);
    close(fd);
}

Test(listen, takes_one_port_for_both_kinds_of_sockets)
{
    struct err e;
    int udp, tcp, second, third;
    char address[32];
    cr_assert_eq(listen_on_both("127.0.0.1:0", "--dns", &udp, &tcp, &e), 0);
    cr_assert_eq(listen_port(udp), listen_port(tcp));
    snprintf(address, sizeof address, "127.0.0.1:%d", listen_port(udp));
    close(tcp);
    cr_assert_eq(listen_on_both(address, "--dns", &second, &third, &e), ERR_IN_USE);
    cr_assert(strstr(e.msg, "--dns"));
    close(udp);
    cr_assert_eq(listen_on_both(address, "--dns", &second, &third, &e), 0);
    close(second);
    close(third);
    cr_assert_eq(listen_on_both("127.0.0.1", "--dns", &second, &third, &e), ERR_FLAG);
}
