#include "dns/server.h"
#include "base/err.h"
#include "dns/zone.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    QUESTION_MAX = 4096, /* a longer one has nothing that belongs into a question */
    CONNECTIONS_MAX = 100,
    BACKLOG = 64,
    SILENCE_MS = 10000,
    LENGTH = 2, /* before each message over TCP (RFC 1035, 4.2.2) */
};

struct dns_server {
    struct zone *zone;
    uv_udp_t udp;
    uv_tcp_t tcp;
    int n_handles; /* that are open: its memory goes with the last one */
    size_t n_connections;
    struct dns_connection *first;
    char packet[QUESTION_MAX];
};

struct dns_connection {
    struct dns_server *server;
    struct dns_connection *prev, *next;
    uv_tcp_t tcp;
    uv_timer_t timer;
    int n_handles;
    size_t used;
    char message[LENGTH + QUESTION_MAX];
};

static void server_handle_closed(uv_handle_t *h)
{
    struct dns_server *s = h->data;
    if (--s->n_handles == 0 && s->n_connections == 0) free(s);
}

/* ---- UDP ---- */

static void give_packet(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct dns_server *s = h->data;
    (void)suggested;
    *out = uv_buf_init(s->packet, sizeof s->packet);
}

/* An answer for which the socket has no room is lost, as any packet may be: who asked asks again. */
static void on_packet(uv_udp_t *h, ssize_t n, const uv_buf_t *packet, const struct sockaddr *from, unsigned flags)
{
    struct dns_server *s = h->data;
    char out[ZONE_REPLY_MAX];
    if (n <= 0 || from == NULL) return;
    size_t known = flags & UV_UDP_PARTIAL ? DNS_HEADER : (size_t)n; /* what is too long to be a question is a bad one */
    size_t size = zone_answer(s->zone, (const uint8_t *)packet->base, known, false, (uint8_t *)out);
    uv_buf_t answer = uv_buf_init(out, (unsigned)size);
    if (size) uv_udp_try_send(h, &answer, 1, from);
}

/* ---- TCP ---- */

static void connection_handle_closed(uv_handle_t *h)
{
    struct dns_connection *c = h->data;
    struct dns_server *s = c->server;
    if (--c->n_handles > 0) return;
    s->n_connections--;
    free(c);
    if (s->n_handles == 0 && s->n_connections == 0) free(s);
}

static void close_connection(struct dns_connection *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp)) return;
    if (c->prev) c->prev->next = c->next;
    else c->server->first = c->next;
    if (c->next) c->next->prev = c->prev;
    uv_close((uv_handle_t *)&c->tcp, connection_handle_closed);
    uv_close((uv_handle_t *)&c->timer, connection_handle_closed);
}

static void on_silence(uv_timer_t *t)
{
    close_connection(t->data);
}

static void give_rest(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct dns_connection *c = h->data;
    (void)suggested;
    *out = uv_buf_init(c->message + c->used, (unsigned)(sizeof c->message - c->used));
}

/* False where the connection is of no more use. */
static bool answer_message(struct dns_connection *c, const uint8_t *message, size_t n)
{
    char out[LENGTH + ZONE_REPLY_MAX];
    size_t size = zone_answer(c->server->zone, message, n, true, (uint8_t *)out + LENGTH);
    if (size == 0) return false;
    out[0] = (char)(size >> 8);
    out[1] = (char)size;
    uv_buf_t answer = uv_buf_init(out, (unsigned)(LENGTH + size));
    return uv_try_write((uv_stream_t *)&c->tcp, &answer, 1) == (int)answer.len;
}

/* Whatever has come whole is answered, in its order. */
static bool answer_messages(struct dns_connection *c)
{
    const uint8_t *at = (const uint8_t *)c->message, *end = at + c->used;
    for (size_t n; end - at >= LENGTH; at += LENGTH + n) {
        n = (size_t)(at[0] << 8 | at[1]);
        if (n > QUESTION_MAX) return false;
        if ((size_t)(end - at) < LENGTH + n) break;
        if (!answer_message(c, at + LENGTH, n)) return false;
    }
    c->used = (size_t)(end - at);
    memmove(c->message, at, c->used);
    return true;
}

static void on_bytes(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    struct dns_connection *c = h->data;
    (void)buf;
    if (n > 0) c->used += (size_t)n;
    if (n < 0 || !answer_messages(c)) close_connection(c);
    else if (n > 0) uv_timer_again(&c->timer);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct dns_server *s = listener->data;
    if (status < 0) return;
    struct dns_connection *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->server = s;
    c->n_handles = 2;
    uv_tcp_init(listener->loop, &c->tcp);
    uv_timer_init(listener->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->next = s->first;
    if (c->next) c->next->prev = c;
    s->first = c;
    bool full = s->n_connections++ >= CONNECTIONS_MAX;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 || full) {
        close_connection(c);
        return;
    }
    uv_timer_start(&c->timer, on_silence, SILENCE_MS, SILENCE_MS);
    uv_read_start((uv_stream_t *)&c->tcp, give_rest, on_bytes);
}

/* ---- opening and closing ---- */

int dns_server_open(struct dns_server **out, uv_loop_t *loop, struct zone *zone, int udp, int tcp, struct err *e)
{
    struct dns_server *s = calloc(1, sizeof *s);
    if (s == NULL) abort();
    s->zone = zone;
    s->n_handles = 2;
    uv_udp_init(loop, &s->udp);
    uv_tcp_init(loop, &s->tcp);
    s->udp.data = s->tcp.data = s;
    int r = uv_udp_open(&s->udp, udp);
    if (r < 0) close(udp);
    int r2 = uv_tcp_open(&s->tcp, tcp);
    if (r2 < 0) close(tcp);
    if (r == 0) r = r2;
    if (r == 0) r = uv_udp_recv_start(&s->udp, give_packet, on_packet);
    if (r == 0) r = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
    if (r == 0) {
        *out = s;
        return 0;
    }
    dns_server_close(s);
    return err_set(e, ERR_IO, "answering names: %s", uv_strerror(r));
}

void dns_server_close(struct dns_server *s)
{
    if (s == NULL) return;
    while (s->first) close_connection(s->first);
    uv_close((uv_handle_t *)&s->udp, server_handle_closed);
    uv_close((uv_handle_t *)&s->tcp, server_handle_closed);
}
