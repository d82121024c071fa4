#include "agent/session/lock.h"
#include "agent/session/agent.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lock_take(const struct agent_options *o, int *out, struct err *e)
{
    char path[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/" AGENT_LOCK, o->data_dir);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "opening %s: %s", path, strerror(errno));
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        *out = fd;
        return 0;
    }
    fcntl(fd, F_GETLK, &lock);
    close(fd);
    return err_set(
        e, ERR_IN_USE, "another agent of region %s, process %ld, runs in %s", o->region, (long)lock.l_pid, o->data_dir);
}

void lock_keep(const struct agent_options *o, int *held)
{
    char path[PATH_MAX];
    struct stat mine, there;
    struct err e;
    int fresh;
    snprintf(path, sizeof path, "%s/" AGENT_LOCK, o->data_dir);
    if (fstat(*held, &mine) != 0) return;
    if (stat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) return;
    int r = lock_take(o, &fresh, &e);
    if (r == ERR_IN_USE) log_error("%s: this one ends, and leaves the nodes to it", e.msg);
    else if (r) log_error("%s was deleted while it was in use: %s", path, e.msg);
    else log_warn("%s was deleted while it was in use: put back", path);
    if (r == ERR_IN_USE) _exit(EXIT_FAILURE);
    if (r) return;
    close(*held);
    *held = fresh;
}
