#include "scripted_serve.h"
#include "base/local.h"
#include "protocol/meeting.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_S = 10 };

void serve_come(struct scripted_serve *s, const char *folder, uv_loop_t *loop)
{
    struct err e;
    *s = (struct scripted_serve){.folder = folder, .loop = loop};
    for (int i = 0; i < SERVE_CONNECTIONS; i++) s->connections[i] = -1;
    cr_assert_eq(local_listen(folder, MEETING_SOCKET, &s->listener, &e), 0, "%s", e.msg);
}

static void drop(struct scripted_serve *s, int i)
{
    if (s->connections[i] >= 0) close(s->connections[i]);
    s->connections[i] = -1;
    buf_fini(&s->heard[i]);
    s->heard[i] = (struct buf){0};
}

void serve_leave(struct scripted_serve *s)
{
    for (int i = 0; i < SERVE_CONNECTIONS; i++) drop(s, i);
    for (size_t i = 0; i < s->n_requests; i++) buf_fini(&s->requests[i].body);
    if (s->listener >= 0) close(s->listener);
    s->listener = -1;
    s->n_requests = 0;
}

/* ---- hearing ---- */

static void take_request(struct scripted_serve *s, int i)
{
    struct buf *b = &s->heard[i];
    struct serve_request *q = &s->requests[s->n_requests];
    size_t size = 0;
    char *end = b->len ? strstr(b->data, "\r\n\r\n") : NULL, *length = b->len ? strstr(b->data, "Content-Length: ") : NULL;
    if (end == NULL) return;
    if (length != NULL && length < end) size = strtoul(length + strlen("Content-Length: "), NULL, 10);
    size_t head = (size_t)(end + 4 - b->data);
    if (b->len < head + size) return;
    char method[8];
    *q = (struct serve_request){.connection = i};
    cr_assert_eq(sscanf(b->data, "%7s %255s HTTP/1.1", method, q->path), 2, "%s", b->data);
    q->is_post = strcmp(method, "POST") == 0;
    if (size > 0) buf_add(&q->body, b->data + head, size);
    cr_assert_eq(b->len, head + size, "a request before the answer to the one before");
    buf_clear(b);
    s->n_requests++;
}

static void hear(struct scripted_serve *s, int i)
{
    char bytes[65536];
    ssize_t n = recv(s->connections[i], bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop(s, i);
    buf_add(&s->heard[i], bytes, (size_t)n);
    take_request(s, i);
}

static void welcome(struct scripted_serve *s)
{
    int i = 0, fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    while (i < SERVE_CONNECTIONS && s->connections[i] >= 0) i++;
    cr_assert_lt(i, SERVE_CONNECTIONS);
    s->connections[i] = fd;
    s->n_accepted++;
}

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A turn of the loop, and whatever there is to hear: waits until something happens to either, unless the condition holds. */
static void turn(struct scripted_serve *s, int64_t until, const bool *condition)
{
    struct pollfd p[SERVE_CONNECTIONS + 2] = {{.fd = s->listener, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    int left = (int)(until - clock_ms()), timeout = left;
    cr_assert_gt(left, 0, "what was to come did not within %d s", LIMIT_S);
    if (s->loop) uv_run(s->loop, UV_RUN_NOWAIT);
    if (*condition) return;
    if (s->loop && uv_loop_alive(s->loop)) {
        p[1].fd = uv_backend_fd(s->loop);
        int due = uv_backend_timeout(s->loop);
        if (due >= 0 && due < timeout) timeout = due;
    }
    for (int i = 0; i < SERVE_CONNECTIONS; i++) p[i + 2] = (struct pollfd){.fd = s->connections[i], .events = POLLIN};
    poll(p, SERVE_CONNECTIONS + 2, timeout);
    if (p[0].revents) welcome(s);
    for (int i = 0; i < SERVE_CONNECTIONS; i++)
        if (p[i + 2].fd >= 0 && p[i + 2].revents) hear(s, i);
}

static struct serve_request hear_kind(struct scripted_serve *s, bool is_post)
{
    const bool never = false;
    for (int64_t until = clock_ms() + LIMIT_S * 1000;; turn(s, until, &never))
        for (size_t i = 0; i < s->n_requests; i++) {
            struct serve_request q = s->requests[i];
            if (q.is_post != is_post) continue;
            s->requests[i] = s->requests[--s->n_requests];
            return q;
        }
}

struct serve_request serve_hear_poll(struct scripted_serve *s)
{
    return hear_kind(s, false);
}

struct serve_request serve_hear_report(struct scripted_serve *s)
{
    return hear_kind(s, true);
}

void serve_wait(struct scripted_serve *s, const bool *condition)
{
    for (int64_t until = clock_ms() + LIMIT_S * 1000; !*condition;) turn(s, until, condition);
}

/* ---- answering ---- */

void serve_say(struct scripted_serve *s, const struct serve_request *q, const char *bytes)
{
    size_t n = strlen(bytes);
    cr_assert_eq(send(s->connections[q->connection], bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

void serve_answer(struct scripted_serve *s, const struct serve_request *q, int status, const char *body)
{
    _buf_ struct buf text = {0};
    buf_printf(&text, "HTTP/1.1 %d said by the test\r\n", status);
    if (status != 204) buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    buf_printf(&text, "\r\n%s", status == 204 ? "" : body);
    serve_say(s, q, text.data);
}

void serve_hang_up(struct scripted_serve *s, const struct serve_request *q)
{
    drop(s, q->connection);
}
