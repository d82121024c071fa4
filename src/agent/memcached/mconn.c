#include "agent/memcached/mconn.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096 };

struct mconn {
    uv_tcp_t tcp;
    uv_connect_t connect;
    const struct mconn_events *events;
    void *arg;
    bool closing;
    bool closed; /* the owner is gone */
    struct buf in;
    char chunk[2048];
};

static void tcp_closed(uv_handle_t *h)
{
    struct mconn *c = h->data;
    if (!c->closed) c->events->down(c->arg);
    buf_fini(&c->in);
    free(c);
}

static void mconn_end(struct mconn *c)
{
    if (c->closing) return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, tcp_closed);
}

static void give_chunk(uv_handle_t *h, size_t hint, uv_buf_t *out)
{
    struct mconn *c = h->data;
    (void)hint;
    *out = uv_buf_init(c->chunk, sizeof c->chunk);
}

/* Hands over whole lines; what a handler closes is handed nothing more. */
static void take_lines(struct mconn *c)
{
    size_t at = 0;
    for (char *nl; at < c->in.len && (nl = memchr(c->in.data + at, '\n', c->in.len - at)) != NULL && !c->closing;) {
        char *line = c->in.data + at;
        at = (size_t)(nl - c->in.data) + 1;
        *nl = '\0';
        if (nl > line && nl[-1] == '\r') nl[-1] = '\0';
        c->events->line(c->arg, line);
    }
    if (at > 0) memmove(c->in.data, c->in.data + at, c->in.len - at);
    c->in.len -= at;
    if (c->in.len > LINE_MAX_BYTES) mconn_end(c);
}

static void take_chunk(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct mconn *c = s->data;
    if (n < 0) return mconn_end(c);
    buf_add(&c->in, b->base, (size_t)n);
    take_lines(c);
}

static void tcp_connected(uv_connect_t *r, int status)
{
    struct mconn *c = r->data;
    if (c->closing) return;
    if (status != 0 || uv_read_start((uv_stream_t *)&c->tcp, give_chunk, take_chunk) != 0) return mconn_end(c);
    c->events->up(c->arg);
}

struct mconn *mconn_open(uv_loop_t *loop, const char *host, int port, const struct mconn_events *events, void *arg)
{
    struct sockaddr_storage a;
    bool v4 = uv_ip4_addr(host, port, (struct sockaddr_in *)&a) == 0;
    if (!v4 && uv_ip6_addr(host, port, (struct sockaddr_in6 *)&a) != 0) return NULL;
    struct mconn *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->events = events;
    c->arg = arg;
    uv_tcp_init(loop, &c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    c->tcp.data = c->connect.data = c;
    if (uv_tcp_connect(&c->connect, &c->tcp, (const struct sockaddr *)&a, tcp_connected) == 0) return c;
    c->closed = true;
    mconn_end(c);
    return NULL;
}

/* A socket takes a line of ours at once, or something is wrong with it. */
void mconn_send(struct mconn *c, const char *line)
{
    uv_buf_t parts[2] = {
        uv_buf_init((char *)(uintptr_t)line, (unsigned)strlen(line)), uv_buf_init((char *)(uintptr_t) "\r\n", 2)};
    if (!c->closing && uv_try_write((uv_stream_t *)&c->tcp, parts, 2) != (int)parts[0].len + 2) mconn_end(c);
}

void mconn_close(struct mconn *c)
{
    if (c == NULL) return;
    c->closed = true;
    mconn_end(c);
}
