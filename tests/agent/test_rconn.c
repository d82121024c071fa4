#include "agent/redis/rconn.h"
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* An engine that is the test: it says what it likes. */
static uv_loop_t loop;
static int engine, answers;
static char ended[128];

static void up(void *arg)
{
    (void)arg;
}

static void reply(void *arg, const struct redisReply *r)
{
    (void)arg;
    (void)r;
    answers++;
}

static void down(void *arg, const char *why)
{
    (void)arg;
    snprintf(ended, sizeof ended, "%s", why);
}

static const struct rconn_events events = {.up = up, .reply = reply, .down = down};

static struct rconn *connect_to_engine(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/meridian-rconn-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(a.sun_path, sizeof a.sun_path, "%s/s", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    cr_assert_eq(listen(listener, 1), 0);
    uv_loop_init(&loop);
    struct rconn *c = rconn_open(&loop, a.sun_path, &events, NULL);
    cr_assert_not_null(c);
    engine = accept(listener, NULL, NULL);
    cr_assert(engine >= 0);
    close(listener);
    unlink(a.sun_path);
    rmdir(folder);
    return c;
}

static void say(const char *text)
{
    cr_assert_eq(send(engine, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void finish(void)
{
    close(engine);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) continue;
    cr_assert_eq(uv_loop_close(&loop), 0);
}

Test(rconn, an_answer_that_never_ends_ends_the_connection)
{
    rconn_send(connect_to_engine(), 1, (const char *const[]){"PING"});
    say("$100000000\r\n");
    for (int i = 0; i < 20000 && !ended[0]; i++) say("x");
    cr_assert_str_eq(ended, "an answer without an end");
    cr_assert_eq(answers, 0);
    finish();
}

Test(rconn, many_answers_are_no_long_one)
{
    struct rconn *c = connect_to_engine();
    for (int i = 0; i < 20000; i++) {
        rconn_send(c, 1, (const char *const[]){"PING"});
        say("+PONG\r\n");
    }
    cr_assert_eq(answers, 20000);
    cr_assert_str_eq(ended, "");
    rconn_close(c);
    finish();
}

Test(rconn, what_is_queued_goes_out_with_the_next_in_one_write)
{
    char got[200] = "";
    struct rconn *c = connect_to_engine();
    uv_run(&loop, UV_RUN_NOWAIT);
    rconn_queue(c, 1, (const char *const[]){"A"});
    cr_assert(recv(engine, got, sizeof got, MSG_DONTWAIT) < 0);
    rconn_send(c, 1, (const char *const[]){"B"});
    ssize_t n = recv(engine, got, sizeof got - 1, 0);
    cr_assert_eq(n, (ssize_t)strlen("*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n"));
    cr_assert_str_eq(got, "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n");
    rconn_close(c);
    finish();
}
