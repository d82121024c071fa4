#include "base/proc_stat.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The name in field 2 may hold anything, so fields are counted from its last parenthesis. */
bool proc_stat_read(const char *path, struct proc_stat *out)
{
    char text[1024];
    unsigned long long system = 0;
    *out = (struct proc_stat){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *s = strrchr(text, ')');
    int found = s == NULL ? 0
                          : sscanf(s + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu %*s %*s %*s %*s %*s %*s %llu",
                                &out->state, &out->used, &system, &out->start);
    out->used += system;
    return found == 4;
}

bool proc_stat_of(long pid, struct proc_stat *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    return proc_stat_read(path, out);
}

bool proc_stat_works_below(long pid, const char *folder)
{
    char path[64], cwd[PATH_MAX];
    size_t len = strlen(folder);
    snprintf(path, sizeof path, "/proc/%ld/cwd", pid);
    ssize_t n = readlink(path, cwd, sizeof cwd - 1);
    return n > 0 && (size_t)n > len && strncmp(cwd, folder, len) == 0 && cwd[len] == '/';
}
