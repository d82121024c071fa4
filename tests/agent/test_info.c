#include "agent/redis/info.h"
#include "agent/memcached/stats.h"
#include <criterion/criterion.h>
#include <string.h>

static const char primary[] =
    "# Replication\r\nrole:master\r\nconnected_slaves:2\r\n"
    "slave0:ip=127.0.0.2,port=6379,state=online,offset=42,lag=0\r\nmaster_failover_state:no-failover\r\n"
    "master_repl_offset:4200000000\r\n";
static const char replica[] =
    "# Replication\r\nrole:slave\r\nmaster_host:127.1.0.1\r\nmaster_port:6380\r\nmaster_link_status:up\r\n"
    "slave_read_repl_offset:99\r\nslave_repl_offset:77\r\nconnected_slaves:0\r\nmaster_repl_offset:77\r\n";

Test(info, reads_what_a_primary_says)
{
    struct replication_info i;
    cr_assert(info_replication(primary, strlen(primary), &i));
    cr_assert_eq(i.role, ROLE_PRIMARY);
    cr_assert_eq(i.offset, 4200000000);
    cr_assert_str_eq(i.upstream_host, "");
}

/* Of a Redis 7.0 with a replica and 60 MB of keys. */
static const char memory[] =
    "# Memory\r\nused_memory:130000000\r\nused_memory_human:123.98M\r\nused_memory_peak:140000000\r\n"
    "used_memory_startup:900000\r\nmaxmemory:300000000\r\nmaxmemory_human:286.10M\r\nmem_not_counted_for_evict:5000\r\n"
    "mem_total_replication_buffers:67108900\r\nmem_clients_normal:22000\r\nmem_cluster_links:100\r\nmem_aof_buffer:0\r\n";

Test(info, reads_how_much_memory_is_used_and_how_much_of_it_are_keys)
{
    struct memory_info m = {.used = 1};
    cr_assert(info_memory(memory, strlen(memory), &m));
    cr_assert_eq(m.used, 129995000);
    cr_assert_eq(m.data, 130000000 - 900000 - 67108900 - 22000 - 100);
    cr_assert_eq(m.limit, 300000000);
    cr_assert_not(info_memory(primary, strlen(primary), &m));
    cr_assert_eq(m.used, 129995000, "the answer to something else");
}

Test(info, knows_where_a_primary_stopped_following)
{
    static const struct {
        const char *text;
        int64_t branch;
    } table[] = {
        {"role:master\r\nmaster_repl_offset:500\r\nsecond_repl_offset:401\r\n", 401},
        {"role:master\r\nmaster_repl_offset:500\r\nsecond_repl_offset:-1\r\n", 0},
        {"role:master\r\nmaster_repl_offset:0\r\nsecond_repl_offset:1\r\n", 1},
        {"role:master\r\nmaster_repl_offset:500\r\n", 0},
        {"role:slave\r\nmaster_host:h\r\nmaster_port:1\r\nslave_repl_offset:500\r\nsecond_repl_offset:401\r\n", 0},
    };
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct replication_info i;
        cr_assert(info_replication(table[k].text, strlen(table[k].text), &i));
        cr_expect_eq(i.branch_offset, table[k].branch, "%s", table[k].text);
    }
}

Test(info, knows_what_a_primary_keeps_of_its_stream)
{
    static const char says[] =
        "role:master\r\nmaster_replid:0123456789012345678901234567890123456789\r\nmaster_repl_offset:500\r\n"
        "repl_backlog_active:1\r\nrepl_backlog_first_byte_offset:101\r\nrepl_backlog_histlen:400\r\n";
    struct replication_info i;
    cr_assert(info_replication(says, strlen(says), &i));
    cr_assert_str_eq(i.replid, "0123456789012345678901234567890123456789");
    cr_assert_eq(i.kept_from, 101);
    cr_assert(info_replication(primary, strlen(primary), &i));
    cr_assert_eq(i.kept_from, 0);
}

Test(info, reads_what_a_replica_says)
{
    struct replication_info i;
    cr_assert(info_replication(replica, strlen(replica), &i));
    cr_assert_eq(i.role, ROLE_REPLICA);
    cr_assert_str_eq(i.upstream_host, "127.1.0.1");
    cr_assert_eq(i.upstream_port, 6380);
    cr_assert(i.link_up);
    cr_assert_eq(i.offset, 77);
}

Test(info, leaves_the_last_view_alone_where_the_answer_is_something_else)
{
    struct replication_info i = {.offset = 5};
    const char *const others[] = {"", "OK", "role:", "role:sentinel\r\n", "role:slave\r\n", "xrole:master\r\n"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        cr_assert(!info_replication(others[k], strlen(others[k]), &i), "%s", others[k]);
    cr_assert_eq(i.offset, 5);
}

Test(info, finds_only_whole_names_at_the_beginning_of_a_line)
{
    char v[8];
    const char *text = "a:1\r\naa:2\r\nb:a:3\r\nlong:123456789\r\nlast:9";
    cr_assert(info_value(text, strlen(text), "aa", v, sizeof v));
    cr_assert_str_eq(v, "2");
    cr_assert(info_value(text, strlen(text), "b", v, sizeof v));
    cr_assert_str_eq(v, "a:3");
    cr_assert(info_value(text, strlen(text), "long", v, sizeof v));
    cr_assert_str_eq(v, "1234567");
    cr_assert(info_value(text, strlen(text), "last", v, sizeof v));
    cr_assert_str_eq(v, "9");
    cr_assert(!info_value(text, strlen(text), "long123", v, sizeof v));
    cr_assert(!info_value(text, 2, "aa", v, sizeof v));
}

Test(info, knows_the_process_that_answers)
{
    struct server_info s;
    const char *text = "# Server\r\nredis_version:7.0.15\r\nprocess_id:4711\r\nexecutable:/usr/bin/redis-server\r\n";
    cr_assert(info_server(text, strlen(text), &s));
    cr_assert_eq(s.pid, 4711);
    cr_assert_str_eq(s.version, "7.0.15");
    cr_assert_str_eq(s.program, "/usr/bin/redis-server");
    cr_assert(!info_server("process_id:0\r\n", 14, &s));
}

/* Some of them would have been ports, processes and offsets of their own once they were cut to size. */
Test(info, with_a_number_that_is_none_is_no_answer)
{
    static const char *const odd[] = {
        "role:master\r\nmaster_repl_offset:-5\r\n",
        "role:master\r\nmaster_repl_offset:9223372036854775808\r\n",
        "role:master\r\nmaster_repl_offset:\r\n",
        "role:master\r\nmaster_repl_offset:12x\r\n",
        "role:master\r\n",
        "role:master\r\nmaster_repl_offset:5\r\nsecond_repl_offset:-2\r\n",
        "role:master\r\nmaster_repl_offset:5\r\nsecond_repl_offset:none\r\n",
        "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:65536\r\nslave_repl_offset:1\r\n",
        "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:4294973675\r\nslave_repl_offset:1\r\n",
        "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:-1\r\nslave_repl_offset:1\r\n",
        "role:slave\r\nmaster_host:127.0.0.1\r\nslave_repl_offset:1\r\n",
        "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:6379\r\nslave_repl_offset:-2\r\n",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct replication_info i = {.offset = 5};
        cr_expect(!info_replication(odd[k], strlen(odd[k]), &i), "%s", odd[k]);
        cr_expect_eq(i.offset, 5);
    }
}

/* The address that a replica tells of itself is shown as it came. */
Test(info, that_tells_something_twice_does_not_tell_it)
{
    struct replication_info i;
    const char *text = "role:master\r\nslave0:ip=x\r\nmaster_repl_offset:9\r\n,port=1\r\nmaster_repl_offset:5\r\n";
    cr_assert(!info_replication(text, strlen(text), &i));
    text = "role:master\r\nslave0:ip=x\r\nrole:slave\r\n,port=1\r\nmaster_repl_offset:5\r\n";
    cr_assert(!info_replication(text, strlen(text), &i));
}

Test(info, of_memory_that_no_machine_has_is_no_answer)
{
    static const char *const odd[] = {"used_memory:9223372036854775807\r\n", "used_memory:0\r\n", "used_memory:-1\r\n",
        "used_memory:5\r\nmaxmemory:-1\r\n", "used_memory:5\r\nused_memory_startup:-9223372036854775808\r\n",
        "used_memory:5\r\nmem_not_counted_for_evict:99999999999999999999\r\n", "used_memory:1e9\r\n"};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct memory_info m = {.used = 1};
        cr_expect(!info_memory(odd[k], strlen(odd[k]), &m), "%s", odd[k]);
        cr_expect_eq(m.used, 1);
    }
}

Test(info, knows_versions_that_begin_with_letters)
{
    static const char *const good[] = {"7.0.15", "8.1.0-rc1", "df-v1.21.2"}, *const bad[] = {
                                                                                 "", "server", "7.0 15", "7.0<b>", "7\n0"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_expect(server_info_is_version(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_expect_not(server_info_is_version(bad[i]), "%s", bad[i]);
}

Test(info, of_a_process_that_can_not_be_is_no_answer)
{
    static const char *const odd[] = {"redis_version:7.0.15\r\nprocess_id:4294967297\r\n",
        "redis_version:7.0.15\r\nprocess_id:-1\r\n", "redis_version:7.0.15\r\n", "redis_version:\r\nprocess_id:5\r\n",
        "redis_version:7.0<b>\r\nprocess_id:5\r\n"};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct server_info s;
        cr_expect(!info_server(odd[k], strlen(odd[k]), &s), "%s", odd[k]);
    }
}

Test(info, of_a_memcached_is_a_line_for_each_thing)
{
    struct server_info s = {0};
    static const char *const odd[] = {"STAT pid 0", "STAT pid 4294967297", "STAT pid 12 ", "STAT pid -3", "STAT pid",
        "STAT version x", "STAT version 1.6.18 \x01", "STAT version 1.1111111111111111111111111111111111111", "STAT threads 4",
        "END", ""};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) stats_read_line(odd[k], &s);
    cr_assert(s.pid == 0 && s.version[0] == '\0');
    stats_read_line("STAT pid 4711", &s);
    stats_read_line("STAT version 1.6.18", &s);
    cr_assert_eq(s.pid, 4711);
    cr_assert_str_eq(s.version, "1.6.18");
}

Test(info, two_views_that_differ_in_the_offset_alone_are_the_same)
{
    struct replication_info a, b;
    info_replication(replica, strlen(replica), &a);
    b = a;
    b.offset++;
    cr_assert(info_same_replication(&a, &b));
    b.link_up = false;
    cr_assert(!info_same_replication(&a, &b));
    b = a;
    strcpy(b.upstream_host, "127.1.0.2");
    cr_assert(!info_same_replication(&a, &b));
}
