#include "agent/os/bound.h"
#include "agent/os/address.h"
#include <errno.h>
#include <unistd.h>

int bound_open(const char *address, int64_t port)
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

int bound_hold(const char *address, int64_t port)
{
    int fd = bound_open(address, port);
    if (fd < 0) return -1;
    if (listen(fd, 1) != 0 || shutdown(fd, SHUT_RDWR) != 0) {
        close(fd);
        return -1;
    }
    bound_share(fd, false);
    return fd;
}

void bound_share(int fd, bool on)
{
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){on}, sizeof(int));
}

void bound_close(int fd)
{
    close(fd);
}

int bound_probe(const char *address, int64_t port)
{
    int fd = bound_open(address, port);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}
