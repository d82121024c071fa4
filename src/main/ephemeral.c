#include "main/ephemeral.h"
#include "base/err.h"
#include "base/log.h"
#include "main/data_dir.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "meridian-"
#define SUFFIX "XXXXXX"
#define MARK "ephemeral" /* a file: this folder is nobody's once its lock is free */

enum { FOLDERS_OPEN = 16 };

static const char *parent_dir(void)
{
    const char *parent = getenv("TMPDIR");
    return parent && *parent == '/' ? parent : "/tmp";
}

/* The mark comes after the lock: where both are, the folder is used or left. */
int ephemeral_claim(char out[PATH_MAX], int *lock_fd, struct err *e)
{
    const char *parent = parent_dir();
    if (snprintf(out, PATH_MAX, "%s/" PREFIX SUFFIX, parent) >= PATH_MAX || mkdtemp(out) == NULL)
        return err_set(e, ERR_IO, "no data directory can be made in %.200s (%s); set TMPDIR", parent, strerrordesc_np(errno));
    int r = data_dir_claim(out, lock_fd, e);
    return r ? r : data_dir_write(out, MARK, "\n", e);
}

static int delete_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    if (remove(path) != 0 && errno != ENOENT) log_warn("%s can't be deleted: %s", path, strerrordesc_np(errno));
    return 0;
}

void ephemeral_delete(const char *path)
{
    nftw(path, delete_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

static int is_ephemeral(const struct dirent *entry)
{
    return strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0 && strlen(entry->d_name) == sizeof PREFIX SUFFIX - 1;
}

static void sweep_one(const char *path)
{
    char mark[PATH_MAX];
    struct stat st;
    struct err e;
    int lock_fd;
    bool ours = lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
    if (!ours || (size_t)snprintf(mark, sizeof mark, "%s/" MARK, path) >= sizeof mark || access(mark, F_OK) != 0) return;
    if (data_dir_claim(path, &lock_fd, &e) != 0) return;
    log_info("%s is deleted, which an ephemeral serve has left that was killed", path);
    ephemeral_delete(path);
    close(lock_fd);
}

void ephemeral_sweep(void)
{
    char path[PATH_MAX];
    const char *parent = parent_dir();
    struct dirent **entries;
    int n = scandir(parent, &entries, is_ephemeral, alphasort);
    for (int i = 0; i < n; i++) {
        if ((size_t)snprintf(path, sizeof path, "%s/%s", parent, entries[i]->d_name) < sizeof path) sweep_one(path);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}
