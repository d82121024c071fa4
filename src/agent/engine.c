#include "agent/engine.h"
#include "agent/file.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAJOR_MIN = 7 };

int engine_parse_version(const char *text, char *out, size_t size)
{
    const char *v = strstr(text, " v=");
    if (v == NULL) return -1;
    v += 3;
    size_t n = strspn(v, "0123456789.");
    if (n == 0 || n >= size) return -1;
    snprintf(out, size, "%.*s", (int)n, v);
    return 0;
}

bool engine_new_enough(const char *version)
{
    return atoi(version) >= MAJOR_MIN;
}

/* What "PROGRAM --version" prints, at most size - 1 bytes. */
static int run_version(const char *path, char *out, size_t size)
{
    int fds[2], status;
    pid_t pid;
    char *const args[] = {(char *)(uintptr_t)path, (char *)(uintptr_t) "--version", NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(fds, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    int r = posix_spawn(&pid, path, &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    size_t n = 0;
    for (ssize_t got = 1; r == 0 && got > 0 && n<size - 1; n += got> 0 ? (size_t)got : 0)
        got = read(fds[0], out + n, size - 1 - n);
    out[n] = '\0';
    close(fds[0]);
    if (r == 0) waitpid(pid, &status, 0);
    return r == 0 ? 0 : -1;
}

int engine_locate(struct engine *g, struct err *e)
{
    char path[sizeof g->path], text[256];
    if (g->path[0] != '\0') return 0;
    if (!file_find_program(g->name, path, sizeof path))
        return err_set(e, ERR_USAGE,
            "there is no program \"%s\": install redis-server (Debian: apt install redis-server), "
            "or say where it is",
            g->name);
    if (run_version(path, text, sizeof text) != 0 || engine_parse_version(text, g->version, sizeof g->version) != 0)
        return err_set(e, ERR_USAGE, "%s --version does not answer as a redis-server does", path);
    if (!engine_new_enough(g->version))
        return err_set(e, ERR_USAGE, "%s is version %s: install redis-server %d.0 or later", path, g->version, MAJOR_MIN);
    memcpy(g->path, path, sizeof g->path);
    return 0;
}
