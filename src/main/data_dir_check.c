#include "base/err.h"
#include "main/data_dir.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 8 }; /* regions/REGION/NODE/FILE is four */

static int refuse_entry(const char *path, const char *why, const char *mend, struct err *e)
{
    return err_set(e, ERR_USAGE, "%s %s: %s, or choose another --data-dir", path, why, mend);
}

/* Whoever else owns it, or may write to it, could have put into it what they like. */
static int check_entry(const char *path, const struct stat *st, struct err *e)
{
    if (S_ISLNK(st->st_mode)) return refuse_entry(path, "is a symbolic link, which Meridian never makes", "remove it", e);
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISSOCK(st->st_mode))
        return refuse_entry(path, "is neither a file nor a folder nor a socket", "remove it", e);
    if (st->st_uid != geteuid())
        return refuse_entry(path, "belongs to another user", "have it changed to the user who runs this", e);
    if (!S_ISSOCK(st->st_mode) && (st->st_mode & 022))
        return refuse_entry(path, "can be written by others", "chmod -R go-w the data directory if you trust what is in it", e);
    return 0;
}

static int check_folder(int fd, const char *path, int depth, struct err *e);

/* What is deleted meanwhile is no matter: agents of an earlier serve may be at work. */
static int check_below(int folder, const char *path, const char *name, int depth, struct err *e)
{
    char below[PATH_MAX];
    struct stat st;
    if ((size_t)snprintf(below, sizeof below, "%s/%s", path, name) >= sizeof below)
        return err_set(e, ERR_USAGE, "%s has a path that is too long", path);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %s", below, strerrordesc_np(errno));
    int r = check_entry(below, &st, e);
    if (r || !S_ISDIR(st.st_mode)) return r;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %s", below, strerrordesc_np(errno));
    return check_folder(fd, below, depth + 1, e);
}

/* Takes over 'fd'. */
static int check_folder(int fd, const char *path, int depth, struct err *e)
{
    DIR *d = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
    int r = 0;
    if (d == NULL) {
        close(fd);
        return err_set(e, ERR_IO, "the folder %s can't be read", path);
    }
    for (struct dirent *entry; r == 0 && (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = check_below(dirfd(d), path, entry->d_name, depth, e);
    closedir(d);
    return r;
}

/* A directory that is somebody else's is no place for a database, nor one to advise about. */
static int check_ours(int fd, const char *path, struct err *e)
{
    static const char *const marks[] = {"meridian.lock", "meridian.db", "regions", "secrets"};
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a duplicate would share the place that is read from */
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    int n = 0;
    for (struct dirent *entry; d && n == 0 && (entry = readdir(d)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(entry->d_name, "lost+found") != 0;
    if (d) closedir(d);
    for (size_t i = 0; n && i < sizeof marks / sizeof *marks; i++)
        if (faccessat(fd, marks[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) n = 0;
    if (n == 0) return 0;
    return err_set(e, ERR_USAGE, "%s is neither empty nor a data directory of Meridian: choose another --data-dir", path);
}

int data_dir_check(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0) close(fd);
        return err_set(e, ERR_IO,
            "the data directory %s can't be read (%s); check its owner and mode, or choose another --data-dir", path,
            strerrordesc_np(errno));
    }
    int r = check_ours(fd, path, e);
    if (r == 0) r = check_entry(path, &st, e);
    if (r == 0) return check_folder(fd, path, 0, e);
    close(fd);
    return r;
}
