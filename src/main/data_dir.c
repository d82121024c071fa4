#include "main/data_dir.h"
#include "base/err.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkdir -p */
static int make_path(const char *path)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) return errno = ENAMETOOLONG, -1;
    for (char *p = part + 1; *p; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES) return -1;
        *p = '/';
    }
    return mkdir(part, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

static int refuse_claimed(int fd, const char *path, struct err *e)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int pid = fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? l.l_pid : 0;
    return err_set(e, ERR_IN_USE,
        "the data directory %s is used by a running Meridian (process %d); stop that one, or choose another --data-dir", path,
        pid);
}

int data_dir_claim(const char *path, int *lock_fd, struct err *e)
{
    char file[PATH_MAX];
    /* The engines' configuration can't name such a folder. */
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\')
            return err_set(e, ERR_USAGE,
                "the data directory's name has a quote, a backslash or a control character in it; choose another --data-dir");
    snprintf(file, sizeof file, "%s/meridian.lock", path);
    int made = make_path(path);
    if (made == 0) {
        int r = data_dir_check(path, e);
        if (r) return r;
    }
    int fd = made < 0 ? -1 : open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(e, ERR_IO,
            "the data directory %s can't be used (%s); check its owner and mode, or choose another --data-dir", path,
            strerrordesc_np(errno));
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_SETLK, &l) == 0) {
        *lock_fd = fd;
        return 0;
    }
    int r = refuse_claimed(fd, path, e);
    close(fd);
    return r;
}

/* Whether an agent has ever been started there. */
static bool has_nodes(const char *regions)
{
    bool found = false;
    DIR *d = opendir(regions);
    for (struct dirent *entry; d && !found && (entry = readdir(d)) != NULL;) found = entry->d_name[0] != '.';
    if (d) closedir(d);
    return found;
}

int data_dir_check_whole(const char *path, const char *database, struct err *e)
{
    char regions[PATH_MAX], copy[PATH_MAX];
    struct stat st;
    snprintf(regions, sizeof regions, "%s/regions", path);
    snprintf(copy, sizeof copy, "%s.backup", database);
    if (stat(copy, &st) == 0 || (stat(database, &st) == 0 && st.st_size > 0) || !has_nodes(regions)) return 0;
    return err_set(e, ERR_DB,
        "the database %s is gone, but what its nodes have is in %s; put the database back, or move that folder away to start "
        "anew",
        database, regions);
}

bool data_dir_is_claimed(const char *path, int lock_fd)
{
    char file[PATH_MAX];
    struct stat there, mine;
    snprintf(file, sizeof file, "%s/meridian.lock", path);
    return stat(file, &there) == 0 && fstat(lock_fd, &mine) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev;
}

bool data_dir_read(const char *path, const char *name, char *out, size_t size)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", path, name);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    bool whole = f && fgets(out, (int)size, f) && strchr(out, '\n');
    if (f) fclose(f);
    if (whole) *strchr(out, '\n') = '\0';
    return whole;
}

/* A full disk does not matter then. */
static bool note_says(const char *path, const char *name, const char *text)
{
    char line[PATH_MAX];
    int why = errno;
    bool same = data_dir_read(path, name, line, sizeof line) && strncmp(line, text, strlen(line)) == 0 &&
                strcmp(text + strlen(line), "\n") == 0;
    errno = why;
    return same;
}

int data_dir_write(const char *path, const char *name, const char *text, struct err *e)
{
    char file[PATH_MAX], fresh[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", path, name);
    snprintf(fresh, sizeof fresh, "%s/%s.new", path, name);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    int r = f && fputs(text, f) >= 0 ? 0 : -1;
    if (f && fclose(f) != 0) r = -1;
    if (r == 0) r = rename(fresh, file);
    if (r == 0 || note_says(path, name, text)) return 0;
    return err_set(e, ERR_IO, "writing %s: %s", file, strerrordesc_np(errno));
}

void data_dir_drop(const char *path, const char *name)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", path, name);
    unlink(file);
}
