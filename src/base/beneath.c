#include "base/beneath.h"
#include "base/err.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int path_fault(const char *path, int why, struct err *e)
{
    if (why == ELOOP || why == ENOTDIR) return err_set(e, ERR_USAGE, "%s goes through a symbolic link or a file", path);
    return err_set(e, ERR_IO, "%s: %s", path, strerror(why));
}

/* Opens the next name below 'at', which is closed. */
static int open_next(int at, const char *name, size_t n, int flags, const char *path, struct err *e)
{
    char text[NAME_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)n, name);
    int fd = openat(at, text, flags | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    close(at);
    if (fd < 0) return path_fault(path, why, e);
    return fd;
}

/* The folder that the first 'len' bytes of the path lead to. */
static int open_folder(const char *root, const char *path, size_t len, struct err *e)
{
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return err_set(e, ERR_IO, "%s: %s", root, strerror(errno));
    for (size_t at = 0; at < len && fd >= 0;) {
        size_t n = strcspn(path + at, "/");
        fd = open_next(fd, path + at, n, O_PATH | O_DIRECTORY, path, e);
        at += n + 1;
    }
    return fd;
}

static bool is_path(const char *path)
{
    for (const char *p = path;; p++) {
        size_t n = strcspn(p, "/");
        bool dots = (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.');
        if (n == 0 || n > NAME_MAX || dots) return false;
        p += n;
        if (*p == '\0') return true;
    }
}

int beneath_open_parent(const char *root, const char *path, const char **name, struct err *e)
{
    const char *slash = strrchr(path, '/');
    if (!is_path(path)) return err_set(e, ERR_USAGE, "%s is no path below a folder", path);
    *name = slash ? slash + 1 : path;
    return open_folder(root, path, slash ? (size_t)(slash - path) : 0, e);
}

int beneath_open(const char *root, const char *path, int flags, struct err *e)
{
    const char *name;
    if (path[0] == '\0') return open_folder(root, path, 0, e);
    int at = beneath_open_parent(root, path, &name, e);
    return at < 0 ? at : open_next(at, name, strlen(name), flags, path, e);
}
