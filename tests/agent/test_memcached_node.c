#include "scripted_host.h"
#include "agent/node/folder.h"
#include "agent/os/file.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
/* A node that is a memcached, told line by line. */

TestSuite(memcached_node, .init = script_open, .fini = script_close);

enum { PORT = 17011 };

static struct proto_setting memory[] = {{"max_cache_memory", "100"}, {"max_item_size", "1048576"}},
                            more[] = {{"max_cache_memory", "200"}, {"max_item_size", "2097152"}};

static struct proto_node_order order(int64_t generation, struct proto_setting *settings)
{
    return (struct proto_node_order){.id = "c.0001",
        .run = OPT_BOOL(true),
        .engine = "memcached",
        .engine_version = "1.6.18",
        .address = "127.0.0.1",
        .port = OPT_INT(PORT),
        .endpoints = {true, 0, NULL},
        .role = ROLE_PRIMARY,
        .incarnation = OPT_INT(1),
        .generation = OPT_INT(generation),
        .settings = {true, 2, settings}};
}

static struct mconn *start(struct node *n, const struct proto_node_order *o, long pid)
{
    char line[40];
    script_order(n, o);
    script_later(n, 2);
    struct mconn *c = script_mconn(PORT);
    cr_assert_not_null(c);
    script_maccept(c);
    cr_assert_str_eq(script_mread(c), "stats");
    snprintf(line, sizeof line, "STAT pid %ld", pid ? pid : script_pid("c.0001"));
    script_msay(c, line);
    script_msay(c, "STAT version 1.6.18");
    script_msay(c, "END");
    return c;
}

Test(memcached_node, it_starts_and_is_ready)
{
    struct proto_node_order o = order(1, memory);
    struct node *n = script_node("c.0001");
    start(n, &o, 0);
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.state, SEEN_READY);
    cr_assert_str_eq(seen.engine_name, "memcached");
    cr_assert_str_eq(seen.engine_version, "1.6.18");
    cr_assert_eq(seen.generation.v, 1);
    cr_assert_eq(seen.encryption, ENCRYPTION_UNSET);
    cr_assert_not(node_can_feed(n) || node_is_looking(n) || node_is_switching(n));
    node_look(n);
    node_relink(n);
    node_keep_room(n);
    node_bound_log(n);
}

Test(memcached_node, another_process_at_its_address_is_told)
{
    struct proto_node_order o = order(1, memory);
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 7);
    cr_assert_str_eq(script_see(n).reason, "process 7 answers at its address");
    script_later(n, 200);
    cr_assert_str_eq(script_mread(c), "stats");
}

Test(memcached_node, its_memory_is_changed_and_the_rest_is_pending)
{
    struct proto_node_order o = order(1, memory), other = order(2, more), third = order(3, more);
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 0);
    script_order(n, &other);
    cr_assert_str_eq(script_mread(c), "cache_memlimit 200");
    script_order(n, &third); /* the answer is about the settings before */
    script_msay(c, "OK");
    cr_assert_eq(script_see(n).generation.v, 1);
    cr_assert_str_eq(script_mread(c), "cache_memlimit 200");
    script_msay(c, "MEMLIMIT_TOO_SMALL");
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.generation.v, 3);
    cr_assert_eq(seen.pending_settings.n, 1);
    cr_assert_str_eq(seen.pending_settings.items[0], "max_item_size");
    cr_assert_not_null(strstr(seen.reason, "refuses its size of memory"));
}

static struct proto_tls_order certified(const char *certificate)
{
    return (struct proto_tls_order){.mode = ENCRYPTION_REQUIRED,
        .certificate = certificate,
        .key = "-----BEGIN KEY",
        .authority = "-----BEGIN CA",
        .inner_address = "127.0.0.1"};
}

/* The file on disk begins with that text. */
static bool has_on_disk(struct node *n, const char *file, const char *text)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf content = {0};
    cr_assert_eq(file_read(node_path(n, file, path), &content, &e), 0);
    return strncmp(content.data, text, strlen(text)) == 0;
}

Test(memcached_node, a_renewed_certificate_is_read_without_a_restart)
{
    struct proto_tls_order old = certified("-----BEGIN one"), renewed = certified("-----BEGIN two");
    struct proto_node_order o = order(1, memory), next = order(1, memory);
    o.tls = &old;
    next.tls = &renewed;
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 0);
    cr_expect(has_on_disk(n, "node.crt", "-----BEGIN one"));
    int pid = (int)script_pid("c.0001");
    script_order(n, &next);
    cr_assert_str_eq(script_mread(c), "refresh_certs");
    cr_expect(has_on_disk(n, "node.crt", "-----BEGIN two"));
    script_msay(c, "OK");
    cr_expect_eq(script_pid("c.0001"), pid);
    cr_expect_eq(script_see(n).state, SEEN_READY);
    script_beats(n, 1);
    cr_assert_str_eq(script_mread(c), "version", "it is not asked again");
}

Test(memcached_node, it_is_asked_on_each_beat_and_hangs_where_it_stands_still)
{
    struct proto_node_order o = order(1, memory);
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 0);
    script_beats(n, 1);
    cr_assert_str_eq(script_mread(c), "version");
    script_msay(c, "VERSION 1.6.18");
    script_beats(n, 5);
    cr_assert_eq(script_see(n).state, SEEN_HUNG);
    script_msay(c, "VERSION 1.6.18");
    cr_assert_eq(script_see(n).state, SEEN_READY);
}

Test(memcached_node, what_was_asked_before_an_order_without_sense_is_asked_again_after_it)
{
    static struct proto_setting nonsense[] = {{"max_cache_memory", "100"}, {"max_item_size", "-v"}};
    struct proto_node_order o = order(1, memory), other = order(2, more), bad = order(3, nonsense);
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 0);
    script_order(n, &other);
    cr_assert_str_eq(script_mread(c), "cache_memlimit 200");
    script_order(n, &bad);
    script_msay(c, "OK");
    script_order(n, &other);
    cr_assert_str_eq(script_mread(c), "cache_memlimit 200");
    script_msay(c, "OK");
    cr_assert_eq(script_see(n).generation.v, 2);
}

Test(memcached_node, it_ends_without_saving_anything)
{
    struct proto_node_order o = order(1, memory);
    struct node *n = script_node("c.0001");
    struct mconn *c = start(n, &o, 0);
    node_stop(n);
    cr_assert_eq(script_signal("c.0001"), SIGTERM);
    script_msay(c, "VERSION 1.6.18");
    script_mhang_up(c);
    script_end("c.0001", 0, 0);
    cr_assert_eq(script_see(n).state, SEEN_STOPPED);
    cr_assert_not(node_is_to_load(n));
}

Test(memcached_node, another_engine_makes_room_first)
{
    struct proto_node_order o = order(1, memory), redis = order(2, memory);
    struct node *n = script_node("c.0001");
    start(n, &o, 0);
    redis.engine = "redis";
    redis.engine_version = "7.0.7";
    redis.role = ROLE_PRIMARY;
    redis.settings.n = 0;
    script_order(n, &redis);
    cr_assert_eq(n->state, NODE_STOP);
    script_end("c.0001", 0, 0);
    cr_assert_eq(n->state, NODE_BOOT);
    cr_assert_str_eq(n->kind->program, "redis-server");
}

Test(memcached_node, an_engine_that_nobody_has_is_refused)
{
    struct proto_node_order o = order(1, memory);
    o.engine = "mysql";
    o.role = ROLE_PRIMARY;
    struct node *n = script_node("c.0001");
    script_order(n, &o);
    cr_assert_eq(script_see(n).state, SEEN_BROKEN);
    cr_assert_str_eq(script_see(n).reason, "this agent can't run the engine \"mysql\"");
}
