#include "base/log.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int heard;

/* What goes to standard error comes here. */
static void listen_to_stderr(void)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
    heard = ends[0];
}

TestSuite(log, .init = listen_to_stderr);

static const char *line(void)
{
    static char text[20000];
    ssize_t n = read(heard, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* Behind the time, which a line begins with. */
static void expect_behind_time(const char *wanted)
{
    const char *text = line(), *z = strstr(text, "Z");
    cr_assert_not_null(z, "%s", text);
    cr_expect_str_eq(z + 1, wanted);
}

Test(log, a_line_has_a_time_a_level_and_who_says_it)
{
    log_init(LOG_INFO, "agent x");
    log_debug("not this");
    log_info("node %d", 1);
    expect_behind_time(" info  agent x: node 1\n");
    log_init(LOG_INFO, NULL);
    log_error("bad");
    expect_behind_time(" error bad\n");
    log_notice("a word");
    cr_expect_str_eq(line(), "meridian: a word\n");
}

Test(log, json_has_an_object_in_each_line_whatever_the_message_holds)
{
    log_init(LOG_INFO, "agent x");
    log_set_format(LOG_JSON);
    log_warn("a \"word\" \\ and\na line \xc3\xa4");
    expect_behind_time(
        "\", \"level\": \"warn\", \"who\": \"agent x\", \"message\": \"a \\\"word\\\" \\\\ and\\u000aa line ??\"}\n");
    log_init(LOG_INFO, NULL);
    log_notice("a word");
    expect_behind_time("\", \"level\": \"warn\", \"who\": \"serve\", \"message\": \"a word\"}\n");
}

Test(log, a_long_message_is_cut_and_its_line_ends)
{
    char message[6000];
    memset(message, 1, sizeof message - 1); /* of which each is written as six */
    message[sizeof message - 1] = '\0';
    log_set_format(LOG_JSON);
    log_error("%s", message);
    const char *text = line();
    cr_expect_str_eq(text + strlen(text) - 9, "\\u0001\"}\n");
}
