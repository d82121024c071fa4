#include "machine.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
/*
 * Files are real ones, but for their time: when the program looks at one that has been written since it last looked, that was just now, of
 * the virtual wall clock.
 */

enum { TABLE_SIZE = 4096 };

struct written {
    struct written *next;
    ino_t file;
    struct timespec real;
    int64_t at_ms;
};

static struct written *table[TABLE_SIZE];

static struct written *find_written(const struct stat *st)
{
    struct written **at = &table[st->st_ino % TABLE_SIZE];
    while (*at && (*at)->file != st->st_ino) at = &(*at)->next;
    if (*at) return *at;
    *at = calloc(1, sizeof **at);
    if (*at == NULL) abort();
    (*at)->file = st->st_ino;
    return *at;
}

static void make_virtual(struct stat *st)
{
    struct written *w = find_written(st);
    if (w->real.tv_sec != st->st_mtim.tv_sec || w->real.tv_nsec != st->st_mtim.tv_nsec) {
        w->real = st->st_mtim;
        w->at_ms = machine_wall_ms();
    }
    st->st_mtim = (struct timespec){w->at_ms / 1000, w->at_ms % 1000 * NS_OF_MS};
}

int __real_stat64(const char *path, struct stat *out);
int __wrap_stat64(const char *path, struct stat *out);
int __real_fstat64(int fd, struct stat *out);
int __wrap_fstat64(int fd, struct stat *out);
int __real_fstatat64(int dir, const char *path, struct stat *out, int flags);
int __wrap_fstatat64(int dir, const char *path, struct stat *out, int flags);

int __wrap_stat64(const char *path, struct stat *out)
{
    int r = __real_stat64(path, out);
    if (r == 0) make_virtual(out);
    return r;
}

int __wrap_fstat64(int fd, struct stat *out)
{
    int r = __real_fstat64(fd, out);
    if (r == 0) make_virtual(out);
    return r;
}

int __wrap_fstatat64(int dir, const char *path, struct stat *out, int flags)
{
    int r = __real_fstatat64(dir, path, out, flags);
    if (r == 0) make_virtual(out);
    return r;
}

int __real_statvfs64(const char *path, struct statvfs *out);
int __wrap_statvfs64(const char *path, struct statvfs *out);

/* Models load no module: nothing may be run from the folders of their nodes. */
int __wrap_statvfs64(const char *path, struct statvfs *out)
{
    int r = __real_statvfs64(path, out);
    if (r == 0) out->f_flag |= ST_NOEXEC;
    return r;
}
