#include "agent/os/address.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

socklen_t address_fill(const char *address, int64_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (port <= 0 || port > UINT16_MAX) return 0;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) != 1) return 0;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    return sizeof *v6;
}

int address_bind(const char *address, int64_t port)
{
    struct sockaddr_storage a;
    socklen_t size = address_fill(address, port, &a);
    if (size == 0) return errno = EINVAL, -1;
    int fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, size) == 0) return fd;
    int why = errno;
    close(fd);
    return errno = why, -1;
}

int address_hold(const char *address, int64_t port)
{
    int fd = address_bind(address, port);
    if (fd < 0) return -1;
    if (listen(fd, 1) != 0 || shutdown(fd, SHUT_RDWR) != 0) {
        close(fd);
        return -1;
    }
    address_share(fd, false);
    return fd;
}

void address_share(int held, bool on)
{
    setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &(int){on}, sizeof(int));
}

void address_release(int held)
{
    close(held);
}

int address_probe(const char *address, int64_t port)
{
    int fd = address_bind(address, port);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}
