#include "agent/engine.h"
#include "agent/file.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 }; /* how long a program may take to tell its version */

static const struct {
    const char *name;
    const char *ask;            /* what makes it print its version */
    const char *before_version; /* in what it prints */
    int major, minor;           /* the lowest version */
} kinds[ENGINE_KINDS] = {
    [ENGINE_REDIS_SERVER] = {"redis-server", "--version", " v=", 7, 0},
    [ENGINE_MEMCACHED_SERVER] = {"memcached", "-V", "memcached ", 1, 5},
};

const char *engine_name(enum engine_kind kind)
{
    return kinds[kind].name;
}

int engine_parse_version(enum engine_kind kind, const char *text, char *out, size_t size)
{
    const char *v = strstr(text, kinds[kind].before_version);
    if (v == NULL) return -1;
    v += strlen(kinds[kind].before_version);
    size_t n = strspn(v, "0123456789.");
    if (n == 0 || n >= size) return -1;
    snprintf(out, size, "%.*s", (int)n, v);
    return 0;
}

bool engine_new_enough(enum engine_kind kind, const char *version)
{
    char *rest;
    long major = strtol(version, &rest, 10), minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
    return major > kinds[kind].major || (major == kinds[kind].major && minor >= kinds[kind].minor);
}

/* What comes from a descriptor until its end, at most size - 1 bytes; false if that takes too long. */
static bool read_answer(int fd, char *out, size_t size)
{
    int64_t until = clock_mono_ns() + (int64_t)ANSWER_MS * 1000000;
    size_t n = 0;
    while (n + 1 < size) {
        int64_t left_ms = (until - clock_mono_ns()) / 1000000;
        if (left_ms <= 0 || poll(&(struct pollfd){fd, POLLIN, 0}, 1, (int)left_ms) == 0) return false;
        ssize_t got = read(fd, out + n, size - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    out[n] = '\0';
    return true;
}

/* What "PROGRAM ASK" prints, at most size - 1 bytes. */
static int run_version(const char *path, const char *question, char *out, size_t size)
{
    int fds[2], status;
    pid_t pid;
    char *const args[] = {(char *)(uintptr_t)path, (char *)(uintptr_t)question, NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(fds, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    int r = posix_spawn(&pid, path, &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    bool answered = r == 0 && read_answer(fds[0], out, size);
    close(fds[0]);
    if (r == 0 && !answered) kill(pid, SIGKILL);
    if (r == 0) waitpid(pid, &status, 0);
    return answered ? 0 : -1;
}

int engine_locate(struct engine *g, struct err *e)
{
    char path[sizeof g->path], text[256];
    const char *name = engine_name(g->kind);
    if (g->path[0] != '\0') return 0;
    if (!file_find_program(g->name, path, sizeof path))
        return err_set(e, ERR_USAGE, "there is no program \"%s\": install %s (Debian: apt install %s), or say where it is",
            g->name, name, name);
    if (run_version(path, kinds[g->kind].ask, text, sizeof text) != 0 ||
        engine_parse_version(g->kind, text, g->version, sizeof g->version) != 0)
        return err_set(e, ERR_USAGE, "%s %s does not answer as a %s does", path, kinds[g->kind].ask, name);
    if (!engine_new_enough(g->kind, g->version))
        return err_set(e, ERR_USAGE, "%s is version %s: install %s %d.%d or later", path, g->version, name, kinds[g->kind].major,
            kinds[g->kind].minor);
    memcpy(g->path, path, sizeof g->path);
    return 0;
}
