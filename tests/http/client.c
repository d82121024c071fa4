#include "client.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static void on_poll(uv_poll_t *p, int status, int events);

static void want(struct client *c)
{
    int events = (c->deaf ? 0 : UV_READABLE) | (c->out_sent < c->out.len ? UV_WRITABLE : 0);
    if (events == 0 || c->ended) uv_poll_stop(&c->poll);
    else uv_poll_start(&c->poll, events, on_poll);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    struct client *c = p->data;
    ssize_t n = 0;
    if ((events & UV_WRITABLE) && c->out_sent < c->out.len)
        n = send(c->fd, c->out.data + c->out_sent, c->out.len - c->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) c->out_sent += (size_t)n;
    if (((events & UV_READABLE) || status < 0) && !c->deaf) {
        n = recv(c->fd, buf_reserve(&c->in, 65536), 65536, MSG_DONTWAIT);
        if (n > 0) c->in.len += (size_t)n;
        else if (n == 0 || errno != EAGAIN) c->ended = true;
    }
    want(c);
}

void client_open(struct client *c, uv_loop_t *loop, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct client){.loop = loop, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    cr_assert(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0);
    cr_assert_eq(uv_poll_init(loop, &c->poll, c->fd), 0);
    c->poll.data = c;
    want(c);
}

void client_send(struct client *c, const char *bytes, size_t n)
{
    buf_add(&c->out, bytes, n);
    want(c);
}

static void on_late(uv_timer_t *t)
{
    (void)t;
    cr_assert_fail("waited too long");
}

static void patience_start(uv_loop_t *loop, uv_timer_t *t)
{
    uv_timer_init(loop, t);
    uv_timer_start(t, on_late, PATIENCE_MS, 0);
}

static void patience_end(uv_loop_t *loop, uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

/* The length of the first answer in the buffer once all of it is there, else 0. */
static size_t whole_answer(const struct buf *in)
{
    const char *end = in->len ? strstr(in->data, "\r\n\r\n") : NULL;
    if (end == NULL) return 0;
    size_t head = (size_t)(end + 4 - in->data);
    const char *length = strstr(in->data, "Content-Length: ");
    size_t len = head + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
    return in->len >= len ? len : 0;
}

char *client_answer(struct client *c)
{
    uv_timer_t patience;
    size_t len;
    patience_start(c->loop, &patience);
    buf_reserve(&c->in, 1);
    c->in.data[c->in.len] = '\0';
    while ((len = whole_answer(&c->in)) == 0 && !c->ended) {
        uv_run(c->loop, UV_RUN_ONCE);
        c->in.data[c->in.len] = '\0';
    }
    patience_end(c->loop, &patience);
    if (len == 0) return NULL;
    char *answer = strndup(c->in.data, len);
    memmove(c->in.data, c->in.data + len, c->in.len - len);
    c->in.len -= len;
    return answer;
}

char *client_ask(struct client *c, const char *request)
{
    client_send(c, request, strlen(request));
    return client_answer(c);
}

void client_close(struct client *c)
{
    uv_close((uv_handle_t *)&c->poll, NULL);
    close(c->fd);
    uv_run(c->loop, UV_RUN_NOWAIT);
    buf_fini(&c->out);
    buf_fini(&c->in);
}

void run_until(uv_loop_t *loop, const bool *done)
{
    uv_timer_t patience;
    patience_start(loop, &patience);
    while (!*done) uv_run(loop, UV_RUN_ONCE);
    patience_end(loop, &patience);
}
