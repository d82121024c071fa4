#include "base/private_file.h"
#include "base/arena.h"
#include "base/err.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_whole(int fd, char *out, size_t size, size_t *n)
{
    for (*n = 0; *n < size;) {
        ssize_t got = read(fd, out + *n, size - *n);
        if (got < 0) return -1;
        if (got == 0) return 0;
        *n += (size_t)got;
    }
    return 0;
}

int private_file_read(const char *flag, const char *file, size_t limit, struct arena *a, char **out, size_t *len, struct err *e)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not hold the program up */
    if (fd < 0) return err_set(e, ERR_USAGE, "--%s %s: %s", flag, file, strerrordesc_np(errno));
    bool open_to_others = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != geteuid();
    size_t n = 0;
    *out = arena_alloc(a, limit + 2);
    bool unreadable = !open_to_others && read_whole(fd, *out, limit + 1, &n) != 0;
    close(fd);
    if (open_to_others)
        return err_set(e, ERR_USAGE,
            "--%s %s: others may read this file, or it is none; chown it to the user who runs this, and chmod 600 it", flag,
            file);
    if (unreadable) return err_set(e, ERR_USAGE, "--%s %s: it can't be read", flag, file);
    if (n > limit) return err_set(e, ERR_USAGE, "--%s %s: it is longer than %zu bytes", flag, file, limit);
    (*out)[n] = '\0';
    if (len) *len = n;
    return 0;
}
