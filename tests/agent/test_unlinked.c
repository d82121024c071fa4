#include "agent/redis/unlinked.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *reason(const char *text)
{
    static char log[1000];
    strcpy(log, text);
    return unlinked_reason(log);
}

Test(unlinked, the_last_line_that_says_why_counts)
{
    cr_assert_str_eq(reason("7:S 1 Jan 2026 00:00:00.000 * Connecting to MASTER 127.0.0.1:6379\n"
                            "7:S 1 Jan 2026 00:00:00.000 # Error condition on socket for SYNC: Connection refused\n"
                            "7:S 1 Jan 2026 00:00:01.000 # Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair "
                            "or user is disabled.\n"
                            "7:S 1 Jan 2026 00:00:01.000 * MASTER <-> REPLICA sync started\n"),
        "Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.");
}

Test(unlinked, what_a_stranger_may_have_sent_is_not_repeated)
{
    cr_assert_str_eq(reason("7:S # Bad protocol from MASTER, the first byte is not '$' (we received 'secret')\n"),
        "Bad protocol from MASTER, the first byte is not ");
}

Test(unlinked, a_log_may_say_nothing_of_it)
{
    cr_assert_null(reason(""));
    cr_assert_null(reason("7:S 1 Jan 2026 00:00:00.000 * Ready to accept connections\nhalf a line"));
}
