#include "agent/redis/delivery_line.h"
#include "base/buf.h"
#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

static struct buf out;

static void setup(void)
{
    setenv("TZ", "UTC-2", 1); /* two hours ahead of UTC */
}

static void teardown(void)
{
    buf_fini(&out);
}

TestSuite(delivery_line, .init = setup, .fini = teardown);

/* What an engine answers, as it stands on the wire. */
static struct redisReply *answer(const char *wire)
{
    void *reply = NULL;
    redisReader *r = redisReaderCreate();
    redisReaderFeed(r, wire, strlen(wire));
    cr_assert_eq(redisReaderGetReply(r, &reply), REDIS_OK);
    cr_assert_not_null(reply);
    redisReaderFree(r);
    return reply;
}

#define ENTRY(arguments) "*6\r\n:7\r\n:1700000000\r\n:1234\r\n" arguments "$9\r\n127.0.0.1\r\n$3\r\nn\"m\r\n"

static bool slow_line(bool json, const char *wire)
{
    struct redisReply *r = answer(wire);
    buf_clear(&out);
    bool is = delivery_slow_line(&out, "demo-001", "0001", json, r);
    freeReplyObject(r);
    return is;
}

static bool log_line(bool json, const char *line)
{
    buf_clear(&out);
    return delivery_log_line(&out, "demo-001", "0001", json, line, strlen(line));
}

Test(delivery_line, of_the_slow_log_counts_arguments_and_tells_none)
{
    cr_assert(slow_line(true, ENTRY("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n")));
    cr_assert_str_eq(out.data,
        "{\"CacheClusterId\":\"demo-001\",\"CacheNodeId\":\"0001\",\"Id\":7,\"Timestamp\":1700000000,\"Duration (us)\":1234,"
        "\"Command\":\"SET ... (2 more arguments)\",\"ClientAddress\":\"127.0.0.1\",\"ClientName\":\"n\\\"m\"}\n");
    cr_assert(slow_line(false, ENTRY("*1\r\n$4\r\nPING\r\n")));
    cr_assert_str_eq(out.data, "demo-001,0001,1700000000,1234,PING,127.0.0.1,n\"m\n");
}

Test(delivery_line, of_a_command_that_the_engine_cut_off_counts_all_of_it)
{
    cr_assert(slow_line(false, ENTRY("*3\r\n$4\r\nMSET\r\n$1\r\nk\r\n$24\r\n... (100 more arguments)\r\n")));
    cr_assert_str_eq(out.data, "demo-001,0001,1700000000,1234,MSET ... (101 more arguments),127.0.0.1,n\"m\n");
}

Test(delivery_line, of_what_is_no_entry_is_none)
{
    static const char *const others[] = {
        ":1\r\n", "*0\r\n", "*4\r\n:1\r\n:1\r\n:1\r\n*1\r\n$4\r\nPING\r\n", ENTRY("*0\r\n"), ENTRY(":1\r\n")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_not(slow_line(i % 2, others[i]), "%zu", i);
        cr_expect_eq(out.len, 0u, "%zu", i);
    }
}

Test(delivery_line, of_the_engine_has_its_time_in_utc)
{
    cr_assert(log_line(false, "12:M 01 Jan 2026 01:30:05.123 * Ready to accept connections"));
    cr_assert_str_eq(out.data, "demo-001/0001:M 31 Dec 2025 23:30:05.123 UTC * Ready to accept connections\n");
    cr_assert(log_line(true, "12:S 01 Jan 2026 01:30:05.123 # Error: \"x\""));
    cr_assert_str_eq(out.data,
        "{\"CacheClusterId\":\"demo-001\",\"CacheNodeId\":\"0001\",\"LogLevel\":\"WARNING\",\"Role\":\"S\","
        "\"Time\":\"31 Dec 2025 23:30:05.123 UTC\",\"Message\":\"Error: \\\"x\\\"\"}\n");
}

Test(delivery_line, of_the_module_is_none)
{
    cr_expect_not(log_line(false, "12:M 01 Jan 2026 01:30:05.123 * <meridian> follows 127.0.0.1:6379"));
    cr_expect_not(log_line(true, "12:M 01 Jan 2026 01:30:05.123 * Module 'meridian' loaded from /data/attach.so"));
    cr_expect(log_line(false, "12:M 01 Jan 2026 01:30:05.123 * Module 'other' loaded from /data/other.so"));
}

Test(delivery_line, of_another_form_is_none)
{
    static const char *const others[] = {"", "# Warning: a line of a library", "12:M 01 Jan 2026 * no time", "12:M",
        "x:M 01 Jan 2026 01:30:05.123 * m", "12:M 41 Jan 2026 01:30:05.123 * m", "12:M 01 Jan 2026 01:30:05.1234 * m"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_not(log_line(i % 2, others[i]), "%s", others[i]);
        cr_expect_eq(out.len, 0u, "%s", others[i]);
    }
}
