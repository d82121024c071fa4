#include "agent/info.h"
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

Test(info, roles_have_names_and_other_names_are_no_roles)
{
    cr_assert_str_eq(role_name(role_parse("primary")), "primary");
    cr_assert_str_eq(role_name(role_parse("replica")), "replica");
    cr_assert_eq(role_parse("master"), ROLE_UNKNOWN);
    cr_assert_eq(role_parse(NULL), ROLE_UNKNOWN);
}
