#include "agent/forwarder/borrow.h"
#include <dirent.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_at(int fd, const struct sockaddr_storage *at)
{
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)at;
    struct sockaddr_in own = {0};
    socklen_t size = sizeof own;
    if (at->ss_family != AF_INET || getsockname(fd, (struct sockaddr *)&own, &size) != 0 || own.sin_family != AF_INET)
        return false;
    return own.sin_port == wanted->sin_port && own.sin_addr.s_addr == wanted->sin_addr.s_addr;
}

static bool socket_listens(int fd)
{
    int yes = 0;
    socklen_t size = sizeof yes;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 && yes;
}

/* Looks for a listener at 'at', or else ends the connections to it: the listener's descriptor, or -1. */
static int walk_sockets(pid_t pid, const struct sockaddr_storage *at, bool for_listener)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    int process = (int)syscall(SYS_pidfd_open, pid, 0), found = -1;
    DIR *d = process >= 0 ? opendir(path) : NULL;
    for (struct dirent *entry; d && found < 0 && (entry = readdir(d)) != NULL;) {
        char to[32];
        ssize_t n = readlinkat(dirfd(d), entry->d_name, to, sizeof to);
        int fd = (n > 7 && memcmp(to, "socket:", 7) == 0) ? (int)syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0) : -1;
        if (fd < 0) continue;
        bool wanted = is_at(fd, at);
        if (wanted && for_listener && socket_listens(fd)) found = fd;
        if (wanted && !for_listener && !socket_listens(fd)) shutdown(fd, SHUT_RDWR);
        if (found != fd) close(fd);
    }
    if (d) closedir(d);
    if (process >= 0) close(process);
    return found;
}

int borrow_listener(pid_t pid, const struct sockaddr_storage *at)
{
    return walk_sockets(pid, at, true);
}

void borrow_and_end(pid_t pid, const struct sockaddr_storage *at)
{
    walk_sockets(pid, at, false);
}
