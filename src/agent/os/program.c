#include "agent/os/program.h"
#include "base/clock.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

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

int program_ask(const char *path, const char *question, char *out, size_t size)
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
