#include "http/exchange_int.h"
#include "http/server.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "client.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one is read in time on a machine that is busy, the other does not fit into what the kernel keeps for a client that does not read. */
enum { LARGE_ANSWER = 1 << 20, HUGE_ANSWER = 8 << 20 };

static uv_loop_t loop;
static struct http *server;
static struct client client;
static struct exchange *waiting;
static int n_gone;
static bool is_gone, is_waiting, is_closed;

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

/* Answers with what it got. */
static void echo(struct exchange *x, void *arg)
{
    (void)arg;
    size_t n;
    const char *body = http_body(x, &n), *word = http_param(x, "word");
    struct buf b = {0};
    buf_printf(
        &b, "%s|%s|%s|%s|%zu|%s", http_method(x), http_path(x), http_query(x), word ? word : "-", n, n < 100 ? body : "...");
    http_answer(x, 200, "text/plain", &b, (struct http_header[]){{"X-Extra", "yes"}, {0}});
}

static void answer_bytes(struct exchange *x, size_t n)
{
    struct buf b = {0};
    memset(buf_reserve(&b, n), 'x', n);
    b.len = n;
    http_answer(x, 200, "text/plain", &b, NULL);
}

static void large(struct exchange *x, void *arg)
{
    (void)arg;
    answer_bytes(x, LARGE_ANSWER);
}

static void huge(struct exchange *x, void *arg)
{
    (void)arg;
    answer_bytes(x, HUGE_ANSWER);
}

static void gone(struct exchange *x, void *arg)
{
    cr_assert_eq(x, waiting);
    cr_assert_eq(arg, &n_gone);
    waiting = NULL;
    n_gone++;
    is_gone = true;
}

static void later(struct exchange *x, void *arg)
{
    (void)arg;
    waiting = x;
    is_waiting = true;
    http_defer(x, gone, &n_gone);
}

/* Answers the exchange that waits, from within the handler of another one. */
static void wake(struct exchange *x, void *arg)
{
    (void)arg;
    struct buf b = {0};
    buf_puts(&b, "woken");
    http_answer(waiting, 200, "text/plain", &b, NULL);
    http_answer(x, 204, NULL, NULL, NULL);
}

/* Defers, and has the answer at once. */
static void at_once(struct exchange *x, void *arg)
{
    (void)arg;
    struct buf b = {0};
    http_defer(x, gone, &n_gone);
    buf_puts(&b, "at once");
    http_answer(x, 200, "text/plain", &b, NULL);
}

static void forgets(struct exchange *x, void *arg)
{
    (void)x, (void)arg;
}

static const struct http_route routes[] = {
    {"GET", "/large", large},
    {"GET", "/huge", huge},
    {"GET", "/later", later},
    {"GET", "/wake", wake},
    {"GET", "/at-once", at_once},
    {"GET", "/forgets", forgets},
    {"GET", "/both", echo},
    {"POST", "/both", echo},
    {NULL, "/all/*", echo},
};

static void open_all(void)
{
    struct err e;
    uv_loop_init(&loop);
    cr_assert_eq(http_open(&server, &loop, "127.0.0.1:0", &e), 0);
    http_add_routes(server, routes, sizeof routes / sizeof *routes);
    client_open(&client, &loop, http_port(server));
}

static void close_all(void)
{
    client_close(&client);
    if (server) http_close(server, on_closed, &is_closed);
    server = NULL;
    run_until(&loop, &is_closed);
    cr_assert_eq(uv_loop_close(&loop), 0);
}

TestSuite(server, .init = open_all, .fini = close_all, .timeout = 20);

static char *body_of(char *answer)
{
    return strstr(answer, "\r\n\r\n") + 4;
}

static void expect_status(const char *request, const char *status)
{
    char *a = client_ask(&client, request);
    cr_assert_not_null(a);
    cr_assert(strncmp(a, "HTTP/1.1 ", 9) == 0 && strncmp(a + 9, status, strlen(status)) == 0, "%s: %s", request, a);
    free(a);
}

static void expect_body(char *answer, const char *body)
{
    cr_assert_not_null(answer);
    cr_assert_str_eq(body_of(answer), body);
    free(answer);
}

Test(server, tells_its_handler_what_was_asked)
{
    expect_body(client_ask(&client, "POST /both?word=a%20b&x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
        "POST|/both|word=a%20b&x|a b|3|abc");
    expect_body(client_ask(&client, "GET /both HTTP/1.1\r\nHost: a\r\n\r\n"), "GET|/both||-|0|");
}

/* A request of 'n' parameters, or, for n = 0, with a target of 'length' bytes; the parameter "word" comes last. */
static void ask_long(size_t n, size_t length, const char *status)
{
    _buf_ struct buf b = {0};
    struct client other;
    buf_puts(&b, "GET /both?");
    for (size_t i = 0; i < n; i++) buf_puts(&b, i % 3 ? "a&" : "a?");
    if (n == 0) memset(buf_reserve(&b, length), 'x', length), b.len += length;
    buf_puts(&b, "&word=last HTTP/1.1\r\nHost: a\r\n\r\n");
    client_open(&other, &loop, http_port(server));
    client_send(&other, b.data, b.len);
    char *a = client_answer(&other);
    cr_assert_not_null(a, "%zu parameters, or %zu bytes", n, length);
    cr_expect_eq(strncmp(a + 9, status, strlen(status)), 0, "%zu parameters, or %zu bytes: %.80s", n, length, a);
    cr_expect(*status != '2' || strstr(a, "|last|"), "all parameters are read");
    free(a);
    client_close(&other);
}

/* They would fill the memory that libmicrohttpd has for a connection, which then never answered. */
Test(server, answers_requests_with_any_number_of_parameters)
{
    for (size_t n = 400; n < 600; n += 13) ask_long(n, 0, "200");
    for (size_t n = 600; n <= 16000; n += 2200) ask_long(n, 0, "200");
    for (size_t length = 31000; length < 32000; length += 250) ask_long(0, length, "200");
    for (size_t length = 33000; length < 70000; length += 9000) ask_long(0, length, "414");
}

/* With more of them libmicrohttpd has no room to say so. */
Test(server, serves_on_after_a_request_with_too_many_cookies)
{
    _buf_ struct buf b = {0};
    struct client other;
    buf_puts(&b, "GET /both?word=x HTTP/1.1\r\nHost: a\r\nCookie: ");
    for (int i = 0; i < 600; i++) buf_printf(&b, "c%d=v; ", i);
    buf_puts(&b, "\r\n\r\n");
    client_open(&other, &loop, http_port(server));
    client_send(&other, b.data, b.len);
    free(client_answer(&other));
    cr_expect(other.ended);
    client_close(&other);
    cr_expect_null(server->live, "nothing of it is kept");
    expect_body(client_ask(&client, "GET /both?word=y HTTP/1.1\r\nHost: a\r\n\r\n"), "GET|/both|word=y|y|0|");
}

Test(server, takes_parameters_that_are_no_form_for_none)
{
    expect_body(client_ask(&client, "GET /both?word=%zz HTTP/1.1\r\nHost: a\r\n\r\n"), "GET|/both|word=%zz|-|0|");
}

Test(server, puts_the_handlers_headers_into_the_answer)
{
    char *a = client_ask(&client, "GET /both HTTP/1.1\r\nHost: a\r\n\r\n");
    cr_assert(strstr(a, "\r\nX-Extra: yes\r\n") && strstr(a, "\r\nContent-Type: text/plain\r\n"));
    free(a);
}

Test(server, answers_requests_that_come_together_one_by_one)
{
    const char *both = "GET /all/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /all/2 HTTP/1.1\r\nHost: a\r\n\r\n";
    client_send(&client, both, strlen(both));
    expect_body(client_answer(&client), "GET|/all/1||-|0|");
    expect_body(client_answer(&client), "GET|/all/2||-|0|");
}

Test(server, reads_a_body_in_chunks)
{
    expect_body(client_ask(&client,
                    "POST /both HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        "POST|/both||-|5|abcde");
}

static void send_body(size_t n, const char *header)
{
    _buf_ struct buf b = {0};
    buf_printf(&b, "POST /both HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n", header, n);
    memset(buf_reserve(&b, n), 'x', n);
    b.len += n;
    client_send(&client, b.data, b.len);
}

Test(server, takes_a_body_as_long_as_the_limit)
{
    send_body(HTTP_BODY_MAX, "");
    expect_body(client_answer(&client), "POST|/both||-|1048576|...");
}

Test(server, refuses_a_body_longer_than_the_limit_and_serves_on)
{
    send_body(HTTP_BODY_MAX + 1, "");
    char *a = client_answer(&client);
    cr_assert(strncmp(a, "HTTP/1.1 413 ", 13) == 0, "%s", a);
    free(a);
    expect_status("GET /both HTTP/1.1\r\nHost: a\r\n\r\n", "200");
}

Test(server, refuses_a_chunked_body_longer_than_the_limit)
{
    static char chunk[HTTP_BODY_MAX + 1];
    const char *head = "POST /both HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n";
    memset(chunk, 'x', sizeof chunk);
    client_send(&client, head, strlen(head));
    client_send(&client, chunk, sizeof chunk);
    expect_status("\r\n0\r\n\r\n", "413");
}

Test(server, refuses_a_long_body_before_it_is_sent_if_the_client_waits_for_that)
{
    expect_status("POST /both HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n", "413");
}

enum { LARGE_BODIES = 64 }; /* of 1 MiB, are held at one time */

Test(server, takes_no_more_large_bodies_than_it_has_room_for)
{
    static struct client clients[LARGE_BODIES];
    static const char large[] = "POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\nx";
    for (int i = 0; i < LARGE_BODIES; i++) {
        client_open(&clients[i], &loop, http_port(server));
        client_send(&clients[i], large, sizeof large - 1);
    }
    uv_run(&loop, UV_RUN_NOWAIT);
    expect_status("POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "200");
    expect_status(large, "503");
    for (int i = 0; i < LARGE_BODIES; i++) client_close(&clients[i]);
}

Test(server, knows_wrong_methods_from_unknown_paths)
{
    expect_status("DELETE /both HTTP/1.1\r\nHost: a\r\n\r\n", "405");
    expect_status("DELETE /all/x HTTP/1.1\r\nHost: a\r\n\r\n", "200");
    expect_status("GET /bot HTTP/1.1\r\nHost: a\r\n\r\n", "404");
    expect_status("GET /both/x HTTP/1.1\r\nHost: a\r\n\r\n", "404");
}

Test(server, names_the_methods_that_are_possible)
{
    char *a = client_ask(&client, "DELETE /both HTTP/1.1\r\nHost: a\r\n\r\n");
    cr_assert(strstr(a, "\r\nAllow: GET, POST\r\n"), "%s", a);
    free(a);
}

Test(server, answers_head_without_a_body)
{
    const char *both = "HEAD /both HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.0\r\n\r\n";
    client_send(&client, both, strlen(both));
    while (!client.ended) uv_run(&loop, UV_RUN_ONCE);
    cr_assert(strncmp(client.in.data, "HTTP/1.1 200", 12) == 0);
    cr_assert(strncmp(strstr(client.in.data, "\r\n\r\n") + 4, "HTTP/1.", 7) == 0);
}

Test(server, answers_even_if_a_handler_forgets)
{
    expect_status("GET /forgets HTTP/1.1\r\nHost: a\r\n\r\n", "500");
}

Test(server, refuses_pages_of_other_sites)
{
    expect_status("GET /both HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://shop.example\r\n\r\n", "403");
    expect_status("GET /both HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1:99\r\n\r\n", "403");
    expect_status("GET /both HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://127.0.0.1:99\r\n\r\n", "200");
    expect_status("POST /both HTTP/1.1\r\nHost: 127.0.0.1:99\r\nUser-Agent: Mozilla/5.0\r\nContent-Length: 0\r\n\r\n", "403");
}

/* A proxy in front could take the rest of such a request for another one, so the connection ends with the answer. */
Test(server, refuses_a_request_whose_end_is_in_doubt_and_hangs_up)
{
    static const char *const doubtful[] = {
        "Content-Length: 3\r\nContent-Length: 30",
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: 0x3",
        "Content-Length: -3",
        "Content-Length:",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Content-Length : 3",
        "Content-Length: 3\r\nTransfer-Encoding : chunked",
        "A B: c\r\nContent-Length: 3",
    };
    for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++) {
        char request[256];
        struct client c;
        client_open(&c, &loop, http_port(server));
        snprintf(request, sizeof request, "POST /both HTTP/1.1\r\nHost: a\r\n%s\r\n\r\nabc", doubtful[i]);
        client_send(&c, request, strlen(request));
        run_until(&loop, &c.ended);
        buf_putc(&c.in, '\0');
        cr_expect(
            strncmp(c.in.data, "HTTP/1.1 4", 10) == 0 && strstr(c.in.data, "/both") == NULL, "%s: %s", doubtful[i], c.in.data);
        client_close(&c);
    }
    expect_status("POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "200");
}

static void wait_for_later(void)
{
    const char *request = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
    client_send(&client, request, strlen(request));
    run_until(&loop, &is_waiting);
}

Test(server, sends_a_deferred_answer_when_it_comes)
{
    struct client other;
    wait_for_later();
    client_open(&other, &loop, http_port(server));
    free(client_ask(&other, "GET /wake HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect_body(client_answer(&client), "woken");
    expect_status("GET /both HTTP/1.1\r\nHost: a\r\n\r\n", "200");
    client_close(&other);
    cr_assert_eq(n_gone, 0);
}

Test(server, sends_a_deferred_answer_that_comes_before_the_handler_returns)
{
    expect_body(client_ask(&client, "GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n"), "at once");
    expect_status("GET /both HTTP/1.1\r\nHost: a\r\n\r\n", "200");
    cr_assert_eq(n_gone, 0);
}

Test(server, tells_when_the_client_of_a_deferred_answer_leaves)
{
    wait_for_later();
    client_close(&client);
    run_until(&loop, &is_gone);
    client_open(&client, &loop, http_port(server));
    expect_status("GET /both HTTP/1.1\r\nHost: a\r\n\r\n", "200");
    cr_assert_eq(n_gone, 1);
}

Test(server, gives_up_deferred_answers_when_it_closes)
{
    wait_for_later();
    http_close(server, on_closed, &is_closed);
    server = NULL;
    char *a = client_answer(&client);
    cr_assert(strncmp(a, "HTTP/1.1 503", 12) == 0);
    cr_assert_not_null(strstr(a, "\r\nConnection: close\r\n"));
    free(a);
    cr_assert_eq(n_gone, 1);
    run_until(&loop, &is_closed);
}

Test(server, finishes_an_answer_under_way_when_it_closes)
{
    const char *request = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    client_send(&client, request, strlen(request));
    while (client.in.len == 0) uv_run(&loop, UV_RUN_ONCE);
    http_close(server, on_closed, &is_closed);
    server = NULL;
    char *a = client_answer(&client);
    cr_assert_not_null(a);
    cr_assert_eq(strlen(body_of(a)), LARGE_ANSWER);
    free(a);
    run_until(&loop, &is_closed);
}

Test(server, closes_at_once_when_nothing_is_under_way)
{
    expect_status("GET /both HTTP/1.1\r\nHost: a\r\n\r\n", "200");
    int64_t begun_ns = clock_mono_ns();
    http_close(server, on_closed, &is_closed);
    server = NULL;
    run_until(&loop, &is_closed);
    cr_assert_lt(clock_mono_ns() - begun_ns, 1000000000);
}

Test(server, closes_though_a_client_never_reads_its_answer)
{
    const char *request = "GET /huge HTTP/1.1\r\nHost: a\r\n\r\n";
    client_send(&client, request, strlen(request));
    while (client.in.len == 0) uv_run(&loop, UV_RUN_ONCE);
    client.deaf = true;
    uv_poll_stop(&client.poll);
    http_close(server, on_closed, &is_closed);
    server = NULL;
    run_until(&loop, &is_closed);
}

Test(server, says_so_when_its_port_is_taken)
{
    struct err e;
    struct http *second;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", http_port(server));
    cr_assert_eq(http_open(&second, &loop, address, &e), ERR_IN_USE);
    cr_assert_not_null(strstr(e.msg, address));
}
