#include "scratch.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[PATH_MAX];

void scratch_open(void)
{
    char made[] = "/tmp/meridian-test-XXXXXX";
    cr_assert(mkdtemp(made) && realpath(made, dir));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void scratch_close(void)
{
    cr_assert_eq(nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *scratch_dir(void)
{
    return dir;
}

const char *scratch_path(const char *name)
{
    static char paths[8][PATH_MAX + 256];
    static unsigned n;
    char *path = paths[n++ % 8];
    snprintf(path, sizeof paths[0], "%s%s%s", dir, *name ? "/" : "", name);
    return path;
}

static void make_folders(const char *path)
{
    char part[PATH_MAX + 256];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + strlen(dir) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
        *p = '\0';
        mkdir(part, 0700);
    }
}

void scratch_write(const char *name, const char *text, mode_t mode)
{
    const char *path = scratch_path(name);
    make_folders(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    size_t n = strlen(text);
    cr_assert(fd >= 0 && write(fd, text, n) == (ssize_t)n && fchmod(fd, mode) == 0, "%s", path);
    close(fd);
}

const char *scratch_read(const char *name)
{
    static char text[65536];
    int fd = open(scratch_path(name), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}
