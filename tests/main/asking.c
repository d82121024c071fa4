#include "asking.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 10 };

static int dial(const struct sockaddr *to, socklen_t size)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, to, size), 0, "nobody listens");
    return fd;
}

int asking_dial_port(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return dial((const struct sockaddr *)&to, sizeof to);
}

int asking_dial_path(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    cr_assert_lt(snprintf(to.sun_path, sizeof to.sun_path, "%s", path), (int)sizeof to.sun_path);
    return dial((const struct sockaddr *)&to, sizeof to);
}

void asking_send(int fd, const char *method, const char *target, const char *extra_headers, const char *body)
{
    _buf_ struct buf b = {0};
    buf_printf(
        &b, "%s %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s", method, target, extra_headers, strlen(body), body);
    cr_assert_eq(send(fd, b.data, b.len, MSG_NOSIGNAL), (ssize_t)b.len);
}

int asking_hear(int fd, struct buf *body)
{
    _buf_ struct buf in = {0};
    const char *head_end = NULL;
    size_t length = 0;
    while (head_end == NULL || in.len < (size_t)(head_end - in.data) + length) {
        ssize_t n = recv(fd, buf_reserve(&in, 65536), 65535, 0);
        if (n == 0) return 0;
        cr_assert_gt(n, 0, "no answer for %d s", PATIENCE_S);
        in.len += (size_t)n;
        in.data[in.len] = '\0';
        head_end = strstr(in.data, "\r\n\r\n");
        const char *said = strstr(in.data, "Content-Length: ");
        length = said ? strtoul(said + strlen("Content-Length: "), NULL, 10) : 0;
        if (head_end) head_end += 4;
    }
    if (body) buf_clear(body), buf_puts(body, head_end);
    return atoi(in.data + strlen("HTTP/1.1 "));
}

static int ask(int fd, const char *method, const char *target, const char *body, struct buf *answer)
{
    asking_send(fd, method, target, "", body);
    int status = asking_hear(fd, answer);
    close(fd);
    return status;
}

int asking_port(uint16_t port, const char *method, const char *target, const char *body, struct buf *answer)
{
    return ask(asking_dial_port(port), method, target, body, answer);
}

int asking_path(const char *path, const char *method, const char *target, const char *body, struct buf *answer)
{
    return ask(asking_dial_path(path), method, target, body, answer);
}
