#include "agent/redis/conf.h"
#include "agent/os/names.h"
#include "agent/engine/order_check.h"
#include "catalog/parameter.h"
#include <criterion/criterion.h>
#include <string.h>

static struct proto_node_order order(void)
{
    return (struct proto_node_order){.id = "demo-001.0001",
        .run = OPT_BOOL(true),
        .engine = "redis",
        .address = "127.1.0.1",
        .port = OPT_INT(6379),
        .role = ROLE_PRIMARY,
        .admin_password = "admin",
        .replication_password = "a \"b\" \\c"};
}

static struct string_list left_out, unknown_rules;

static const char *render(const struct proto_node_order *o)
{
    static struct buf text;
    struct err e = {0};
    cr_assert_eq(conf_check(o, &e), 0, "%s", e.msg);
    buf_clear(&text);
    conf_render(o, &left_out, &unknown_rules, "/data/demo \"1\"", &text);
    return text.data;
}

/* True if the text has exactly this line. */
static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);
    for (const char *p = text; (p = strstr(p, line)) != NULL; p++)
        if ((p == text || p[-1] == '\n') && p[n] == '\n') return true;
    return false;
}

static int check(const struct proto_node_order *o)
{
    struct err e = {0};
    int r = conf_check(o, &e);
    if (r) cr_assert(e.msg[0] && strchr(e.msg, '\n') == NULL);
    return r;
}

Test(conf, a_primary_listens_on_its_own_address_and_follows_nobody)
{
    struct proto_node_order o = order();
    const char *text = render(&o);
    cr_assert(has_line(text, "port 6379"));
    cr_assert(has_line(text, "bind \"127.1.0.1\""));
    cr_assert(has_line(text, "bind-source-addr \"127.1.0.1\""));
    cr_assert(has_line(text, "replica-announce-ip \"127.1.0.1\""));
    cr_assert(has_line(text, "dir \"/data/demo \\\"1\\\"\""));
    cr_assert(has_line(text, "save \"\""));
    cr_assert(strstr(text, "replicaof") == NULL);
}

Test(conf, a_replica_follows_its_upstream)
{
    struct proto_node_order o = order();
    o.role = ROLE_REPLICA;
    o.upstream_host = "127.1.0.2";
    o.upstream_port = OPT_INT(6380);
    cr_assert(has_line(render(&o), "replicaof 127.1.0.2 6380"));
}

Test(conf, one_that_becomes_primary_at_an_offset_follows_its_upstream_until_then)
{
    struct proto_node_order o = order();
    o.promote_offset = OPT_INT(4711);
    cr_assert_null(strstr(render(&o), "replicaof"), "it may have none");
    o.upstream_host = "127.1.0.2";
    cr_assert_neq(check(&o), 0, "without a port");
    o.upstream_port = OPT_INT(6380);
    cr_assert(has_line(render(&o), "replicaof 127.1.0.2 6380"));
    o.promote_offset = (struct opt_int){0};
    cr_assert_null(strstr(render(&o), "replicaof"));
}

Test(conf, passwords_of_users_are_hashed_and_the_upstreams_is_quoted)
{
    struct proto_node_order o = order();
    const char *text = render(&o);
    /* printf admin | sha256sum */
    cr_assert(has_line(text, "user meridian-admin on #8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918 ~* &* "
                             "+@all skip-sanitize-payload"));
    cr_assert(strstr(text, "user meridian-replica on #") != NULL);
    cr_assert(has_line(text, "masteruser \"meridian-replica\""));
    cr_assert(has_line(text, "masterauth \"a \\\"b\\\" \\\\c\""));
    o.admin_password = o.replication_password = NULL;
    text = render(&o);
    cr_assert(strstr(text, "meridian-") == NULL && strstr(text, "masterauth") == NULL);
}

Test(conf, settings_come_in_words_and_before_what_they_may_not_change)
{
    struct proto_setting s[] = {{"maxmemory", "100mb"}, {"client-output-buffer-limit", "pubsub 1mb 2mb 60"},
        {"appendonly", "yes"}, {"acl-pubsub-default", ""}, {"notify-keyspace-events", "\"x"}};
    struct proto_node_order o = order();
    o.settings = (struct proto_setting_list){true, 5, s};
    const char *text = render(&o);
    cr_assert(has_line(text, "maxmemory \"100mb\""));
    cr_assert(has_line(text, "client-output-buffer-limit \"pubsub\" \"1mb\" \"2mb\" \"60\""));
    cr_assert(has_line(text, "acl-pubsub-default \"\""));
    cr_assert(has_line(text, "notify-keyspace-events \"\\\"x\""));
    cr_assert_lt(strstr(text, "appendonly no"), strstr(text, "appendonly \"yes\""), "a default may be changed");
    cr_assert_lt(strstr(text, "maxmemory"), strstr(text, "supervised no"));
    cr_assert_lt(strstr(text, "repl-timeout 15"), strstr(text, "maxmemory"), "a default may be changed");
}

Test(conf, what_redis_refuses_is_left_out)
{
    struct proto_setting s[] = {{"timeout", "99999999999"}, {"maxmemory", "1"}};
    struct proto_node_order o = order();
    o.settings = (struct proto_setting_list){true, 2, s};
    names_add(&left_out, "timeout");
    const char *text = render(&o);
    cr_assert_null(strstr(text, "timeout 99"));
    cr_assert_null(strstr(text, "timeout \"99"));
    cr_assert(has_line(text, "maxmemory \"1\""));
}

Test(conf, no_value_brings_in_a_line_of_its_own)
{
    struct proto_setting bad_value = {"maxmemory", "1\nuser eve on nopass"}, bad_name = {"maxmemory 1\nuser", "x"},
                         no_name = {"", "x"};
    struct proto_setting *const all[] = {&bad_value, &bad_name, &no_name};
    for (size_t i = 0; i < 3; i++) {
        struct proto_node_order o = order();
        o.settings = (struct proto_setting_list){true, 1, all[i]};
        cr_assert_eq(check(&o), ERR_USAGE, "setting %zu", i);
    }
    struct proto_node_order o = order();
    o.replication_password = "x\r\nport 1";
    cr_assert_eq(check(&o), ERR_USAGE);
    o = order();
    o.admin_password = "x\ty";
    cr_assert_eq(check(&o), ERR_USAGE);
}

/* What would run code, lead to other files or undo what keeps strangers out; and what belongs to another engine. */
Test(conf, a_setting_that_no_parameter_group_has_is_refused)
{
    static const char *const names[] = {"loadmodule", "include", "dir", "dbfilename", "logfile", "unixsocket", "aclfile",
        "enable-module-command", "rename-command", "save", "user", "requirepass", "Maxmemory", "max_item_size", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct proto_setting s = {names[i], "1"};
        struct proto_node_order o = order();
        o.settings = (struct proto_setting_list){true, 1, &s};
        cr_expect_eq(check(&o), ERR_USAGE, "%s", names[i]);
        o.engine = "valkey";
        cr_expect_eq(check(&o), ERR_USAGE, "%s of valkey", names[i]);
    }
}

Test(conf, whatever_a_parameter_group_can_say_is_obeyed)
{
    size_t n = 0;
    for (const struct parameter_family *f = parameter_families; f < parameter_families + n_parameter_families; f++) {
        for (size_t i = 0; i < (size_t)f->n_parameters + f->n_node_parameters; i++) {
            const struct parameter *p = i < f->n_parameters ? parameter_at(f, i) : node_parameter_at(f, i - f->n_parameters);
            struct proto_setting s = {parameter_setting(f, p), "1"};
            struct proto_node_order o = order();
            struct err e = {0};
            if (s.name == NULL) continue;
            o.engine = f->engine->name;
            o.settings = (struct proto_setting_list){true, 1, &s};
            cr_expect_eq(order_check(&o, &e), 0, "%s: %s", f->name, e.msg);
            n++;
        }
    }
    cr_assert_gt(n, n_parameter_families * 20);
}

Test(conf, an_order_that_makes_no_sense_is_refused)
{
    struct proto_node_order o = order();
    const char *endpoint = "not an address";
#define REFUSED(change) \
    o = order();        \
    change;             \
    cr_assert_eq(check(&o), ERR_USAGE, #change)
    REFUSED(o.id = "../x");
    REFUSED(o.engine_version = "7.1\nasked redis 9");
    REFUSED(o.snapshot = "../dump");
    struct proto_seed_file files[] = {{.snapshot = "s.0001"}, {.root = "/import", .path = "b/k.rdb"}};
    struct proto_seed_order seed = {.source = "s", .files = {true, 2, files}};
    o = order();
    o.seed = &seed;
    cr_assert_eq(check(&o), 0);
    REFUSED((o.seed = &seed, files[0].snapshot = "../../other/dump"));
    files[0].snapshot = "s.0001";
    REFUSED((o.seed = &seed, files[1].root = "import"));
    REFUSED((o.seed = &seed, files[1].root = NULL));
    REFUSED((o.seed = &seed, files[1] = (struct proto_seed_file){.root = "/import", .path = "b\nk"}));
    REFUSED(o.engine = "memcached");
    REFUSED(o.engine = NULL);
    REFUSED(o.address = "127.0.0.1 127.0.0.2");
    REFUSED(o.address = NULL);
    REFUSED(o.port = OPT_INT(0));
    REFUSED(o.port = OPT_INT(65536));
    REFUSED(o.port.set = false);
    REFUSED(o.role = ROLE_REPLICA);
    REFUSED(o.role = ROLE_REPLICA; o.upstream_port = OPT_INT(1); o.upstream_host = "a b");
    REFUSED(o.role = ROLE_REPLICA; o.upstream_port = OPT_INT(1); o.upstream_host = "");
    REFUSED(o.endpoints = ((struct string_list){true, 1, &endpoint}));
    o = order();
    cr_assert_eq(check(&o), 0);
}

static struct proto_user_order users[2];

static struct proto_node_order order_of_user(const char *name, const char **rules, size_t n)
{
    struct proto_node_order o = order();
    users[0] = (struct proto_user_order){name, {true, n, rules}};
    o.users = (struct proto_user_order_list){true, 1, users};
    return o;
}

Test(conf, users_are_those_of_the_order)
{
    const char *rules[] = {"reset", "on", "~a\"b\\c", "(+get ~x)", "+nosuch"};
    struct proto_node_order o = order_of_user("default", rules, 5);
    const char *text = render(&o);
    cr_assert(has_line(text, "user \"default\" \"reset\" \"on\" \"~a\\\"b\\\\c\" \"(+get ~x)\" \"+nosuch\""), "%s", text);
    cr_assert(strstr(text, "user default on nopass") == NULL);
    names_add(&unknown_rules, "+nosuch");
    cr_assert(strstr(render(&o), "+nosuch") == NULL);
    names_clear(&unknown_rules);
}

Test(conf, a_user_whose_databases_can_not_be_limited_is_off)
{
    const char *rules[] = {"reset", "on", "db=1", "+@all"};
    struct proto_node_order o = order_of_user("app", rules, 4);
    names_add(&unknown_rules, "db=1");
    cr_assert(has_line(render(&o), "user \"app\" \"reset\" \"on\" \"+@all\" off"));
    names_clear(&unknown_rules);
}

Test(conf, no_user_brings_in_a_line_of_its_own_or_takes_the_place_of_an_agent)
{
    static const char *const names[] = {NULL, "", "a b", "a\nuser b", "a\"b", "meridian-admin", "meridian-replica"};
    static const char *const words[] = {NULL, "", "~a\nport 1", "~a\rb", "\x7f"};
    const char *rules[] = {"reset"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct proto_node_order o = order_of_user(names[i], rules, 1);
        cr_expect_neq(check(&o), 0, "name %zu", i);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        rules[0] = words[i];
        struct proto_node_order o = order_of_user("alice", rules, 1);
        cr_expect_neq(check(&o), 0, "rule %zu", i);
    }
}
