#include "agent/node/saved.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_map.h"
#include "rdb_file.h"
#include "scripted_redis.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* What a node begins with, and what is done to its data before they are loaded. */

static char bucket[64], file[96];
static struct proto_seed_file seed_file = {.root = bucket, .path = "in.rdb"};

static void put_file(const struct buf *b)
{
    FILE *f = fopen(file, "w");
    cr_assert_not_null(f);
    fwrite(b->data, 1, b->len, f);
    fclose(f);
}

static void setup(void)
{
    _buf_ struct buf b = {0};
    script_open();
    strcpy(bucket, "/tmp/meridian-bucket-XXXXXX");
    cr_assert_not_null(mkdtemp(bucket));
    snprintf(file, sizeof file, "%s/in.rdb", bucket);
    rdb_file_begin(&b, 9);
    rdb_file_key(&b, "a", "1");
    rdb_file_end(&b);
    put_file(&b);
}

static void teardown(void)
{
    unlink(file);
    rmdir(bucket);
    script_close();
}

TestSuite(node_seed, .init = setup, .fini = teardown);

static struct proto_seed_order seed = {.source = "s", .files = {true, 1, &seed_file}};

static struct proto_node_order seeded(void)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.seed = &seed;
    return o;
}

Test(node_seed, a_node_starts_with_its_seed_and_loads_it_once)
{
    struct proto_node_order o = seeded();
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    cr_assert_eq(script_starts(SCRIPT_ID), 0, "it waits for the file");
    script_work_out();
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    cr_assert(script_has_file(n, "dump.rdb") && script_has_file(n, NODE_SAVED));
    cr_assert_not_null(strstr(script_read_file(n, CONF_FILE), "sanitize-dump-payload yes"));
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(n->id));
    script_dialogue(c, "INFO", NULL);
    script_say_text(c, "used_memory:1000\r\nmaxmemory:2000\r\nevicted_keys:0\r\n");
    script_dialogue(c, "CONFIG GET *port tls-replication", "*2\r\n$4\r\nport\r\n$5\r\n17001\r\n");
    script_dialogue(c, "CONFIG GET bind", "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n");
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_not(script_has_file(n, "dump.rdb"), "it may be another name of a snapshot's file");
}

Test(node_seed, data_that_are_too_much_for_the_node_are_refused)
{
    struct proto_node_order o = seeded();
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_work_out();
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(n->id));
    script_dialogue(c, "INFO", NULL);
    script_say_text(c, "used_memory:3145728\r\nmaxmemory:2097152\r\n");
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
    script_end(SCRIPT_ID, 0, SIGKILL);
    cr_assert_str_eq(script_see(n).seed_refused, "loaded, its data need 3 MB of memory, and the node has 2 MB for data");
    cr_assert_eq(script_see(n).state, SEEN_BROKEN);
    script_later(n, 60000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
}

Test(node_seed, a_file_that_is_none_is_refused_until_there_is_another_seed)
{
    struct proto_node_order o = seeded(), other = seeded();
    struct node *n = script_node(SCRIPT_ID);
    put_file(&(struct buf){.data = (char[]){"nonsense"}, .len = 8});
    script_order(n, &o);
    script_work_out();
    cr_assert_not_null(script_see(n).seed_refused);
    cr_assert_eq(script_starts(SCRIPT_ID), 0);
    struct proto_seed_order none = {.source = "t"};
    other.seed = &none;
    script_order(n, &other);
    cr_assert_str_eq(script_see(n).seed_refused, "nothing says what they are");
}

Test(node_seed, a_seed_that_kills_its_engine_thrice_is_refused)
{
    struct proto_node_order o = seeded();
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_work_out();
    for (int i = 0; i < 3; i++) {
        cr_assert_not_null(script_process(SCRIPT_ID));
        script_end(SCRIPT_ID, 0, SIGKILL);
        script_later(n, 20000);
        script_work_out();
    }
    cr_assert_str_eq(script_see(n).seed_refused, "killed by signal 9");
}

Test(node_seed, a_node_that_is_not_wanted_any_more_leaves_its_work)
{
    struct proto_node_order o = seeded();
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_order(n, NULL);
    script_work_out();
    cr_assert_eq(script_starts(SCRIPT_ID), 0);
    cr_assert_eq(n->state, NODE_GONE);
}

/* ---- saved data of several databases, before a start in cluster mode ---- */

Test(node_seed, keys_of_other_databases_are_left_out_in_cluster_mode)
{
    _buf_ struct buf b = {0};
    _arena_ struct arena a = {0};
    struct cluster_map map;
    struct proto_cluster_map message = {.group = "g", .nodes = {true, 1, &redis_cluster_entry}};
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    cluster_map_init(&map, &message, 1, &a);
    script_map = &map;
    o.cluster = "g";
    o.cluster_name = redis_cluster_entry.name;
    rdb_file_begin(&b, 9);
    RDB_PUT(&b, "\xfe\x00");
    rdb_file_key(&b, "a", "1");
    RDB_PUT(&b, "\xfe\x01");
    rdb_file_key(&b, "b", "1");
    rdb_file_end(&b);
    put_file(&b);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/dump.rdb", n->dir);
    cr_assert_eq(rename(file, path), 0);
    script_write_file(n, NODE_SAVED, "");
    script_order(n, &o);
    cr_assert_eq(script_starts(SCRIPT_ID), 0, "it waits for that");
    script_work_out();
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    cr_assert_eq(script_see(n).keys_left_out.v, 1);
    cr_assert(script_has_file(n, "databases.rdb"));
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_map = NULL;
}
