#include "agent/session/httpc.h"
#include "base/libcurl.h"
#include "base/local.h"
#include "protocol/meeting.h"
#include "scratch.h"
#include "scripted_serve.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* One client and a server that says whatever it likes. */

static struct scripted_serve serve;
static uv_loop_t loop;
static struct httpc *client;
static int folder, status;
static struct buf answer;
static bool done;

static void take_answer(void *arg, int s, const char *body, size_t len)
{
    cr_assert_eq(arg, &loop);
    cr_assert_not(done);
    done = true;
    status = s;
    buf_clear(&answer);
    buf_add(&answer, body, len);
    buf_add(&answer, "", 0);
}

static void begin(void)
{
    struct err e;
    scratch_open();
    uv_loop_init(&loop);
    serve_come(&serve, scratch_dir(), &loop);
    folder = local_folder(scratch_dir());
    cr_assert_eq(libcurl_load(&e), 0, "%s", e.msg);
    cr_assert_eq(libcurl_load(&e), 0);
    client = httpc_open(&loop, folder, MEETING_SOCKET, take_answer, &loop);
}

static void end(void)
{
    httpc_close(client);
    httpc_close(NULL);
    serve_leave(&serve);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    close(folder);
    buf_fini(&answer);
    scratch_close();
}

TestSuite(httpc, .init = begin, .fini = end);

static struct serve_request ask(const char *path, uint64_t timeout_ms)
{
    done = false;
    httpc_send(client, path, NULL, timeout_ms);
    struct serve_request q = serve_hear_poll(&serve);
    cr_assert_str_eq(q.path, path);
    return q;
}

/* What came of a request that the server answered with these bytes and, perhaps, hung up on. */
static void say(const char *bytes, bool hangs_up)
{
    struct serve_request q = ask("/x", 5000);
    serve_say(&serve, &q, bytes);
    if (hangs_up) serve_hang_up(&serve, &q);
    serve_wait(&serve, &done);
}

Test(httpc, one_connection_serves_for_all_requests)
{
    for (int i = 0; i < 3; i++) {
        struct serve_request q = ask("/here?a=b", 5000);
        serve_answer(&serve, &q, 200 + i, "yes");
        serve_wait(&serve, &done);
        cr_assert_eq(status, 200 + i);
        cr_assert_str_eq(answer.data, "yes");
    }
    cr_assert_eq(serve.n_accepted, 1);
}

Test(httpc, a_connection_that_was_closed_in_between_is_made_again)
{
    struct serve_request q = ask("/1", 5000);
    serve_answer(&serve, &q, 200, "yes");
    serve_wait(&serve, &done);
    serve_hang_up(&serve, &q);
    q = ask("/2", 5000);
    serve_answer(&serve, &q, 200, "again");
    serve_wait(&serve, &done);
    cr_assert_str_eq(answer.data, "again");
    cr_assert_eq(serve.n_accepted, 2);
}

Test(httpc, a_body_of_any_size_is_posted)
{
    _buf_ struct buf body = {0};
    for (int i = 0; i < 300000; i++) buf_putc(&body, (char)('a' + i % 26));
    httpc_send(client, "/post", &body, 5000);
    struct serve_request q = serve_hear_report(&serve);
    cr_assert_eq(q.body.len, body.len);
    cr_assert_eq(memcmp(q.body.data, body.data, body.len), 0);
    buf_fini(&q.body);
    serve_answer(&serve, &q, 200, "");
    serve_wait(&serve, &done);
    cr_assert_eq(status, 200);
    cr_assert_str_eq(answer.data, "");
}

Test(httpc, an_answer_comes_in_chunks_or_ends_with_its_connection)
{
    say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", false);
    cr_assert_str_eq(answer.data, "abcde");
    say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", true);
    cr_assert_str_eq(answer.data, "to the end");
    say("HTTP/1.1 302 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false);
    cr_assert_eq(status, 302, "and is not followed elsewhere");
}

Test(httpc, what_is_no_answer_is_told)
{
    say("SSH-2.0-OpenSSH_9.2\r\n", true);
    cr_assert_eq(status, 0);
    cr_assert_gt(answer.len, 0);
    say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true);
    cr_assert_eq(status, 0);
    say("", true);
    cr_assert_eq(status, 0);
}

Test(httpc, an_answer_is_waited_for_no_longer_than_was_said)
{
    ask("/slow", 5);
    serve_wait(&serve, &done);
    cr_assert_eq(status, 0);
    cr_assert_str_eq(answer.data, "no answer in time");
    struct serve_request q = ask("/next", 5000);
    serve_answer(&serve, &q, 200, "fine");
    serve_wait(&serve, &done);
    cr_assert_str_eq(answer.data, "fine");
}

/* Sends while there is nobody to send to: why there is no answer, told by the loop and not from inside httpc_send(). */
static const char *refusal(void)
{
    done = false;
    httpc_send(client, "/x", NULL, 5000);
    cr_assert_not(done);
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert(done);
    cr_assert_eq(status, 0);
    return answer.data;
}

Test(httpc, nothing_is_said_where_there_is_no_socket_of_this_user)
{
    serve_leave(&serve);
    cr_assert_gt(strlen(refusal()), 0);
    unlink(scratch_path(MEETING_SOCKET));
    cr_assert_str_eq(refusal(), "there is no socket of this user");
    scratch_write(MEETING_SOCKET, "a file", 0600);
    cr_assert_str_eq(refusal(), "there is no socket of this user");
}

/* Another user listens at a socket that is ours: SO_PEERCRED tells who called listen(). */
Test(httpc, nothing_is_said_to_another_user)
{
    char heard = 0;
    int told[2], go[2];
    if (geteuid() != 0) cr_skip_test("only root can be another user, too");
    cr_assert_eq(pipe(told), 0);
    cr_assert_eq(pipe(go), 0);
    pid_t stranger = fork();
    if (stranger == 0) {
        if (setresuid(65534, 65534, 65534) != 0 || listen(serve.listener, 8) != 0) _exit(1);
        if (write(told[1], "l", 1) != 1 || read(go[0], &heard, 1) != 1) _exit(2);
        int fd = accept(serve.listener, NULL, NULL);
        _exit(recv(fd, &heard, 1, 0) == 0 ? 0 : 3);
    }
    cr_assert_eq(read(told[0], &heard, 1), 1);
    cr_assert_str_eq(refusal(), "another user listens there");
    cr_assert_eq(write(go[1], "g", 1), 1);
    int code;
    cr_assert_eq(waitpid(stranger, &code, 0), stranger);
    cr_assert_eq(code, 0, "it was told something");
}

Test(httpc, no_child_inherits_a_descriptor_of_it)
{
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd > 2) cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC, "descriptor %d", fd);
    }
    closedir(d);
}

Test(httpc, a_request_under_way_ends_with_its_client)
{
    ask("/never", 5000);
    httpc_close(client);
    httpc_close(client);
    client = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_not(done);
}
