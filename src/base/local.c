#include "base/local.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

int local_folder(const char *path)
{
    struct stat st;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 022) == 0)) return fd;
    close(fd);
    return errno = EPERM, -1;
}

void local_path(int folder, const char *name, char out[LOCAL_PATH_SIZE])
{
    int n = snprintf(out, LOCAL_PATH_SIZE, "/proc/self/fd/%d/%s", folder, name);
    assert(n > 0 && n < LOCAL_PATH_SIZE);
}

static int listen_in(int folder, const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char path[LOCAL_PATH_SIZE];
    local_path(folder, name, path);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    if (unlinkat(folder, name, 0) < 0 && errno != ENOENT) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    /* Whoever connects before it listens is refused, and its mode is right by then. */
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && fchmodat(folder, name, 0600, 0) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    return errno = why, -1;
}

int local_listen(const char *path, const char *name, int *fd, struct err *e)
{
    int folder = local_folder(path);
    *fd = folder < 0 ? -1 : listen_in(folder, name);
    int why = errno;
    if (folder >= 0) close(folder);
    return *fd >= 0 ? 0 : err_set(e, ERR_IO, "listening at %s/%s: %s", path, name, strerror(why));
}

bool local_is_ours(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == geteuid();
}

bool local_peer_is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer && peer.uid == geteuid();
}
