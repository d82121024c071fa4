#include "base/listen.h"
#include "base/decimal.h"
#include "base/err.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct host_port {
    char host[256];
    char port[8];
};

static int bad_address(const char *address, struct err *e)
{
    return err_set(e, ERR_FLAG, "\"%s\" is no address to listen on: write HOST:PORT, for example 127.0.0.1:4566", address);
}

static bool is_port(const char *s)
{
    int64_t port;
    return strlen(s) <= 5 && decimal_parse(s, 0, UINT16_MAX, &port);
}

/* "[::1]:80" has its host in brackets; any other host is free of colons. */
static int split_address(const char *address, struct host_port *out, struct err *e)
{
    const char *host = address, *colon = strrchr(address, ':');
    if (colon == NULL || !is_port(colon + 1)) return bad_address(address, e);
    size_t n = (size_t)(colon - host);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (memchr(host, ':', n) != NULL) {
        return bad_address(address, e);
    }
    if (n >= sizeof out->host) return bad_address(address, e);
    if (n == 0) snprintf(out->host, sizeof out->host, "127.0.0.1");
    else snprintf(out->host, sizeof out->host, "%.*s", (int)n, host);
    snprintf(out->port, sizeof out->port, "%s", colon + 1);
    return 0;
}

int listen_check(const char *address, struct err *e)
{
    struct host_port ignored;
    return split_address(address, &ignored, e);
}

/* Somebody who says "localhost" to us says 127.0.0.1 elsewhere, so IPv4 comes first. */
static int resolve_address(const char *address, const struct host_port *hp, struct addrinfo **out, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE, .ai_family = AF_INET};
    int r = getaddrinfo(hp->host, hp->port, &hints, out);
    if (r == 0) return 0;
    hints.ai_family = AF_INET6;
    r = getaddrinfo(hp->host, hp->port, &hints, out);
    if (r == 0) return 0;
    return err_set(e, ERR_USAGE, "cannot listen on %s: %s", address, gai_strerror(r));
}

static int explain_failure(const char *address, const char *flag, int why, struct err *e)
{
    if (why == EADDRINUSE)
        return err_set(e, ERR_IN_USE,
            "%s is in use by another program, maybe another Meridian: stop that one, or choose another address with %s", address,
            flag);
    if (why == EADDRNOTAVAIL) return err_set(e, ERR_USAGE, "cannot listen on %s: this machine has no such address", address);
    if (why == EACCES)
        return err_set(
            e, ERR_USAGE, "cannot listen on %s: ports below 1024 are for root; choose another one with %s", address, flag);
    return err_set(e, ERR_IO, "cannot listen on %s: %s", address, strerror(why));
}

/* Of the socket type 'type'; < 0, with errno, where it can't be bound. */
static int open_bound(const struct addrinfo *ai, int type)
{
    int on = 1, fd = socket(ai->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && (type != SOCK_STREAM || listen(fd, BACKLOG) == 0)) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int listen_on(const char *address, const char *flag, int *fd, struct err *e)
{
    struct host_port hp;
    struct addrinfo *ai;
    int r = split_address(address, &hp, e);
    if (r == 0) r = resolve_address(address, &hp, &ai, e);
    if (r) return r;
    *fd = open_bound(ai, SOCK_STREAM);
    if (*fd < 0) r = explain_failure(address, flag, errno, e);
    freeaddrinfo(ai);
    return r;
}

union bound {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool bound_read(int fd, union bound *at)
{
    socklen_t len = sizeof *at;
    *at = (union bound){0};
    return getsockname(fd, &at->any, &len) == 0;
}

bool listen_is_loopback(int fd)
{
    union bound at;
    if (!bound_read(fd, &at)) return false;
    if (at.any.sa_family == AF_INET) return ntohl(at.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return at.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr);
}

uint16_t listen_port(int fd)
{
    union bound at;
    if (!bound_read(fd, &at)) return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

/* The port that the system has chosen for one kind of socket may be taken for the other: then another one is tried. */
int listen_on_both(const char *address, const char *flag, int *udp, int *tcp, struct err *e)
{
    struct host_port hp;
    int r = split_address(address, &hp, e);
    bool any = r == 0 && strtol(hp.port, NULL, 10) == 0;
    for (int tries = any ? 16 : 1; r == 0 && tries > 0; tries--) {
        struct addrinfo *ai;
        r = resolve_address(address, &hp, &ai, e);
        if (r) return r;
        *udp = -1;
        *tcp = open_bound(ai, SOCK_STREAM);
        if (*tcp >= 0) {
            in_port_t port = htons(listen_port(*tcp));
            if (ai->ai_family == AF_INET) ((struct sockaddr_in *)ai->ai_addr)->sin_port = port;
            else ((struct sockaddr_in6 *)ai->ai_addr)->sin6_port = port;
            *udp = open_bound(ai, SOCK_DGRAM);
        }
        int why = errno;
        freeaddrinfo(ai);
        if (*udp >= 0) return 0;
        if (*tcp >= 0) close(*tcp);
        if (tries == 1 || why != EADDRINUSE) r = explain_failure(address, flag, why, e);
    }
    return r;
}
