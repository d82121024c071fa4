/*
 * Load for a memcached: as many connections as asked for, each with one command under way, get of an item and every tenth time
 * set, until the time is over. Prints commands per second.
 *
 *     items HOST PORT CONNECTIONS SECONDS BYTES
 */
#include "common.h"
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_EVENTS = 64, SET_EACH = 10 };

struct conn {
    int fd;
    unsigned n;  /* commands so far */
    size_t left; /* bytes of the answer that is awaited */
};

static char *set;
static size_t set_size, value_size;
static const char get[] = "get item\r\n", stored[] = "STORED\r\n";

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
    int r = getaddrinfo(host, port, &hints, &ai), on = 1;
    if (r) die(gai_strerror(r));
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(ai);
    return fd;
}

/* Sockets take one command at once. */
static void ask(struct conn *c)
{
    char head[64];
    bool sets = c->n++ % SET_EACH == 0;
    size_t size = sets ? set_size : sizeof get - 1;
    if (send(c->fd, sets ? set : get, size, MSG_NOSIGNAL) != (ssize_t)size) die("send");
    c->left =
        sets ? sizeof stored - 1
             : (size_t)snprintf(head, sizeof head, "VALUE item 0 %zu\r\n", value_size) + value_size + sizeof "\r\nEND\r\n" - 1;
}

static void hear(struct conn *c)
{
    static char data[1 << 20];
    ssize_t n = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
    if (n <= 0 || (size_t)n > c->left) die("recv");
    c->left -= (size_t)n;
    if (c->left == 0) ask(c);
}

int main(int argc, char **argv)
{
    if (argc != 6) return fprintf(stderr, "usage: items HOST PORT CONNECTIONS SECONDS BYTES\n"), 2;
    struct epoll_event ev[MAX_EVENTS];
    int n = atoi(argv[3]), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct conn *conns = calloc((size_t)n, sizeof *conns);
    uint64_t commands = 0;
    value_size = (size_t)atoi(argv[5]);
    set = calloc(value_size + 64, 1);
    set_size = (size_t)sprintf(set, "set item 0 0 %zu\r\n", value_size);
    memset(set + set_size, 'x', value_size);
    set_size += value_size + (size_t)sprintf(set + set_size + value_size, "\r\n");
    for (int i = 0; i < n; i++) {
        conns[i].fd = dial(argv[1], argv[2]);
        struct epoll_event in = {.events = EPOLLIN, .data.ptr = &conns[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, conns[i].fd, &in) < 0) die("epoll_ctl");
        ask(&conns[i]);
    }
    double begun = now_s(), end = begun + atof(argv[4]), now = begun;
    for (; now < end; now = now_s()) {
        int ready = epoll_wait(epoll, ev, MAX_EVENTS, 100);
        for (int i = 0; i < ready; i++) hear(ev[i].data.ptr);
    }
    for (int i = 0; i < n; i++) commands += conns[i].n - 1;
    printf("%.0f\n", (double)commands / (now - begun));
    free(conns);
    free(set);
    return 0;
}
