#include "agent/node/folder.h"
#include "agent/os/file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

const char *node_path(const struct node *n, const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", n->dir, file);
    return out;
}

bool node_has_file(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    return file != NULL && access(node_path(n, file, path), F_OK) == 0;
}

void node_unlink(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    if (file != NULL) unlink(node_path(n, file, path));
}

bool node_may_load(const struct node *n)
{
    struct statvfs fs;
    return statvfs(n->dir, &fs) == 0 && !(fs.f_flag & ST_NOEXEC);
}

/* True where the file is this program's module, and not that of another version of the program. */
static bool is_module(const char *path, const void *image, size_t size)
{
    struct err e;
    _buf_ struct buf file = {0};
    if (access(path, X_OK) != 0 || file_read(path, &file, &e) != 0) return false;
    return file.len == size && memcmp(file.data, image, size) == 0;
}

int node_put_module(const struct node *n, const char *file, const void *image, size_t size, struct err *e)
{
    char path[PATH_MAX];
    node_path(n, file, path);
    if (is_module(path, image, size)) return 0;
    int r = file_replace(path, image, size, e);
    if (r == 0 && chmod(path, S_IRWXU) != 0) return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    return r;
}

void node_unlink_all(const struct node *n, const char *prefix)
{
    DIR *d = opendir(n->dir);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) unlinkat(dirfd(d), entry->d_name, 0);
    if (d) closedir(d);
}
