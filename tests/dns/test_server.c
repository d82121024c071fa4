#include "dns/server.h"
#include "base/err.h"
#include "base/listen.h"
#include "dns/zone.h"
#include "packets.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static struct zone zone;
static struct dns_server *server;
static struct sockaddr_in at = {.sin_family = AF_INET};

static void server_open(void)
{
    struct err e;
    int udp, tcp;
    const char *const addresses[] = {"127.1.0.1"};
    const struct zone_record r = {"orders.cache.test", addresses, 1, false};
    zone = (struct zone){.domains = {"cache.test"}};
    zone_put(&zone, "g", &r, 1);
    uv_loop_init(&loop);
    cr_assert_eq(listen_on_both("127.0.0.1:0", "--dns", &udp, &tcp, &e), 0, "%s", e.msg);
    at.sin_port = htons(listen_port(udp));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(dns_server_open(&server, &loop, &zone, udp, tcp, &e), 0, "%s", e.msg);
}

/* Nothing of it is left in the loop. */
static void server_close(void)
{
    dns_server_close(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    zone_clear(&zone);
}

TestSuite(dns_server, .init = server_open, .fini = server_close);

static int dial(int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void say(int fd, const void *bytes, size_t n)
{
    cr_assert_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* What arrives next; 0: the other side has closed. */
static size_t hear(int fd, uint8_t *out, size_t size)
{
    ssize_t n;
    while ((n = recv(fd, out, size, MSG_DONTWAIT)) < 0 && errno == EAGAIN) uv_run(&loop, UV_RUN_NOWAIT);
    return n < 0 ? 0 : (size_t)n;
}

/* A message of TCP, with its length before it. */
static struct packet framed(const struct packet *p)
{
    struct packet f = {.bytes = {(uint8_t)(p->n >> 8), (uint8_t)p->n}, .n = 2};
    packet_add(&f, p->bytes, p->n);
    return f;
}

static void expect_answer(const uint8_t *bytes, size_t n)
{
    struct answer a = packet_read(bytes, n);
    cr_expect_eq(a.rcode, DNS_NO_ERROR);
    cr_assert_eq(a.n, 1);
    cr_expect_str_eq(a.addresses[0], "127.1.0.1");
}

static void expect_framed_answer(int fd)
{
    uint8_t out[2048];
    size_t n = 0;
    while (n < 2) n += hear(fd, out + n, 2 - n);
    size_t size = 2 + (size_t)(out[0] << 8 | out[1]);
    while (n < size) n += hear(fd, out + n, size - n);
    expect_answer(out + 2, size - 2);
}

Test(dns_server, answers_packets)
{
    uint8_t out[2048];
    struct packet p = packet_ask("orders.cache.test", DNS_TYPE_A);
    int fd = dial(SOCK_DGRAM);
    for (int i = 0; i < 3; i++) {
        say(fd, p.bytes, p.n);
        expect_answer(out, hear(fd, out, sizeof out));
    }
    close(fd);
}

Test(dns_server, survives_packets_that_are_none)
{
    static uint8_t large[6000], out[2048];
    struct packet p = packet_ask("orders.cache.test", DNS_TYPE_A);
    int fd = dial(SOCK_DGRAM);
    memcpy(large, p.bytes, p.n);
    say(fd, large, sizeof large);
    struct answer a = packet_read(out, hear(fd, out, sizeof out));
    cr_expect_eq(a.rcode, DNS_FORM_ERROR, "one that is longer than any question");
    say(fd, "", 0);
    say(fd, "x", 1);
    say(fd, p.bytes, p.n);
    expect_answer(out, hear(fd, out, sizeof out));
    close(fd);
}

Test(dns_server, answers_one_message_after_the_other_over_tcp)
{
    struct packet p = packet_ask("orders.cache.test", DNS_TYPE_A), f = framed(&p);
    int fd = dial(SOCK_STREAM);
    struct packet both = f;
    packet_add(&both, f.bytes, f.n);
    say(fd, both.bytes, both.n);
    expect_framed_answer(fd);
    expect_framed_answer(fd);
    for (size_t i = 0; i < f.n; i++) {
        say(fd, f.bytes + i, 1);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    expect_framed_answer(fd);
    close(fd);
}

Test(dns_server, closes_connections_that_are_of_no_use)
{
    uint8_t out[16];
    struct packet p = packet_ask("orders.cache.test", DNS_TYPE_A);
    p.bytes[2] |= 0x80;
    struct packet answer = framed(&p);
    int fd = dial(SOCK_STREAM), other = dial(SOCK_STREAM);
    say(fd, answer.bytes, answer.n);
    cr_expect_eq(hear(fd, out, sizeof out), 0, "it sends an answer");
    say(other, (uint8_t[]){0xff, 0xff, 0}, 3);
    cr_expect_eq(hear(other, out, sizeof out), 0, "it announces more than a question takes");
    close(fd);
    close(other);
}

Test(dns_server, serves_a_hundred_connections_and_closes_what_is_more)
{
    enum { N = 101 };
    uint8_t out[16];
    int fds[N];
    struct packet p = packet_ask("orders.cache.test", DNS_TYPE_A), f = framed(&p);
    for (int i = 0; i < N; i++) {
        fds[i] = dial(SOCK_STREAM);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(hear(fds[N - 1], out, sizeof out), 0);
    say(fds[0], f.bytes, f.n);
    expect_framed_answer(fds[0]);
    close(fds[0]);
    for (int i = 1; i < N; i++) close(fds[i]);
}
