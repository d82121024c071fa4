#include "store/room.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { WAL_BYTES = 8 << 20, SHARE = 8, LITTLE = 128 * 1024 };

static int64_t free_bytes(const char *path)
{
    struct statvfs v;
    return statvfs(path, &v) == 0 ? (int64_t)v.f_bavail * (int64_t)v.f_frsize : INT64_MAX;
}

/* The size stays what it is: SQLite need not know. It locks nothing on this file, so that closing it here unlocks nothing. */
void room_take(const char *db_path)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s-wal", db_path) >= (int)sizeof path) return;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    int64_t share = free_bytes(db_path) / SHARE;
    int64_t size = share < WAL_BYTES ? share : WAL_BYTES;
    if (size == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) != 0)
        log_warn("no room can be kept for failovers on a full disk: %s", strerrordesc_np(size ? errno : ENOSPC));
    close(fd);
}

bool room_is_gone(const char *db_path)
{
    return free_bytes(db_path) < LITTLE;
}
