#include "agent/memcached/mconn.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A memcached that is the test: it says what it likes. */
static uv_loop_t loop;
static int listener, port, memcached = -1, lines, ends;
static bool stands, closes;
static char last[64];
static struct mconn *conn;

static void up(void *arg)
{
    (void)arg;
    stands = true;
}

static void take_line(void *arg, char *text)
{
    (void)arg;
    lines++;
    snprintf(last, sizeof last, "%.63s", text);
    if (closes) mconn_close(conn);
}

static void down(void *arg)
{
    (void)arg;
    ends++;
}

static const struct mconn_events events = {.up = up, .line = take_line, .down = down};

static void setup(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&a, &size), 0);
    port = ntohs(a.sin_port);
    uv_loop_init(&loop);
}

static void teardown(void)
{
    if (memcached >= 0) close(memcached);
    close(listener);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) continue;
    cr_assert_eq(uv_loop_close(&loop), 0);
}

TestSuite(mconn, .init = setup, .fini = teardown);

static void connect_to_memcached(void)
{
    conn = mconn_open(&loop, "127.0.0.1", port, false, &events, NULL);
    cr_assert_not_null(conn);
    memcached = accept(listener, NULL, NULL);
    while (!stands) uv_run(&loop, UV_RUN_ONCE);
}

static void say(const char *text)
{
    cr_assert_eq(send(memcached, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

Test(mconn, lines_go_and_come_without_their_ends)
{
    char got[32] = "";
    connect_to_memcached();
    mconn_send(conn, "version");
    cr_assert_eq(recv(memcached, got, sizeof got - 1, 0), 9);
    cr_assert_str_eq(got, "version\r\n");
    say("VERSION 1.6\r\nSTAT a b\nhalf");
    while (lines < 2) uv_run(&loop, UV_RUN_ONCE);
    cr_assert_str_eq(last, "STAT a b");
    say(" a line\r\n");
    while (lines < 3) uv_run(&loop, UV_RUN_ONCE);
    cr_assert_str_eq(last, "half a line");
    mconn_close(conn);
}

Test(mconn, the_owner_is_told_of_an_end_and_not_of_its_own)
{
    connect_to_memcached();
    shutdown(memcached, SHUT_RDWR);
    while (ends == 0) uv_run(&loop, UV_RUN_ONCE);
    stands = false;
    connect_to_memcached();
    closes = true;
    say("A\r\nB\r\n");
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) continue;
    cr_assert_eq(lines, 1, "what closes it is handed nothing more");
    cr_assert_eq(ends, 1);
}

Test(mconn, a_line_without_an_end_ends_the_connection)
{
    char text[8000];
    connect_to_memcached();
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    say(text);
    while (ends == 0) uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(lines, 0);
}

Test(mconn, where_nobody_listens_or_what_is_no_address)
{
    cr_assert_null(mconn_open(&loop, "nowhere", port, false, &events, NULL));
    close(listener);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_not_null(mconn_open(&loop, "127.0.0.1", port, false, &events, NULL));
    while (ends == 0) uv_run(&loop, UV_RUN_ONCE);
    mconn_close(NULL);
}
