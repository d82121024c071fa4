#include "control/agent_process.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* The "program" is a shell script in a folder of the test. */

static uv_loop_t loop;
static struct control_options options;
static char how[64];
static bool ended;

static void setup(void)
{
    scratch_open();
    cr_redirect_stderr();
    uv_loop_init(&loop);
    options = (struct control_options){.loop = &loop, .data_dir = scratch_dir(), .log_level = "warn"};
}

static void teardown(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0, "every handle was closed");
    scratch_close();
}

TestSuite(agent_process, .init = setup, .fini = teardown, .timeout = 20);

static void on_ended(void *arg, const char *text)
{
    (void)arg;
    snprintf(how, sizeof how, "%s", text);
    ended = true;
}

static struct agent_process *start(const char *script)
{
    struct agent_process *p;
    static char program[300];
    scratch_write("program", script, 0700);
    snprintf(program, sizeof program, "%s", scratch_path("program"));
    options.program = program;
    cr_assert_eq(agent_process_start(&options, "eu-west-1", on_ended, NULL, &p), 0);
    return p;
}

static void run_until_ended(void)
{
    while (!ended) uv_run(&loop, UV_RUN_ONCE);
}

Test(agent_process, is_started_with_its_region_and_what_all_agents_get)
{
    options.redis_server = "/opt/redis";
    options.memcached = "/opt/memcached";
    options.engines = "redis:7=/a\nvalkey:8=/b";
    start("#!/bin/sh\nfor word; do echo \"$word\"; done\nexit 7\n");
    run_until_ended();
    cr_expect_str_eq(how, " (exited with status 7)");
    char expected[1000];
    snprintf(expected, sizeof expected,
        "agent\n--region\neu-west-1\n--data-dir\n%s/regions/eu-west-1\n--log-level\nwarn\n--redis-server\n/opt/redis\n"
        "--memcached\n/opt/memcached\n--engine\nredis:7=/a\n--engine\nvalkey:8=/b\n",
        scratch_dir());
    const char *log = scratch_read("regions/eu-west-1/agent.log");
    cr_expect_eq(strncmp(log, expected, strlen(expected)), 0, "%s", log);
    struct stat st;
    cr_assert_eq(stat(scratch_path("regions/eu-west-1/agent.log"), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(agent_process, has_no_redis_server_to_name_where_none_is_given)
{
    start("#!/bin/sh\necho $#\n");
    run_until_ended();
    cr_expect_str_eq(how, " (exited with status 0)");
    cr_expect_str_eq(scratch_read("regions/eu-west-1/agent.log"), "7\n");
}

Test(agent_process, the_signal_that_ended_it_is_told)
{
    struct agent_process *p = start("#!/bin/sh\nkill -STOP $$\n");
    cr_expect_gt(agent_process_pid(p), 0);
    cr_expect_not(agent_process_was_found(p));
    agent_process_signal(p, SIGKILL);
    run_until_ended();
    cr_expect_str_eq(how, " (killed by signal 9)");
}

Test(agent_process, one_that_is_left_goes_on)
{
    struct agent_process *p = start("#!/bin/sh\nkill -STOP $$\n");
    pid_t pid = agent_process_pid(p);
    agent_process_leave(p);
    agent_process_leave(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(kill(pid, SIGKILL), 0, "it is there");
    cr_expect_eq(waitpid(pid, NULL, 0), pid);
    cr_expect_not(ended);
}

Test(agent_process, a_start_that_fails_tells_why_and_leaves_nothing)
{
    struct agent_process *p;
    options.program = "/nowhere/meridian";
    cr_expect_eq(agent_process_start(&options, "eu-west-1", on_ended, NULL, &p), UV_ENOENT);
    cr_assert_eq(unlink(scratch_path("regions/eu-west-1/agent.log")), 0);
    cr_assert_eq(symlink("/tmp/elsewhere", scratch_path("regions/eu-west-1/agent.log")), 0);
    cr_expect_eq(agent_process_start(&options, "eu-west-1", on_ended, NULL, &p), -ELOOP);
    options.data_dir = "/proc/nowhere";
    cr_expect_eq(agent_process_start(&options, "eu-west-1", on_ended, NULL, &p), -ENOENT);
}

/* A process that holds the lock of a region's agent and works in its folder; 'last' is the last of its arguments. */
static pid_t hold_lock(const char *last)
{
    int up[2];
    char byte;
    scratch_write("regions/eu-west-1/agent.lock", "", 0600);
    cr_assert_eq(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(scratch_path("regions/eu-west-1/agent.lock"), O_RDWR);
        if (fcntl(fd, F_SETLK, &l) != 0 || chdir(scratch_path("regions/eu-west-1")) != 0) _exit(1);
        dup2(up[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", "echo; kill -STOP $$", "agent", last, (char *)NULL);
        _exit(1);
    }
    cr_assert_eq(read(up[0], &byte, 1), 1);
    cr_assert_eq(waitpid(pid, NULL, WUNTRACED), pid);
    return pid;
}

Test(agent_process, one_of_an_earlier_serve_is_found_by_its_lock)
{
    cr_expect_null(agent_process_find(&options, "eu-west-1", on_ended, NULL), "nobody is there");
    pid_t pid = hold_lock("--region");
    cr_expect_eq(agent_process_holder(scratch_dir(), "eu-west-1"), pid);
    cr_expect_eq(agent_process_holder(scratch_dir(), "eu-west-2"), 0);
    struct agent_process *p = agent_process_find(&options, "eu-west-1", on_ended, NULL);
    cr_assert_not_null(p);
    cr_expect_eq(agent_process_pid(p), pid);
    cr_expect(agent_process_was_found(p));
    agent_process_signal(p, SIGKILL);
    run_until_ended();
    cr_expect_str_eq(how, "", "it is no child: nobody is told how it ended");
    cr_expect_eq(waitpid(pid, NULL, 0), pid);
    cr_expect_eq(agent_process_holder(scratch_dir(), "eu-west-1"), 0);
}

Test(agent_process, one_of_a_version_with_a_token_makes_room)
{
    int status;
    pid_t pid = hold_lock("--token-file");
    struct agent_process *p = agent_process_find(&options, "eu-west-1", on_ended, NULL);
    cr_assert_not_null(p);
    run_until_ended();
    cr_expect_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
