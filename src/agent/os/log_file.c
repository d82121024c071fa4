#include "agent/os/log_file.h"
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* The LOG_FILE_MAX bytes of 'from' behind 'at'. */
static bool copy_tail(int from, off_t at, int to)
{
    ssize_t n;
    size_t left = LOG_FILE_MAX;
    while (left > 0 && (n = sendfile(to, from, &at, left)) > 0) left -= (size_t)n;
    return left == 0;
}

static void keep_tail(int log, off_t size, const char *path)
{
    char old[PATH_MAX];
    if (snprintf(old, sizeof old, "%s.1", path) >= (int)sizeof old) return;
    int fd = open(old, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return;
    bool whole = copy_tail(log, size - LOG_FILE_MAX, fd);
    close(fd);
    if (!whole) unlink(old);
}

long log_file_bound(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) st.st_size = 0;
    if (st.st_size > LOG_FILE_MAX) {
        keep_tail(fd, st.st_size, path);
        if (ftruncate(fd, 0) == 0) st.st_size = 0;
    }
    close(fd);
    return (long)st.st_size;
}
