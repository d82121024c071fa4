#include "discovery/hearing.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
/* A memcached's connection: what it reads, and which of what it writes is an answer to a question that it does not know. */

static struct hearing hearing;

static void hear(const char *text)
{
    hearing_take(&hearing, text, strlen(text));
}

/* memcached writes that: what is it an answer to? */
static enum question write_next(const char *text)
{
    size_t size = 0;
    enum question q = hearing_recognise(&hearing, text, strlen(text), &size);
    if (q != QUESTION_NONE) cr_assert_leq(size, strlen(text));
    hearing_answered(&hearing, q);
    return q;
}

TestSuite(hearing);

Test(hearing, a_question_is_known_by_the_error_that_it_is_answered_with)
{
    hear("config get cluster\r\n");
    cr_assert(hearing_awaits(&hearing));
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG);
    cr_assert_not(hearing_awaits(&hearing));
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_NONE);
}

Test(hearing, a_question_may_come_in_any_pieces_and_end_without_a_carriage_return)
{
    static const char *const lines[] = {"config get cluster\r\n", "config get cluster\n"};
    for (size_t l = 0; l < 2; l++)
        for (size_t cut = 1; cut < strlen(lines[l]); cut++) {
            hearing = (struct hearing){0};
            hearing_take(&hearing, lines[l], cut);
            cr_assert_not(hearing_awaits(&hearing), "%zu", cut);
            hear(lines[l] + cut);
            cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG, "%zu", cut);
        }
}

Test(hearing, questions_among_other_commands_have_their_turn)
{
    hear("get a\r\nconfig get cluster\r\nget b\r\nconfig get cluster\r\nget AmazonElastiCache:cluster\r\n");
    cr_assert_eq(write_next("END\r\n"), QUESTION_NONE);
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG);
    cr_assert_eq(write_next("VALUE b 0 7\r\nERROR\r\n\r\nEND\r\n"), QUESTION_NONE);
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG);
    cr_assert_eq(write_next("END\r\n"), QUESTION_NONE, "an old question is known where it stands alone");
}

Test(hearing, a_value_that_looks_like_a_question_is_none_later)
{
    hear("set k 0 0 20\r\nconfig get cluster\r\n\r\n");
    cr_assert_eq(write_next("STORED\r\n"), QUESTION_NONE);
    hear("nonsense\r\n");
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_NONE);
}

Test(hearing, what_memcached_reads_more_of_before_it_answers_is_still_asked)
{
    hear("config get cluster\r\nget a");
    hear("b\r\n");
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG);
    cr_assert_eq(write_next("END\r\n"), QUESTION_NONE);
}

Test(hearing, the_older_questions_are_known_by_the_value_that_is_not_there)
{
    hear("get AmazonElastiCache:cluster\r\n");
    cr_assert_eq(write_next("END\r\n"), QUESTION_GET);
    hear("gets AmazonElastiCache:cluster\r\n");
    cr_assert_eq(write_next("END\r\n"), QUESTION_GETS);
    hear("get AmazonElastiCache:cluster\r\n");
    cr_assert_eq(write_next("VALUE AmazonElastiCache:cluster 0 1\r\nx\r\nEND\r\n"), QUESTION_NONE, "somebody has stored one");
    cr_assert_eq(write_next("END\r\n"), QUESTION_NONE);
}

Test(hearing, other_lines_are_no_questions)
{
    static const char *const others[] = {"config get clusters\r\n", "config get cluste\r\n", " config get cluster\r\n",
        "CONFIG GET CLUSTER\r\n", "config get cluster \r\n", "xconfig get cluster\r\n", "config get cluster\r\r\n", "\r\n", "\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        hear(others[i]);
        cr_assert_eq(write_next("ERROR\r\n"), QUESTION_NONE, "%s", others[i]);
    }
}

Test(hearing, nothing_is_looked_for_in_long_values_and_a_line_begins_behind_them)
{
    static char value[20000];
    memset(value, '\n', sizeof value);
    memcpy(value + 100, "config get cluster\r\n", 20);
    value[sizeof value - 1] = 'x';
    hearing_take(&hearing, value, sizeof value);
    cr_assert_not(hearing_awaits(&hearing));
    hear("config get cluster\r\n");
    cr_assert_not(hearing_awaits(&hearing), "that line began in the value");
    value[sizeof value - 1] = '\n';
    hearing_take(&hearing, value, sizeof value);
    hear("config get cluster\r\n");
    cr_assert(hearing_awaits(&hearing));
}

Test(hearing, any_number_of_questions_is_counted)
{
    for (int i = 0; i < 1000; i++) hear("config get cluster\r\n");
    for (int i = 0; i < 1000; i++) cr_assert_eq(write_next("ERROR\r\n"), QUESTION_CONFIG);
    cr_assert_eq(write_next("ERROR\r\n"), QUESTION_NONE);
}
