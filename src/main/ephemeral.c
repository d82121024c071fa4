#include "main/ephemeral.h"
#include "base/err.h"
#include "base/log.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS_OPEN = 16 };

int ephemeral_make(char out[PATH_MAX], struct err *e)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || *parent != '/') parent = "/tmp";
    if (snprintf(out, PATH_MAX, "%s/meridian-XXXXXX", parent) >= PATH_MAX || mkdtemp(out) == NULL)
        return err_set(e, ERR_IO, "no data directory can be made in %.200s (%s); set TMPDIR", parent, strerrordesc_np(errno));
    return 0;
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
