#include "agent/os/file.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_MAX = 100, READ_MAX = 1 << 20, TREE_FDS = 16, BLOCK = 4096, SPARE = 2048 };

bool file_id_ok(const char *id)
{
    if (id == NULL) return false;
    size_t n = strlen(id);
    if (n == 0 || n > ID_MAX || id[0] == '.' || id[0] == '-' || id[0] == '~' || strstr(id, "..") != NULL) return false;
    return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-~") == n;
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, data, n);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return -1;
        data += w;
        n -= (size_t)w;
    }
    return 0;
}

int file_replace(const char *path, const void *data, size_t n, struct err *e)
{
    char aside[PATH_MAX];
    if (snprintf(aside, sizeof aside, "%s.new", path) >= (int)sizeof aside)
        return err_set(e, ERR_IO, "%s: the path is too long", path);
    int fd = open(aside, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "writing %s: %s", aside, strerror(errno));
    bool ok = write_all(fd, data, n) == 0;
    int why = errno;
    close(fd);
    if (ok && rename(aside, path) == 0) return 0;
    if (ok) why = errno;
    unlink(aside);
    return err_set(e, ERR_IO, "writing %s: %s", path, strerror(why));
}

/* Not truncated: the blocks it has are those that the next text is written to. */
static int write_whole_blocks(const char *path, const char *text, size_t n)
{
    struct stat st;
    _buf_ struct buf padded = {0};
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -1;
    size_t size = (n + SPARE + BLOCK - 1) / BLOCK * BLOCK;
    if (fstat(fd, &st) == 0 && (size_t)st.st_size > size) size = (size_t)st.st_size;
    buf_add(&padded, text, n);
    memset(buf_reserve(&padded, size - n), '\n', size - n);
    int r = write_all(fd, padded.data, size);
    int why = errno;
    close(fd);
    errno = why;
    return r;
}

int file_put(const char *path, const char *text, size_t n, struct err *e)
{
    char aside[PATH_MAX];
    if (snprintf(aside, sizeof aside, "%s.new", path) >= (int)sizeof aside)
        return err_set(e, ERR_IO, "%s: the path is too long", path);
    if (write_whole_blocks(aside, text, n) != 0) return err_set(e, ERR_IO, "writing %s: %s", aside, strerror(errno));
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE) != 0 && rename(aside, path) != 0)
        return err_set(e, ERR_IO, "writing %s: %s", path, strerror(errno));
    write_whole_blocks(aside, text, n); /* room for the next time; what was replaced need not stay readable */
    return 0;
}

int file_note(const char *path, const char *text, struct err *e)
{
    char note[FILE_NOTE_MAX];
    size_t n = text ? strlen(text) : 0;
    if (n > sizeof note) n = sizeof note;
    memset(note, '\n', sizeof note);
    memcpy(note, text ? text : "", n);
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (text ? O_CREAT : 0), 0600);
    if (fd < 0 && text == NULL && errno == ENOENT) return 0;
    bool ok = fd >= 0 && pwrite(fd, note, sizeof note, 0) == (ssize_t)sizeof note;
    int why = errno;
    if (fd >= 0) close(fd);
    return ok ? 0 : err_set(e, ERR_IO, "writing %s: %s", path, strerror(why));
}

void file_keep_room(const char *path, size_t more)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    off_t room = fstat(fd, &st) == 0 ? 2 * st.st_size + (off_t)more : 0;
    if (st.st_blocks * 512 < room) fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, room);
    close(fd);
}

int file_read(const char *path, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return err_set(e, ERR_IO, "reading %s: %s", path, strerror(errno));
    ssize_t r = 1;
    for (size_t total = 0; r > 0 && total < READ_MAX; total += (size_t)r) {
        r = read(fd, buf_reserve(out, 4096), 4096);
        if (r <= 0) break;
        out->len += (size_t)r;
    }
    int why = errno;
    close(fd);
    buf_add(out, "", 0);
    return r < 0 ? err_set(e, ERR_IO, "reading %s: %s", path, strerror(why)) : 0;
}

void file_tail(const char *path, long from, size_t max, struct buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0) {
        if (st.st_size < from) from = 0; /* it was truncated in between */
        if (st.st_size - from > (off_t)max) from = (long)(st.st_size - (off_t)max);
        ssize_t r = pread(fd, buf_reserve(out, max), max, from);
        if (r > 0) out->len += (size_t)r;
        buf_add(out, "", 0);
    }
    close(fd);
}

int file_mkdirs(const char *path, struct err *e)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part) return err_set(e, ERR_IO, "%s: the path is too long", path);
    strcpy(part, path);
    for (char *p = part + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char end = *p;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return err_set(e, ERR_IO, "making the folder %s: %s", part, strerror(errno));
        if (end == '\0') return 0;
        *p = end;
    }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

int file_remove_tree(const char *path, struct err *e)
{
    if (nftw(path, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return 0;
    return err_set(e, ERR_IO, "deleting %s: %s", path, strerror(errno));
}

bool file_find_program(const char *name, char *out, size_t size)
{
    char try[PATH_MAX], cwd[PATH_MAX];
    const char *path = strchr(name, '/') != NULL ? "" : getenv("PATH");
    for (const char *p = path, *end; p != NULL; p = *end ? end + 1 : NULL) {
        end = strchrnul(p, ':');
        int n = snprintf(try, sizeof try, "%.*s%s%s", (int)(end - p), p, end > p ? "/" : "", name);
        struct stat st;
        if (n >= (int)sizeof try || stat(try, &st) != 0 || !S_ISREG(st.st_mode) || access(try, X_OK) != 0) continue;
        /* Links are not resolved: Debian's redis-server is one to a program that asks for the name it was called by. */
        if (try[0] == '/') return (size_t)snprintf(out, size, "%s", try) < size;
        return getcwd(cwd, sizeof cwd) != NULL && (size_t)snprintf(out, size, "%s/%s", cwd, try) < size;
    }
    return false;
}
