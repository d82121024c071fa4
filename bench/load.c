/*
 * Load for an HTTP server: as many keep-alive connections as asked for, each with one
 * POST of the same body under way, until the time is over. Prints requests per second
 * and latencies. A body file of "-" sends GET requests to the path instead.
 *
 *     load HOST PORT CONNECTIONS SECONDS BODYFILE|- [PATH]
 */
#include "common.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_EVENTS = 64, RECV_SIZE = 64 << 10, BUCKETS = 2000000 };

struct conn {
    int fd;
    size_t sent;
    int64_t begun_ns;
    char head[4096]; /* of the answer */
    size_t head_len;
    size_t body_left;
    bool in_body;
};

struct load {
    int epoll;
    const char *request;
    size_t request_len;
    uint32_t *by_us; /* answers per microsecond of latency */
    uint64_t n_ok, n_bad;
};

static char *read_all(const char *path, size_t *len)
{
    FILE *f = fopen(path, "r");
    if (f == NULL) die(path);
    char *data = malloc(1 << 20);
    *len = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static char *make_request(const char *host, const char *body_file, const char *path, size_t *len)
{
    size_t body_len = 0;
    char *body = strcmp(body_file, "-") == 0 ? NULL : read_all(body_file, &body_len);
    char *out = malloc(body_len + 1024);
    int n = body ? snprintf(out, 1024,
                       "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       path, host, body_len)
                 : snprintf(out, 1024, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
    if (body_len) memcpy(out + n, body, body_len);
    free(body);
    *len = (size_t)n + body_len;
    return out;
}

static void watch(struct load *l, struct conn *c, int op)
{
    struct epoll_event ev = {.events = EPOLLIN | (c->sent < l->request_len ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(l->epoll, op, c->fd, &ev) < 0) die("epoll_ctl");
}

static void on_writable(struct load *l, struct conn *c)
{
    ssize_t n = send(c->fd, l->request + c->sent, l->request_len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) die("send");
    bool waits = n < 0 || c->sent + (size_t)n < l->request_len;
    bool waited = c->sent > 0;
    if (n > 0) c->sent += (size_t)n;
    if (waits || waited) watch(l, c, EPOLL_CTL_MOD);
}

static void begin(struct load *l, struct conn *c)
{
    c->begun_ns = now_ns();
    c->sent = c->head_len = c->body_left = 0;
    c->in_body = false;
    on_writable(l, c);
}

static void done(struct load *l, struct conn *c)
{
    int64_t us = (now_ns() - c->begun_ns) / 1000;
    l->by_us[us < BUCKETS ? us : BUCKETS - 1]++;
    if (strncmp(c->head, "HTTP/1.1 2", 10) == 0) l->n_ok++;
    else l->n_bad++;
    begin(l, c);
}

/* Takes bytes into the head until the empty line; the rest is body. */
static size_t take_head(struct conn *c, const char *data, size_t len)
{
    size_t before = c->head_len, room = sizeof c->head - 1 - before;
    size_t n = len < room ? len : room;
    memcpy(c->head + before, data, n);
    c->head[before + n] = '\0';
    const char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL && n == room) {
        fprintf(stderr, "an answer without an end of its headers\n");
        exit(1);
    }
    c->head_len += n;
    if (end == NULL) return n;
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    c->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
    c->in_body = true;
    return (size_t)(end + 4 - c->head) - before;
}

static void on_readable(struct load *l, struct conn *c)
{
    static char data[RECV_SIZE];
    ssize_t n = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        fprintf(stderr, "the server closed a connection\n");
        exit(1);
    }
    size_t at = c->in_body ? 0 : take_head(c, data, (size_t)n);
    size_t rest = (size_t)n - at;
    c->body_left -= rest < c->body_left ? rest : c->body_left;
    if (c->in_body && c->body_left == 0) done(l, c);
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
    int r = getaddrinfo(host, port, &hints, &ai), on = 1;
    if (r) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(r));
        exit(1);
    }
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(ai);
    return fd;
}

static void run(struct load *l, int64_t until_ns)
{
    struct epoll_event ev[MAX_EVENTS];
    while (now_ns() < until_ns) {
        int n = epoll_wait(l->epoll, ev, MAX_EVENTS, 100);
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            if ((ev[i].events & EPOLLOUT) && c->sent < l->request_len) on_writable(l, c);
            if (ev[i].events & ~(uint32_t)EPOLLOUT) on_readable(l, c);
        }
    }
}

static double quantile_ms(const struct load *l, double q)
{
    uint64_t seen = 0, wanted = (uint64_t)(q * (double)(l->n_ok + l->n_bad));
    size_t us = 0;
    while (us < BUCKETS - 1 && (seen += l->by_us[us]) <= wanted) us++;
    return (double)us / 1000;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: load HOST PORT CONNECTIONS SECONDS BODYFILE|- [PATH]\n");
        return 2;
    }
    struct load l = {.epoll = epoll_create1(EPOLL_CLOEXEC), .by_us = calloc(BUCKETS, sizeof *l.by_us)};
    int n = atoi(argv[3]);
    double seconds = atof(argv[4]);
    l.request = make_request(argv[1], argv[5], argc > 6 ? argv[6] : "/", &l.request_len);
    struct conn *conns = calloc((size_t)n, sizeof *conns);
    int64_t from = now_ns();
    for (int i = 0; i < n; i++) {
        conns[i].fd = dial(argv[1], argv[2]);
        conns[i].sent = l.request_len;
        watch(&l, &conns[i], EPOLL_CTL_ADD);
        begin(&l, &conns[i]);
    }
    run(&l, from + (int64_t)(seconds * 1e9));
    double took = (double)(now_ns() - from) / 1e9;
    printf("%.0f requests/s, p50 %.3f ms, p99 %.3f ms, %llu answers other than 2xx\n", (double)(l.n_ok + l.n_bad) / took,
        quantile_ms(&l, 0.5), quantile_ms(&l, 0.99), (unsigned long long)l.n_bad);
    free(conns);
    free(l.by_us);
    free((char *)l.request);
    return l.n_bad ? 1 : 0;
}
