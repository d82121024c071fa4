#include "main/leftovers.h"
#include "base/clock.h"
#include "base/err.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* Agents and engines are processes of the test; the program is a shell script. */

static struct leftovers l;
static struct err e;
static char program[300];

static void setup(void)
{
    scratch_open();
    cr_redirect_stderr();
    snprintf(program, sizeof program, "%s", scratch_path("program"));
    l = (struct leftovers){scratch_dir(), program, 60, "its meridian.db is gone"};
}

TestSuite(leftovers, .init = setup, .fini = scratch_close, .timeout = 20);

/* Works in a folder, holding a lock there if it is an agent; it ends on SIGTERM unless it is deaf. */
static pid_t start(const char *folder, bool agent, bool deaf)
{
    int up[2];
    char byte, lock[300];
    snprintf(lock, sizeof lock, "%s/agent.lock", folder);
    scratch_write(lock, "", 0600);
    cr_assert_eq(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(scratch_path(lock), O_RDWR);
        signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL);
        if ((agent && fcntl(fd, F_SETLK, &f) != 0) || chdir(scratch_path(folder)) != 0 || write(up[1], "", 1) != 1) _exit(1);
        for (;;) pause();
    }
    cr_assert_eq(read(up[0], &byte, 1), 1);
    return pid;
}

static void finish(pid_t pid)
{
    kill(pid, SIGKILL);
    cr_expect_eq(waitpid(pid, NULL, 0), pid);
}

Test(leftovers, there_are_none_where_nothing_runs)
{
    cr_expect_eq(leftovers_end(&l, &e), 0, "%s", e.msg);
    scratch_write("regions/us-east-1/agent.lock", "", 0600);
    cr_expect_eq(leftovers_end(&l, &e), 0, "%s", e.msg);
}

Test(leftovers, an_agent_is_told_to_stop)
{
    int status;
    pid_t pid = start("regions/us-east-1", true, false);
    cr_expect_eq(leftovers_end(&l, &e), 0, "%s", e.msg);
    cr_expect_eq(waitpid(pid, &status, WNOHANG), pid, "it has ended");
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

Test(leftovers, an_agent_that_stands_still_is_made_to_go_on_first)
{
    pid_t pid = start("regions/us-east-1", true, false);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    cr_assert_eq(waitpid(pid, NULL, WUNTRACED), pid);
    cr_expect_eq(leftovers_end(&l, &e), 0, "%s", e.msg);
    cr_expect_eq(waitpid(pid, NULL, WNOHANG), pid);
}

Test(leftovers, an_engine_without_an_agent_gets_one_that_stops_it)
{
    char script[200];
    pid_t pid = start("regions/eu-west-1/g-001.0001", false, false);
    snprintf(script, sizeof script,
        "#!/bin/sh\necho \"$@\"\nkill -KILL %d\nwhile kill -0 %d && ! grep -q ') Z' /proc/%d/stat; do :; done\n", (int)pid,
        (int)pid, (int)pid);
    scratch_write("program", script, 0700);
    cr_expect_eq(leftovers_end(&l, &e), 0, "%s", e.msg);
    cr_expect_eq(waitpid(pid, NULL, WNOHANG), pid);
    char expected[400];
    snprintf(expected, sizeof expected, "agent --stop on --stop-timeout 60 --region eu-west-1 --data-dir %s\n",
        scratch_path("regions/eu-west-1"));
    cr_expect_str_eq(scratch_read("regions/eu-west-1/agent.log"), expected);
}

Test(leftovers, an_engine_that_no_agent_could_stop_is_named)
{
    char expected[100];
    pid_t pid = start("regions/eu-west-1/g-001.0001", false, true);
    scratch_write("program", "#!/bin/sh\n", 0700);
    cr_expect_eq(leftovers_end(&l, &e), ERR_IN_USE);
    snprintf(expected, sizeof expected, "a node of eu-west-1, process %d, does not end", (int)pid);
    cr_expect(strstr(e.msg, expected), "%s", e.msg);
    finish(pid);
}

/* base/clock.h a second time: of the two looks at the clock, the second is long after the first. */
static int64_t jump_ns;

int64_t clock_mono_ns(void)
{
    static int64_t now_ns;
    return now_ns += jump_ns;
}

int64_t clock_now_ms(void)
{
    return 0;
}

Test(leftovers, an_agent_that_does_not_end_in_time_is_named)
{
    char expected[100];
    pid_t pid = start("regions/us-east-1", true, true);
    jump_ns = INT64_C(76000000000);
    cr_expect_eq(leftovers_end(&l, &e), ERR_IN_USE);
    snprintf(expected, sizeof expected, "the agent of us-east-1, process %d, does not end", (int)pid);
    cr_expect(strstr(e.msg, expected), "%s", e.msg);
    finish(pid);
}
