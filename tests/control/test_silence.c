#include "control/silence.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* After how many looks an agent that does this all the time hangs. */
static int looks_until(enum agent_doing doing)
{
    struct silence s = {0};
    int n = 1;
    while (!silence_hangs(&s, doing)) n++;
    return n;
}

Test(silence, one_that_stands_still_hangs_soon_and_one_that_works_late)
{
    cr_assert_eq(looks_until(AGENT_STANDS), 3);
    cr_assert_eq(looks_until(AGENT_WAITS), 10);
    cr_assert_eq(looks_until(AGENT_WORKS), 30);
}

Test(silence, a_starved_agent_is_given_time_whatever_it_did_before)
{
    struct silence s = {0};
    for (int i = 0; i < 2; i++) cr_assert(!silence_hangs(&s, AGENT_STANDS));
    for (int i = 0; i < 9; i++) cr_assert(!silence_hangs(&s, AGENT_WORKS), "%d", i);
    cr_assert(silence_hangs(&s, AGENT_WORKS));
}

Test(silence, a_word_ends_it)
{
    struct silence s = {0};
    for (int i = 0; i < 20; i++) {
        cr_assert(!silence_hangs(&s, AGENT_STANDS));
        cr_assert(!silence_hangs(&s, AGENT_WAITS));
        silence_end(&s);
    }
}

Test(silence, it_falls_out_of_touch_once)
{
    struct silence s = {0};
    int falls = 0;
    for (int i = 1; i < 20; i++) {
        silence_hangs(&s, AGENT_WORKS);
        falls += silence_falls(&s);
        cr_assert_eq(falls, i >= 3);
    }
}

Test(silence, the_kernel_tells_who_stands_still_and_who_works)
{
    struct silence s = {0};
    pid_t sleeper = fork();
    if (sleeper == 0)
        for (;;) pause();
    cr_assert_eq(kill(sleeper, SIGSTOP), 0);
    cr_assert_eq(waitpid(sleeper, NULL, WUNTRACED), sleeper);
    cr_assert_eq(silence_look(&s, sleeper), AGENT_STANDS);
    cr_assert_eq(kill(sleeper, SIGKILL), 0);
    cr_assert_eq(waitpid(sleeper, NULL, 0), sleeper);
    cr_assert_eq(silence_look(&s, sleeper), AGENT_WAITS, "it is gone: nothing more than its end is to be waited for");
    cr_assert_eq(silence_look(&s, getpid()), AGENT_WORKS);
}
