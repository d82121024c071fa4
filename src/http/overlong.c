#include "http/overlong.h"
#include "base/buf.h"
#include "http/server.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    KEPT_MAX = 16,     /* sockets at one time; other clients may miss their answer */
    KEPT_MS = 2000,    /* how long a client may go on sending */
    SURELY = 16 << 10, /* half of what libmicrohttpd has for a connection: who has sent so much of a head may be the one */
};

/* A socket of its own, the same connection. */
struct kept {
    uv_poll_t poll;
    struct kept *next;
    struct http *http;
    int fd;
    int64_t since_ms;
};

/*
 * The one that libmicrohttpd speaks of: on_target() has been called for it already if its headers are too long. Where several
 * clients are sending a head and none has sent very much, it can't be told: then it gets libmicrohttpd's page.
 */
static struct connection *find_overlong(struct http *h, unsigned status)
{
    struct connection *found = NULL;
    uint64_t most = 0;
    size_t n = 0, n_long = 0;
    for (struct connection *c = h->connections.first; c != NULL; c = c->next) {
        bool sends = status == MHD_HTTP_URI_TOO_LONG ? c->phase == PHASE_FRESH || c->phase == PHASE_IDLE : c->phase == PHASE_HEAD;
        uint64_t read = sends && !c->shut ? connection_bytes_read(c) : 0;
        n += read > 0;
        n_long += read >= SURELY;
        if (read <= most) continue;
        most = read;
        found = c;
    }
    return n == 1 || n_long == 1 ? found : NULL;
}

/* ---- sockets that are kept ---- */

static void on_kept_closed(uv_handle_t *handle)
{
    struct kept *k = handle->data;
    struct http *h = k->http;
    close(k->fd);
    free(k);
    h->handle_closed(h);
}

static void kept_end(struct kept *k)
{
    struct kept **at = &k->http->kept;
    while (*at != k) at = &(*at)->next;
    *at = k->next;
    k->http->n_kept--;
    uv_close((uv_handle_t *)&k->poll, on_kept_closed);
}

static void on_more(uv_poll_t *poll, int status, int events)
{
    static char nowhere[64 << 10];
    struct kept *k = poll->data;
    (void)events;
    ssize_t n = status < 0 ? 0 : recv(k->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) kept_end(k);
}

static void kept_begin(struct http *h, int fd)
{
    if (h->n_kept == KEPT_MAX || (fd = dup(fd)) < 0) return;
    struct kept *k = malloc(sizeof *k);
    if (k == NULL) abort();
    *k = (struct kept){.next = h->kept, .http = h, .fd = fd, .since_ms = http_now_ms(h)};
    k->poll.data = k;
    if (uv_poll_init(h->loop, &k->poll, fd) != 0) abort();
    uv_poll_start(&k->poll, UV_READABLE, on_more);
    h->kept = k;
    h->n_kept++;
    h->open_handles++;
}

void overlong_sweep(struct http *h, bool all)
{
    for (struct kept *k = h->kept, *next; k != NULL; k = next) {
        next = k->next;
        if (all || http_now_ms(h) - k->since_ms > KEPT_MS) kept_end(k);
    }
}

/* ---- the answer ---- */

/* libmicrohttpd sends its page next, into a direction that is shut, and closes the connection. */
static void answer_overlong(struct http *h, const struct connection *c, unsigned status)
{
    _buf_ struct buf headers = {0}, body = {0}, out = {0};
    h->explain(status, &headers, &body);
    buf_printf(&out, "HTTP/1.1 %u %s\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n", status,
        MHD_get_reason_phrase_for(status), headers.data, body.len);
    buf_add(&out, body.data, body.len);
    if (send(c->fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
    shutdown(c->fd, SHUT_WR);
    kept_begin(h, c->fd);
}

void overlong_heard(struct http *h, const char *text)
{
    if (h->explain == NULL || strncmp(text, "Error processing request", 24) != 0) return;
    unsigned status = strstr(text, "code is 414")   ? MHD_HTTP_URI_TOO_LONG
                      : strstr(text, "code is 431") ? MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE
                                                    : 0;
    const struct connection *c = status ? find_overlong(h, status) : NULL;
    if (c != NULL) answer_overlong(h, c, status);
}
