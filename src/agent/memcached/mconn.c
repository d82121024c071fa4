#include "agent/memcached/mconn.h"
#include "base/buf.h"
#include <errno.h>
#include <gnutls/gnutls.h>
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
    gnutls_session_t tls; /* NULL: what is sent and read is plain */
    gnutls_certificate_credentials_t credentials;
    const char *arrived; /* of the chunk that is being read: what TLS has not taken yet */
    size_t n_arrived;
    bool shaken; /* both sides have their keys */
};

static void tcp_closed(uv_handle_t *h)
{
    struct mconn *c = h->data;
    if (!c->closed) c->events->down(c->arg);
    buf_fini(&c->in);
    if (c->tls) gnutls_deinit(c->tls);
    if (c->credentials) gnutls_certificate_free_credentials(c->credentials);
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

/* ---- TLS ---- */

static ssize_t pull_arrived(gnutls_transport_ptr_t arg, void *to, size_t n)
{
    struct mconn *c = arg;
    if (c->n_arrived == 0) {
        gnutls_transport_set_errno(c->tls, EAGAIN);
        return -1;
    }
    if (n > c->n_arrived) n = c->n_arrived;
    memcpy(to, c->arrived, n);
    c->arrived += n;
    c->n_arrived -= n;
    return (ssize_t)n;
}

static int is_arrived(gnutls_transport_ptr_t arg, unsigned ms)
{
    const struct mconn *c = arg;
    (void)ms;
    return c->n_arrived > 0;
}

/* A socket takes a line of ours, and what TLS says before it, at once, or something is wrong with it. */
static ssize_t push_record(gnutls_transport_ptr_t arg, const void *from, size_t n)
{
    struct mconn *c = arg;
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)from, (unsigned)n);
    if (!c->closing && uv_try_write((uv_stream_t *)&c->tcp, &part, 1) == (int)n) return (ssize_t)n;
    gnutls_transport_set_errno(c->tls, EIO);
    return -1;
}

static void begin_tls(struct mconn *c)
{
    if (gnutls_certificate_allocate_credentials(&c->credentials) < 0 || gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0)
        abort();
    gnutls_set_default_priority(c->tls);
    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, c->credentials);
    gnutls_transport_set_ptr(c->tls, c);
    gnutls_transport_set_pull_function(c->tls, pull_arrived);
    gnutls_transport_set_pull_timeout_function(c->tls, is_arrived);
    gnutls_transport_set_push_function(c->tls, push_record);
}

/* False where the handshake has failed; it may go on with the next chunk. */
static bool shake_hands(struct mconn *c)
{
    int r = gnutls_handshake(c->tls);
    if (r < 0) return !gnutls_error_is_fatal(r);
    c->shaken = true;
    c->events->up(c->arg);
    return true;
}

static bool take_records(struct mconn *c)
{
    char plain[sizeof c->chunk];
    if (!c->shaken && !shake_hands(c)) return false;
    while (c->shaken && !c->closing) {
        bool any = c->n_arrived > 0;
        ssize_t n = gnutls_record_recv(c->tls, plain, sizeof plain);
        if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n))) return false;
        /* It says "again" for a ticket of the session, too, and more may stand behind that. */
        if (n < 0 && !any) return true;
        if (n > 0) buf_add(&c->in, plain, (size_t)n);
        take_lines(c);
    }
    return true;
}

/* ---- the socket ---- */

static void take_chunk(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct mconn *c = s->data;
    if (n < 0) return mconn_end(c);
    if (c->tls) {
        c->arrived = b->base;
        c->n_arrived = (size_t)n;
        if (!take_records(c)) mconn_end(c);
        return;
    }
    buf_add(&c->in, b->base, (size_t)n);
    take_lines(c);
}

static void tcp_connected(uv_connect_t *r, int status)
{
    struct mconn *c = r->data;
    if (c->closing) return;
    if (status != 0 || uv_read_start((uv_stream_t *)&c->tcp, give_chunk, take_chunk) != 0) return mconn_end(c);
    if (c->tls == NULL) c->events->up(c->arg);
    else if (!shake_hands(c)) mconn_end(c);
}

struct mconn *mconn_open(uv_loop_t *loop, const char *host, int port, bool tls, const struct mconn_events *events, void *arg)
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
    if (tls) begin_tls(c);
    if (uv_tcp_connect(&c->connect, &c->tcp, (const struct sockaddr *)&a, tcp_connected) == 0) return c;
    c->closed = true;
    mconn_end(c);
    return NULL;
}

static void send_encrypted(struct mconn *c, const char *line)
{
    _buf_ struct buf text = {0};
    buf_printf(&text, "%s\r\n", line);
    if (gnutls_record_send(c->tls, text.data, text.len) != (ssize_t)text.len) mconn_end(c);
}

void mconn_send(struct mconn *c, const char *line)
{
    if (c->closing) return;
    if (c->tls) return send_encrypted(c, line);
    uv_buf_t parts[2] = {
        uv_buf_init((char *)(uintptr_t)line, (unsigned)strlen(line)), uv_buf_init((char *)(uintptr_t) "\r\n", 2)};
    if (uv_try_write((uv_stream_t *)&c->tcp, parts, 2) != (int)parts[0].len + 2) mconn_end(c);
}

void mconn_close(struct mconn *c)
{
    if (c == NULL) return;
    c->closed = true;
    mconn_end(c);
}
