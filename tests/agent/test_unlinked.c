#include "agent/redis/unlinked.h"
#include <criterion/criterion.h>
#include <stdio.h>
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
    cr_assert_str_eq(
        reason("7:S 1 Jan 2026 00:00:00.000 # Bad protocol from MASTER, the first byte is not '$' (we received 'secret')\n"),
        "Bad protocol from MASTER, the first byte is not ");
}

/* What both engines log where an upstream sends what can't be read. */
Test(unlinked, every_engine_says_it_in_its_own_words)
{
    static const struct {
        const char *line, *reason;
    } table[] = {
        {"# Error reply to PING from primary: '-ERR no'", "Error reply to PING from primary: "},
        {"# Unexpected reply to PSYNC from primary: +WHAT", "Unexpected reply to PSYNC from primary: +WHAT"},
        {"# Unable to AUTH to PRIMARY: -WRONGPASS", "Unable to AUTH to PRIMARY: -WRONGPASS"},
        {"# Bad protocol from PRIMARY, the first byte is not '$'", "Bad protocol from PRIMARY, the first byte is not "},
        {"# I/O error trying to sync with PRIMARY: connection lost", "I/O error trying to sync with PRIMARY: connection lost"},
        {"* Primary is currently unable to PSYNC but should be in the future: -LOADING",
            "Primary is currently unable to PSYNC but should be in the future: -LOADING"},
        {"# PRIMARY timeout: no data nor PING received...", "PRIMARY timeout: no data nor PING received..."},
        {"# Can't handle RDB format version 99", "Can't handle RDB format version 99"},
        {"# Protocol error (invalid bulk length) from client: id=5 addr=127.0.0.1:1 laddr=127.0.0.1:2",
            "Protocol error (invalid bulk length)"},
        {"# Failed trying to load the PRIMARY synchronization DB from socket, check server logs.",
            "Failed trying to load the PRIMARY synchronization DB from socket, check server logs."},
        {"* PRIMARY <-> REPLICA sync started", NULL},
        {"# 12 timeout", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char line[200];
        snprintf(line, sizeof line, "12:S 29 Nov 2026 03:00:15.841 %s", table[i].line);
        const char *why = reason(line);
        if (table[i].reason == NULL) cr_expect_null(why, "%s", table[i].line);
        else cr_expect_str_eq(why, table[i].reason);
    }
}

Test(unlinked, a_line_that_only_sums_up_is_no_reason_where_there_is_one)
{
    cr_assert_str_eq(reason("7:S 1 Jan 2026 00:00:00.000 # Short read or OOM loading DB. Unrecoverable error, aborting now.\n"
                            "7:S 1 Jan 2026 00:00:00.000 # Failed trying to load the MASTER synchronization DB from socket: x\n"),
        "Short read or OOM loading DB. Unrecoverable error, aborting now.");
}

Test(unlinked, a_log_may_say_nothing_of_it)
{
    cr_assert_null(reason(""));
    cr_assert_null(reason("7:S 1 Jan 2026 00:00:00.000 * Ready to accept connections\nhalf a line"));
}
