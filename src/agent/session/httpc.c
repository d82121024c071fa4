#include "agent/session/httpc.h"
#include "base/local.h"
#include <assert.h>
#include <http_parser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 16 << 10, BODY_MAX = 64 << 20 };

/* One connection; a client that lost one opens another while the first still closes. */
struct wire {
    struct httpc *owner; /* NULL once it is given up */
    uv_pipe_t pipe;
    uv_connect_t connect;
    uv_write_t write;
    bool writing; /* an answer may come before libuv tells that all was sent */
    bool answered;
    http_parser parser;
    char in[READ_SIZE];
};

struct httpc {
    uv_loop_t *loop;
    int folder;
    char *name;
    httpc_done *done;
    void *arg;
    uv_timer_t timer;
    struct wire *wire; /* NULL: not connected */
    bool busy, closing;
    struct buf request, answer;
};

/* ---- the end of a connection, and of a request ---- */

static void wire_closed(uv_handle_t *h)
{
    free(h->data);
}

static void drop_wire(struct httpc *c)
{
    struct wire *w = c->wire;
    if (w == NULL) return;
    c->wire = NULL;
    w->owner = NULL;
    uv_close((uv_handle_t *)&w->pipe, wire_closed);
}

static void finish(struct httpc *c, int status, const char *body, size_t len)
{
    if (!c->busy) return;
    c->busy = false;
    uv_timer_stop(&c->timer);
    c->done(c->arg, status, body, len);
}

static void fail(struct httpc *c, const char *why)
{
    drop_wire(c);
    finish(c, 0, why, strlen(why));
}

static void timed_out(uv_timer_t *t)
{
    fail(t->data, "no answer in time");
}

/* ---- reading the answer ---- */

static int on_body(http_parser *p, const char *at, size_t n)
{
    struct httpc *c = ((struct wire *)p->data)->owner;
    if (c == NULL || c->answer.len + n > BODY_MAX) return 1;
    buf_add(&c->answer, at, n);
    return 0;
}

/* Pausing keeps the parser from going on in a connection that done() may have given up. */
static int on_complete(http_parser *p)
{
    http_parser_pause(p, 1);
    return 0;
}

static const http_parser_settings settings = {.on_body = on_body, .on_message_complete = on_complete};

static void complete(struct wire *w)
{
    struct httpc *c = w->owner;
    int status = w->parser.status_code;
    bool keep = http_should_keep_alive(&w->parser);
    w->answered = false;
    http_parser_init(&w->parser, HTTP_RESPONSE);
    w->parser.data = w;
    if (!keep) drop_wire(c);
    buf_add(&c->answer, "", 0);
    finish(c, status, c->answer.data ? c->answer.data : "", c->answer.len);
}

static void answered(struct wire *w)
{
    w->answered = true;
    if (!w->writing) complete(w);
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
    struct wire *w = h->data;
    (void)size;
    *out = uv_buf_init(w->in, sizeof w->in);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct wire *w = s->data;
    if (w->owner == NULL || n == 0) return;
    if (n < 0) {
        http_parser_execute(&w->parser, &settings, NULL, 0); /* an answer may end with its connection */
        if (HTTP_PARSER_ERRNO(&w->parser) == HPE_PAUSED) answered(w);
        else fail(w->owner, "the connection was closed");
        return;
    }
    if (!w->owner->busy) return drop_wire(w->owner); /* nobody asked */
    http_parser_execute(&w->parser, &settings, b->base, (size_t)n);
    if (HTTP_PARSER_ERRNO(&w->parser) == HPE_PAUSED) answered(w);
    else if (HTTP_PARSER_ERRNO(&w->parser) != HPE_OK) fail(w->owner, "the answer is not HTTP");
}

/* ---- connecting and sending ---- */

static void on_written(uv_write_t *r, int status)
{
    struct wire *w = r->data;
    w->writing = false;
    if (w->owner == NULL) return;
    if (status < 0) fail(w->owner, uv_strerror(status));
    else if (w->answered) complete(w);
}

/* What can't even be started fails a moment later, so that nothing is called from inside httpc_send(). */
static void must(struct wire *w, int r)
{
    if (r < 0) uv_timer_start(&w->owner->timer, timed_out, 0, 0);
}

static void start_write(struct wire *w)
{
    struct httpc *c = w->owner;
    uv_buf_t b = uv_buf_init(c->request.data, (unsigned)c->request.len);
    int r = uv_write(&w->write, (uv_stream_t *)&w->pipe, &b, 1, on_written);
    w->writing = r == 0;
    must(w, r);
}

static bool peer_is_ours(struct wire *w)
{
    uv_os_fd_t fd;
    return uv_fileno((uv_handle_t *)&w->pipe, &fd) == 0 && local_peer_is_ours(fd);
}

static void on_connect(uv_connect_t *r, int status)
{
    struct wire *w = r->data;
    if (w->owner == NULL) return;
    if (status < 0) return fail(w->owner, uv_strerror(status));
    if (!peer_is_ours(w)) return fail(w->owner, "another user listens there");
    uv_read_start((uv_stream_t *)&w->pipe, on_alloc, on_read);
    start_write(w);
}

static void open_wire(struct httpc *c)
{
    char path[LOCAL_PATH_SIZE];
    struct wire *w = calloc(1, sizeof *w);
    if (w == NULL) abort();
    c->wire = w;
    w->owner = c;
    w->pipe.data = w->connect.data = w->write.data = w->parser.data = w;
    http_parser_init(&w->parser, HTTP_RESPONSE);
    uv_pipe_init(c->loop, &w->pipe, 0);
    local_path(c->folder, c->name, path);
    uv_pipe_connect(&w->connect, &w->pipe, path, on_connect);
}

static void not_there(uv_timer_t *t)
{
    fail(t->data, "there is no socket of this user");
}

void httpc_send(
    struct httpc *c, const char *method, const char *path, const char *headers, const struct buf *body, uint64_t timeout_ms)
{
    assert(!c->busy);
    c->busy = true;
    buf_clear(&c->answer);
    buf_clear(&c->request);
    buf_printf(&c->request, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);
    if (body != NULL) buf_printf(&c->request, "Content-Length: %zu\r\n", body->len);
    buf_puts(&c->request, "\r\n");
    if (body != NULL) buf_add(&c->request, body->data, body->len);
    uv_timer_start(&c->timer, timed_out, timeout_ms, 0);
    if (c->wire != NULL) start_write(c->wire);
    else if (local_is_ours(c->folder, c->name)) open_wire(c);
    else uv_timer_start(&c->timer, not_there, 0, 0);
}

struct httpc *httpc_open(uv_loop_t *loop, int folder, const char *name, httpc_done *done, void *arg)
{
    struct httpc *c = calloc(1, sizeof *c);
    if (c == NULL || (c->name = strdup(name)) == NULL) abort();
    c->folder = folder;
    c->loop = loop;
    c->done = done;
    c->arg = arg;
    c->timer.data = c;
    uv_timer_init(loop, &c->timer);
    return c;
}

static void timer_closed(uv_handle_t *h)
{
    struct httpc *c = h->data;
    buf_fini(&c->request);
    buf_fini(&c->answer);
    free(c->name);
    free(c);
}

void httpc_close(struct httpc *c)
{
    if (c == NULL || c->closing) return;
    c->closing = true;
    c->busy = false;
    drop_wire(c);
    uv_close((uv_handle_t *)&c->timer, timer_closed);
}
