#include "agent/memcached/memcached_args.h"
#include "agent/os/names.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct proto_setting settings[8];
static struct proto_node_order order;
static const struct memcached_host host = {.files = 20000, .cpus = 2};

static void setup(void)
{
    memset(settings, 0, sizeof settings);
    order = (struct proto_node_order){.id = "m-1",
        .engine = "memcached",
        .address = "127.1.0.1",
        .port = OPT_INT(11211),
        .settings = {.set = true, .items = settings}};
}

TestSuite(memcached_args, .init = setup);

static void set(const char *name, const char *value)
{
    settings[order.settings.n++] = (struct proto_setting){name, value};
}

/* The arguments with a space between. */
static const char *arguments(const struct memcached_host *h, const struct string_list *left_out)
{
    static char text[1000];
    struct string_list list = {0}, none = {0};
    text[0] = '\0';
    memcached_args(&order, left_out ? left_out : &none, h, &list);
    for (size_t i = 0; i < list.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", list.items[i]);
    names_clear(&list);
    return text;
}

Test(memcached_args, tell_where_to_listen_and_no_datagrams)
{
    cr_assert_str_eq(arguments(&host, NULL), "-l 127.1.0.1 -p 11211 -U 0 -m 8");
}

Test(memcached_args, name_the_user_only_for_root)
{
    cr_assert(strstr(arguments(&(struct memcached_host){.root = true}, NULL), "-u root"));
    cr_assert_not(strstr(arguments(&host, NULL), "-u"));
}

Test(memcached_args, follow_from_settings)
{
    static const struct {
        const char *name, *value, *args;
    } table[] = {
        {"backlog_queue_limit", "512", " -b 512"},
        {"cas_disabled", "1", " -C"},
        {"cas_disabled", "0", ""},
        {"watch", "1", ""},
        {"watch", "0", " -W"},
        {"chunk_size_growth_factor", "1.25", " -f 1.25"},
        {"max_simultaneous_connections", "65000", " -c 19900"},
        {"max_simultaneous_connections", "1000", " -c 1000"},
        {"num_threads", "96", " -t 2"},
        {"hash_algorithm", "murmur3", " -o hash_algorithm=murmur3"},
        {"lru_crawler", "1", " -o lru_crawler"},
        {"lru_crawler", "0", " -o no_lru_crawler"},
        {"track_sizes", "1", " -o track_sizes"},
        {"track_sizes", "0", ""},
        {"config_max", "16", ""},
        {"something_else", "1", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char wanted[200];
        setup();
        set(table[i].name, table[i].value);
        snprintf(wanted, sizeof wanted, "-l 127.1.0.1 -p 11211 -U 0 -m 8%s", table[i].args);
        cr_expect_str_eq(arguments(&host, NULL), wanted, "%s %s", table[i].name, table[i].value);
    }
}

Test(memcached_args, go_back_to_old_defaults_before_anything_else_is_chosen)
{
    set("lru_maintainer", "1");
    set("no_modern", "1");
    set("slab_automove", "2");
    cr_assert(strstr(arguments(&host, NULL), "-o no_modern,lru_maintainer,slab_automove=2"));
}

Test(memcached_args, leave_out_what_was_refused)
{
    struct string_list left_out = {0};
    set("slab_chunk_max", "300");
    names_add(&left_out, "slab_chunk_max");
    cr_expect_str_eq(arguments(&host, &left_out), "-l 127.1.0.1 -p 11211 -U 0 -m 8");
    names_clear(&left_out);
}

Test(memcached_args, have_the_memory_without_what_is_kept_for_connections)
{
    set("max_cache_memory", "555");
    cr_expect_eq(memcached_megabytes(&order), 555);
    set("memcached_connections_overhead", "100");
    cr_expect_eq(memcached_megabytes(&order), 455);
    settings[1].value = "550";
    cr_expect_eq(memcached_megabytes(&order), 8);
}

Test(memcached_args, take_no_value_that_could_be_more_than_one)
{
    static const char *const bad[] = {"", "1,verbosity", "1 2", "-1", "a\nb", "x=y"};
    struct err e = {0};
    cr_expect_eq(memcached_check(&order, &e), 0);
    set("hash_algorithm", "jenkins");
    cr_expect_eq(memcached_check(&order, &e), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        settings[0].value = bad[i];
        cr_expect_eq(memcached_check(&order, &e), ERR_USAGE, "%s", bad[i]);
        cr_expect(strstr(e.msg, "hash_algorithm"));
    }
}

/* The settings it was started with are kept in a file, a line for each, those that are no argument as well. */
Test(memcached_args, take_no_setting_that_no_parameter_group_has_and_no_line_of_its_own)
{
    struct err e = {0};
    set("config_max", "16");
    cr_expect_eq(memcached_check(&order, &e), 0, "%s", e.msg);
    settings[0].value = "16\nmax_item_size 1";
    cr_expect_eq(memcached_check(&order, &e), ERR_USAGE);
    settings[0] = (struct proto_setting){"verbosity", "1"};
    cr_expect_eq(memcached_check(&order, &e), ERR_USAGE);
    cr_expect(strstr(e.msg, "verbosity"));
}

Test(memcached_args, need_an_address_and_a_port)
{
    struct err e = {0};
    order.address = "localhost";
    cr_expect_eq(memcached_check(&order, &e), ERR_USAGE);
    order.address = "127.1.0.1";
    order.port = OPT_INT(0);
    cr_expect_eq(memcached_check(&order, &e), ERR_USAGE);
}

Test(memcached_args, only_memory_changes_without_a_restart)
{
    cr_expect(memcached_needs_no_restart("max_cache_memory"));
    cr_expect(memcached_needs_no_restart("memcached_connections_overhead"));
    cr_expect(memcached_needs_no_restart("config_max"));
    cr_expect_not(memcached_needs_no_restart("max_item_size"));
}

Test(memcached_args, a_complaint_tells_the_setting)
{
    char name[64];
    memcached_wrong_setting("Cannot set item size limit higher than 1/2 of memory max.\n", name);
    cr_expect_str_eq(name, "max_item_size");
    memcached_wrong_setting("-I (item_size_max: 1048576) must be evenly divisible by slab_chunk_max (bytes: 300)\n", name);
    cr_expect_str_eq(name, "slab_chunk_max");
    memcached_wrong_setting("failed to listen on one of interface(s) 127.9.9.9: Address already in use\n", name);
    cr_expect_str_eq(name, "");
}
