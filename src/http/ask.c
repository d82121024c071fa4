#include "http/ask.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 20 };

struct place {
    char host[256], port[8];
};

static int read_url(const char *url, struct place *out, struct err *e)
{
    const char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;
    size_t n = host ? strcspn(host, "/") : 0;
    const char *colon = host ? memrchr(host, ':', n) : NULL;
    size_t host_size = colon ? (size_t)(colon - host) : n;
    if (host && host[0] == '[' && colon && colon[-1] == ']') {
        host++;
        host_size -= 2;
    }
    if (host == NULL || host_size == 0 || host_size >= sizeof out->host || (colon && (host + n) - colon > 6))
        return err_set(e, ERR_USAGE, "\"%.200s\" is no URL of the form http://HOST:PORT", url);
    snprintf(out->host, sizeof out->host, "%.*s", (int)host_size, host);
    snprintf(out->port, sizeof out->port, "%.*s", colon ? (int)strcspn(colon + 1, "/") : 2, colon ? colon + 1 : "80");
    return 0;
}

static int dial_server(const struct place *p, int64_t limit_ms, int *fd, struct err *e)
{
    const struct timeval patience = {limit_ms / 1000, limit_ms % 1000 * 1000}; /* zeroed: for ever */
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    int r = getaddrinfo(p->host, p->port, &hints, &all), why = 0;
    if (r) return err_set(e, ERR_IO, "%s: %s", p->host, gai_strerror(r));
    *fd = -1;
    for (const struct addrinfo *a = all; a && *fd < 0; a = a->ai_next) {
        *fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (*fd >= 0) setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* of connect(), too */
        if (*fd >= 0 && connect(*fd, a->ai_addr, a->ai_addrlen) == 0) break;
        why = errno;
        if (*fd >= 0) close(*fd);
        *fd = -1;
    }
    freeaddrinfo(all);
    return *fd >= 0 ? 0 : err_set(e, ERR_IO, "nobody answers at %s:%s: %s", p->host, p->port, strerrordesc_np(why));
}

static bool send_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* Up to the end of the connection. */
static int hear_answer(int fd, int64_t limit_ms, struct buf *out, struct err *e)
{
    int64_t end_ns = clock_mono_ns() + limit_ms * 1000000;
    for (;;) {
        char bytes[4096];
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_ms = limit_ms ? (end_ns - clock_mono_ns()) / 1000000 : -1;
        if ((limit_ms && left_ms <= 0) || poll(&p, 1, (int)left_ms) == 0) return err_set(e, ERR_IO, "no answer in time");
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 || out->len > ANSWER_MAX) return err_set(e, ERR_IO, "the connection broke: %s", strerrordesc_np(errno));
        if (n == 0) return 0;
        buf_add(out, bytes, (size_t)n);
    }
}

/* The server is asked in HTTP/1.0: it ends the connection, and sends no chunks. */
int ask_get(const char *url, const char *target, int64_t limit_ms, struct buf *body, struct err *e)
{
    struct place p;
    _buf_ struct buf request = {0}, answer = {0};
    int fd, status;
    int r = read_url(url, &p, e);
    if (r == 0) r = dial_server(&p, limit_ms, &fd, e);
    if (r) return r;
    buf_printf(&request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n", target, p.host, p.port);
    if (send_all(fd, request.data, request.len)) r = hear_answer(fd, limit_ms, &answer, e);
    else r = err_set(e, ERR_IO, "the connection broke");
    close(fd);
    if (r) return r;
    buf_puts(&answer, "");
    const char *head_end = strstr(answer.data, "\r\n\r\n");
    if (head_end == NULL || sscanf(answer.data, "HTTP/%*s %d", &status) != 1)
        return err_set(e, ERR_IO, "%s is no HTTP server", url);
    buf_puts(body, head_end + 4);
    return status;
}
