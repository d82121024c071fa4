#include "serving.h"
#include "asking.h"
#include "base/err.h"
#include "control/agent_process.h"
#include "main/commands.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct options serving_options;
pthread_t serving_thread;
uint16_t serving_port;
int serving_status;

/* ---- agents ---- */

struct agent_process {
    uv_async_t ends;
    agent_process_ended *ended;
    void *arg;
};

static struct agent_process *agent;

static void on_freed(uv_handle_t *h)
{
    free(h->data);
}

static void on_ends(uv_async_t *a)
{
    struct agent_process *p = a->data;
    uv_close((uv_handle_t *)a, on_freed);
    p->ended(p->arg, "");
}

int agent_process_start(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg, struct agent_process **out)
{
    (void)region;
    agent = *out = calloc(1, sizeof **out);
    agent->ended = ended;
    agent->arg = arg;
    agent->ends.data = agent;
    return uv_async_init(o->loop, &agent->ends, on_ends);
}

struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg)
{
    (void)o, (void)region, (void)ended, (void)arg;
    return NULL;
}

pid_t agent_process_holder(const char *data_dir, const char *region)
{
    (void)data_dir, (void)region;
    return 0;
}

pid_t agent_process_pid(const struct agent_process *p)
{
    (void)p;
    return getpid();
}

bool agent_process_was_found(const struct agent_process *p)
{
    (void)p;
    return false;
}

void agent_process_signal(struct agent_process *p, int signal)
{
    (void)p, (void)signal;
}

void agent_process_leave(struct agent_process *p)
{
    if (p) uv_close((uv_handle_t *)&p->ends, on_freed);
}

void serving_end_agent(void)
{
    uv_async_send(&agent->ends);
}

/* ---- serve ---- */

void serving_read_options(const char *more)
{
    struct err e;
    char line[1024], *argv[40] = {(char *)"meridian"}, *rest = line;
    int argc = 1;
    snprintf(line, sizeof line, "serve --listen 127.0.0.1:0 --data-dir %s/data %s", scratch_dir(), more);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word) argv[argc++] = word;
    cr_assert_eq(options_read(&serving_options, argc, argv, &e), 0, "%s", e.msg);
}

/* Standard output and error go to files. */
void serving_setup(void)
{
    scratch_open();
    scratch_write("redis-server", "#!/bin/sh\necho Redis server v=7.2.4 sha=0:0 malloc=libc bits=64 build=0\n", 0755);
    setenv("PATH", scratch_dir(), 1);
    cr_assert(freopen(scratch_path("out"), "w", stdout) && freopen(scratch_path("err"), "w", stderr));
    setvbuf(stderr, NULL, _IONBF, 0);
}

static void *run_serve(void *arg)
{
    (void)arg;
    serving_status = serve_main(&serving_options);
    return NULL;
}

/* Returns once the endpoint is told. */
void serving_start(const char *more)
{
    struct pollfd p = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
    mkdir(scratch_path("data"), 0700);
    unlink(scratch_path("data/addressing"));
    cr_assert_geq(inotify_add_watch(p.fd, scratch_path("data"), IN_MOVED_TO), 0);
    serving_read_options(more);
    cr_assert_eq(pthread_create(&serving_thread, NULL, run_serve, NULL), 0);
    for (const char *told = ""; strstr(told, "endpoint") == NULL;) {
        static char text[4096];
        cr_assert_eq(poll(&p, 1, 10000), 1, "serve does not start: %s", scratch_read("err"));
        ssize_t n = read(p.fd, text, sizeof text);
        told = memmem(text, (size_t)n, "endpoint", 8) ? "endpoint" : "";
    }
    close(p.fd);
    serving_port = (uint16_t)atoi(strrchr(scratch_read("data/endpoint"), ':') + 1);
}

void serving_expect(const char *method, const char *target, const char *body, int wanted, const char *part)
{
    _buf_ struct buf answer = {0};
    int got = asking_port(serving_port, method, target, body, &answer);
    cr_expect(got == wanted && strstr(answer.data, part), "%s %s: %d %s", method, target, got, answer.data);
}

void serving_expect_with(
    const char *headers, const char *method, const char *target, const char *body, int wanted, const char *part)
{
    _buf_ struct buf answer = {0};
    int fd = asking_dial_port(serving_port);
    asking_send(fd, method, target, headers, body);
    int got = asking_hear(fd, &answer);
    close(fd);
    cr_expect(got == wanted && strstr(answer.data, part), "%s %s: %d %s", method, target, got, answer.data);
}

int serving_stop(void)
{
    kill(getpid(), SIGTERM);
    pthread_join(serving_thread, NULL);
    return serving_status;
}
