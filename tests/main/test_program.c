#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* The program itself, with what ends at once. MERIDIAN is its path. */

static char out[65536];

TestSuite(program, .init = scratch_open, .fini = scratch_close, .timeout = 20);

/* The exit status; what it says on both its outputs is in 'out'. */
static int run(const char *arguments)
{
    char command[1024];
    snprintf(command, sizeof command, "HOME=%s exec %s %s 2>&1", scratch_dir(), MERIDIAN, arguments);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    out[fread(out, 1, sizeof out - 1, f)] = '\0';
    return WEXITSTATUS(pclose(f));
}

Test(program, tells_its_version)
{
    cr_expect_eq(run("version"), 0);
    cr_expect_str_eq(out, "meridian " MERIDIAN_VERSION "\n");
}

Test(program, helps)
{
    cr_expect_eq(run("help"), 0);
    cr_expect(strstr(out, "usage: meridian COMMAND"));
    cr_expect_eq(run("serve --help"), 0);
    cr_expect(strstr(out, "--data-dir DIR"));
    cr_expect_eq(run("help serve --markdown"), 0);
    cr_expect(strstr(out, "| `--data-dir DIR` |"));
    cr_expect_eq(run("help --man"), 0);
    cr_expect(strstr(out, ".TH "));
    cr_expect_eq(run("help > /dev/full"), 1, "what could not be said is no success");
}

Test(program, a_command_line_that_makes_no_sense_ends_with_status_two)
{
    cr_expect_eq(run(""), 2);
    cr_expect(strstr(out, "usage: meridian COMMAND"));
    cr_expect_eq(run("dance"), 2);
    cr_expect_str_eq(out, "meridian: there is no command \"dance\"; meridian help lists them\n");
    cr_expect_eq(run("serve --port-range 1"), 2);
    cr_expect_eq(run("serve --listen foo"), 2);
    cr_expect_eq(run("serve --listen 127.0.0.1:0 --default-region mars-1"), 2);
    cr_expect_str_eq(out, "meridian: --default-region mars-1: there is no such region\n");
    cr_expect_eq(run("serve --listen 127.0.0.1:0 --dns nowhere"), 2);
    cr_expect_eq(run("serve --listen 127.0.0.1:0 --names aws"), 2);
    cr_expect_eq(access(scratch_path(".local"), F_OK), -1, "nothing is touched");
    cr_expect_eq(WEXITSTATUS(system(MERIDIAN " serve --listen foo <&- >&- 2>&-")), 2);
}

Test(program, what_can_not_start_ends_with_status_one)
{
    cr_expect_eq(run("serve --listen 127.0.0.1:0 --redis-server /nowhere/redis"), 1);
    cr_expect_eq(run("agent --region us-east-1 --data-dir /proc/nowhere/regions/us-east-1"), 1);
    cr_expect(strstr(out, "error agent us-east-1: "), "%s", out);
}
