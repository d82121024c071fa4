#include "agent/node/folder.h"
#include "agent/os/file.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/slot_node.h"
#include "attach/image.h"
#include "scripted_redis.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Nodes of a Redis Cluster, told line by line: how they start, what they see of each other, and what they mend. */

#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define X1 "0101010101010101010101010101010101010101"

static struct proto_cluster_node entries[3];
static struct proto_cluster_map message;
static struct cluster_map map;
static struct arena memory;

static struct proto_cluster_node entry(
    const char *order, const char *name, const char *host, const char *shard, const char *slots)
{
    return (struct proto_cluster_node){.order = order,
        .name = name,
        .host = host,
        .port = OPT_INT(17005),
        .shard = shard,
        .slots = slots,
        .primary = OPT_BOOL(slots != NULL)};
}

/* Shard a has a primary and a replica, shard b a primary. */
static void draw_map(uint64_t serial, const char *primary_of_a)
{
    bool first = strcmp(primary_of_a, "a1") == 0;
    entries[0] = entry("a1", A1, "127.0.0.1", "a", first ? "0-8191" : NULL);
    entries[1] = entry("a2", A2, "127.0.0.2", "a", first ? NULL : "0-8191");
    entries[2] = entry("b1", B1, "127.0.0.3", "b", "8192-16383");
    message = (struct proto_cluster_map){.group = "g", .nodes = {true, 3, entries}};
    cluster_map_init(&map, &message, serial, &memory);
    script_map = &map;
}

static void setup(void)
{
    script_open();
    draw_map(1, "a1");
}

static void teardown(void)
{
    script_close();
    arena_fini(&memory);
}

TestSuite(redis_cluster_node, .init = setup, .fini = teardown);

static struct proto_node_order order(const char *id, enum node_role role)
{
    struct proto_node_order o = redis_order(role);
    o.id = id;
    o.port = OPT_INT(17005);
    o.address = id[0] == 'b' ? "127.0.0.3" : id[1] == '1' ? "127.0.0.1" : "127.0.0.2";
    o.cluster = "g";
    o.cluster_name = id[0] == 'b' ? B1 : id[1] == '1' ? A1 : A2;
    o.upstream_host = "127.0.0.1";
    o.upstream_port = OPT_INT(17005);
    if (role == ROLE_REPLICA) o.upstream_node = "a1";
    return o;
}

#define INFO(state, known) "cluster_state:" state "\r\ncluster_known_nodes:" known "\r\n"
#define SELF_A1(slots) A1 " 127.0.0.1:17005@27005 myself,master - 0 0 1 connected" slots "\n"
#define OTHER_A1 A1 " 127.0.0.1:17005@27005 master - 0 0 1 connected 0-8191\n"
#define OTHER_A2 A2 " 127.0.0.2:17005@27005 slave " A1 " 0 0 1 connected\n"
#define SELF_A2 A2 " 127.0.0.2:17005@27005 myself,slave " A1 " 0 0 1 connected\n"
#define OTHER_B1 B1 " 127.0.0.3:17005@27005 master - 0 0 2 connected 8192-16383\n"
#define VIEW_A1 SELF_A1(" 0-8191") OTHER_A2 OTHER_B1
#define SELF_B1 B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383\n"

/* What it answers to CLUSTER INFO and CLUSTER NODES, which were asked at once. */
static void say_view(struct rconn *c, const char *info, const char *nodes)
{
    cr_assert_str_eq(script_read(c), "CLUSTER INFO");
    cr_assert_str_eq(script_read(c), "CLUSTER NODES");
    script_say_text(c, info);
    script_say_text(c, nodes);
}

/* Up to the questions about its Redis Cluster. */
static struct rconn *greet(struct node *n)
{
    char bound[64];
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(n->id));
    script_dialogue(c, "CONFIG GET *port tls-replication", "*2\r\n$4\r\nport\r\n$5\r\n17005\r\n");
    script_dialogue(c, "CONFIG GET bind", NULL);
    snprintf(bound, sizeof bound, "*2\r\n$4\r\nbind\r\n$9\r\n%s\r\n", n->order->address);
    script_say(c, bound);
    return c;
}

#define ASKS_SOURCE "CONFIG GET meridian.upstream meridian.attached"
#define SOURCE(upstream, attached) \
    "*4\r\n$17\r\nmeridian.upstream\r\n" upstream "\r\n$17\r\nmeridian.attached\r\n" attached "\r\n"
static const char no_source[] = SOURCE("$0\r\n", "$0\r\n");

static struct rconn *start(struct node *n, const struct proto_node_order *o, const char *nodes, const char *info)
{
    script_order(n, o);
    struct rconn *c = greet(n);
    say_view(c, INFO("ok", "3"), nodes);
    if (script_reads(c, ASKS_SOURCE)) script_say(c, no_source);
    if (script_reads(c, "CLUSTER INFO")) script_say_text(c, INFO("ok", "3")); /* a replica is perhaps one of a phantom */
    cr_assert_eq(n->state, NODE_UP);
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, info);
    cr_assert_eq(script_see(n).state, SEEN_READY);
    return c;
}

#define MASTER "role:master\r\nmaster_repl_offset:100\r\n"
#define SLAVE "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:17005\r\nmaster_link_status:up\r\nslave_repl_offset:100\r\n"
static const char *as_replica = SLAVE; /* what a replica says of where it stands */

/* CLUSTER INFO counts the nodes of which CLUSTER NODES has a line each. */
static void say_known(struct rconn *c, const char *nodes)
{
    char info[80];
    int lines = 0;
    for (const char *p = nodes; (p = strchr(p, '\n')) != NULL; p++) lines++;
    snprintf(info, sizeof info, "cluster_state:ok\r\ncluster_known_nodes:%d\r\n", lines);
    script_say_text(c, info);
}

/* What the engine says of its view, whenever it is asked; anything else that is asked is returned. */
static const char *settle(struct node *n, struct rconn *c, const char *nodes, const char *slots)
{
    for (int i = 0; i < 60; i++) {
        const char *asked = script_read(c);
        if (strcmp(asked, "CLUSTER INFO") == 0) {
            cr_assert_str_eq(script_read(c), "CLUSTER NODES");
            say_known(c, nodes);
            script_say_text(c, nodes);
        } else if (strcmp(asked, "CLUSTER SLOTS") == 0) {
            script_say(c, slots);
        } else if (strcmp(asked, "INFO clients") == 0) {
            script_say_text(c, "blocked_clients:0\r\n");
        } else if (strcmp(asked, "INFO replication") == 0) {
            script_say_text(c, redis_of(n)->info.role == ROLE_PRIMARY ? MASTER : as_replica);
        } else if (strcmp(asked, "REPLCONF GETACK *") != 0 && *asked) {
            return asked;
        }
        if (!*asked) script_later(n, 10);
    }
    return "";
}

#define NODE(host, name) "*3\r\n$9\r\n" host "\r\n:17005\r\n$40\r\n" name "\r\n"
#define SLOTS_TOLD \
    "*2\r\n*4\r\n:0\r\n:8191\r\n" NODE("127.0.0.1", A1) NODE("127.0.0.2", A2) "*3\r\n:8192\r\n:16383\r\n" NODE("127.0.0.3", B1)

/* ---- starting ---- */

Test(redis_cluster_node, it_starts_knowing_its_cluster)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    script_order(n, &o);
    const char *conf = script_read_file(n, CONF_FILE);
    cr_assert(
        strstr(conf, "cluster-enabled yes") && strstr(conf, "cluster-node-timeout 500") && strstr(conf, "cluster-port 27005"));
    cr_assert_not_null(strstr(script_read_file(n, "nodes.conf"), A1 " 127.0.0.1:17005@27005 myself,master"));
    script_end("a1", 0, SIGKILL); /* comes back where it was, with the file that its engine wrote */
    script_write_file(n, "nodes.conf", A1 " 127.0.0.1:17005@27005 myself,master - 0 0 9 connected 0-8191\n");
    script_end("a1", 0, SIGKILL);
    script_later(n, 10000);
    cr_assert_not_null(strstr(script_read_file(n, "nodes.conf"), " 9 connected"));
    node_keep_room(n);
}

Test(redis_cluster_node, without_a_map_nobody_starts)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    script_map = NULL;
    script_order(n, &o);
    cr_assert_eq(script_starts("a1"), 0);
    cr_assert_not_null(strstr(script_see(n).reason, "there is no cluster with this node"));
}

Test(redis_cluster_node, a_shard_that_is_new_starts_as_replicas_of_a_phantom_and_takes_over)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY), replica = order("a2", ROLE_REPLICA);
    struct node *n = script_node("a1"), *other = script_node("a2");
    o.takeover = OPT_BOOL(true);
    script_order(n, &o);
    script_order(other, &replica);
    cr_assert_eq(script_starts("a2"), 1, "its upstream need not be ready");
    cr_assert_not_null(strstr(script_read_file(n, "nodes.conf"), ":0@0 master,noaddr"));
    struct rconn *c = greet(n);
    say_view(c, INFO("fail", "3"), "no nodes at all\n");
    cr_assert_not_null(strstr(script_see(n).reason, "is not believed"));
    script_later(n, 200);
    const char *phantoms = A1 " 127.0.0.1:17005@27005 myself,slave " X1 " 0 0 0 connected\n" X1
                              " :0@0 master,noaddr - 0 0 0 disconnected 0-8191\n" OTHER_A2 OTHER_B1;
    say_view(c, INFO("fail", "4"), phantoms);
    script_dialogue(c, ASKS_SOURCE, no_source);
    cr_assert_eq(n->state, NODE_GREET);
    script_dialogue(c, "CLUSTER INFO", NULL);
    script_say_text(c, INFO("fail", "4"));
    script_later(n, 2);
    script_dialogue(c, "CLUSTER INFO", NULL);
    script_say_text(c, INFO("ok", "4"));
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, "role:master\r\nmaster_repl_offset:0\r\n");
    cr_assert_eq(script_see(n).role, ROLE_REPLICA, "whatever INFO calls it");
    script_dialogue(c, "MULTI", "+OK\r\n");
    cr_assert_str_eq(script_read(c), "CLUSTER FAILOVER TAKEOVER");
    cr_assert_str_eq(script_read(c), "EXEC");
    script_say(c, "+QUEUED\r\n*1\r\n-ERR not now\r\n");
    cr_assert_eq(script_see(n).role, ROLE_REPLICA);
    cr_assert_str_eq(settle(n, c, phantoms, "*0\r\n"), "MULTI");
    script_say(c, "+OK\r\n");
    script_dialogue(c, "CLUSTER FAILOVER TAKEOVER", "+QUEUED\r\n");
    script_dialogue(c, "EXEC", "*1\r\n+OK\r\n");
    cr_assert_eq(script_see(n).role, ROLE_PRIMARY);
}

/* ---- a shard that follows another region ---- */

#define ATTACHED "role:slave\r\nmaster_host:127.9.0.1\r\nmaster_port:6379\r\nmaster_link_status:up\r\nslave_repl_offset:700\r\n"

static struct proto_node_order order_of_source(const char *id)
{
    struct proto_node_order o = order(id, ROLE_REPLICA);
    o.source_host = "127.9.0.1";
    o.source_port = OPT_INT(6379);
    if (id[1] != '1') return o;
    o.upstream_node = NULL;
    o.upstream_host = o.source_host;
    o.upstream_port = o.source_port;
    return o;
}

/* Up to its view; 'kept' is what it says of its source. */
static struct rconn *start_with_source(
    struct node *n, const struct proto_node_order *o, const char *nodes, const char *kept, const char *info)
{
    script_order(n, o);
    struct rconn *c = greet(n);
    say_view(c, INFO("ok", "3"), nodes);
    script_dialogue(c, ASKS_SOURCE, kept);
    if (script_reads(c, "CLUSTER INFO")) script_say_text(c, INFO("ok", "3"));
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, info);
    return c;
}

Test(redis_cluster_node, a_primary_that_follows_another_region_stays_one_in_its_shard)
{
    struct proto_node_order o = order_of_source("a1");
    struct node *n = script_node("a1");
    struct rconn *c = start_with_source(n, &o, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$9\r\nfollowing"), ATTACHED);
    cr_expect_not_null(strstr(script_read_file(n, "redis.conf"), "\nmeridian.upstream \"127.9.0.1 6379\"\n"));
    cr_expect_eq(script_see(n).role, ROLE_REPLICA);
    cr_expect_str_eq(script_see(n).upstream_host, "127.9.0.1");
    cr_expect(cluster_is_primary(n), "to the others of its cluster");
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).cluster->slots, "0-8191");
    cr_expect_null(script_see(n).cluster->unable);
}

Test(redis_cluster_node, the_module_of_another_version_of_the_program_is_replaced)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf file = {0};
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    const char *other = memset(arena_alloc(&memory, attach_image_size), 'x', attach_image_size);
    cr_assert_eq(file_replace(node_path(n, "attach.so", path), other, attach_image_size, &e), 0);
    cr_assert_eq(chmod(path, 0700), 0);
    script_order(n, &o);
    cr_assert_eq(file_read(path, &file, &e), 0);
    cr_expect(file.len == attach_image_size && memcmp(file.data, attach_image, attach_image_size) == 0);
    cr_expect_eq(access(path, X_OK), 0);
}

Test(redis_cluster_node, it_follows_nobody_any_more_once_it_has_reached_the_offset)
{
    struct proto_node_order o = order_of_source("a1"), rises = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start_with_source(n, &o, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$9\r\nfollowing"), ATTACHED);
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    rises.promote_offset = OPT_INT(700);
    script_order(n, &rises);
    script_dialogue(c, "MULTI", "+OK\r\n");
    script_dialogue(c, "CONFIG SET meridian.upstream ", "+QUEUED\r\n");
    script_dialogue(c, "EXEC", "*1\r\n+OK\r\n");
    cr_expect_eq(script_see(n).role, ROLE_PRIMARY);
}

Test(redis_cluster_node, a_replica_is_told_of_another_source)
{
    struct proto_node_order o = order_of_source("a2");
    struct node *n = script_node("a2"), *up = script_node("a1");
    struct proto_node_order p = order_of_source("a1");
    start_with_source(up, &p, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$9\r\nfollowing"), ATTACHED);
    struct rconn *c =
        start_with_source(n, &o, OTHER_A1 SELF_A2 OTHER_B1, SOURCE("$14\r\n127.8.0.1 6379", "$7\r\nwaiting"), as_replica);
    script_reads(c, "REPLCONF GETACK *");
    script_dialogue(c, "CONFIG SET meridian.upstream 127.9.0.1 6379", "+OK\r\n");
}

Test(redis_cluster_node, an_engine_that_can_t_follow_another_region_says_why)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start_with_source(n, &o, VIEW_A1, SOURCE("$0\r\n", "$25\r\nunable: another release 9"), MASTER);
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).cluster->unable, "another release 9");
}

Test(redis_cluster_node, an_engine_that_can_t_follow_the_region_that_it_shall_takes_no_writes_and_says_why)
{
    struct proto_node_order o = order_of_source("a1");
    struct node *n = script_node("a1");
    struct rconn *c =
        start_with_source(n, &o, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$25\r\nunable: another release 9"), MASTER);
    script_dialogue(c, "CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 2147483647", "+OK\r\n");
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).reason, "it can't follow another region: another release 9");
}

/* ---- what it sees ---- */

Test(redis_cluster_node, what_it_sees_is_told_once_everything_agrees)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, VIEW_A1, MASTER);
    cr_assert_str_eq(settle(n, c, VIEW_A1, SLOTS_TOLD), "CONFIG SET cluster-node-timeout 2000");
    script_say(c, "+OK\r\n");
    const struct proto_cluster_seen *seen = script_see(n).cluster;
    cr_assert_not_null(seen);
    cr_assert_str_eq(seen->slots, "0-8191");
    cr_assert(seen->agrees.v);
    cr_assert_eq(seen->known.v, 3);
    cr_assert_str_eq(seen->moving, "");
}

Test(redis_cluster_node, another_host_is_announced_by_the_process_that_runs)
{
    struct proto_node_order first = order("a1", ROLE_PRIMARY), other = first;
    struct node *n = script_node("a1");
    first.announced_host = "a.test";
    struct rconn *c = start(n, &first, VIEW_A1, MASTER);
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_order(n, &other);
    script_say(c, "+OK\r\n");
    script_dialogue(c, "CONFIG SET cluster-announce-hostname  cluster-preferred-endpoint-type ip", NULL);
    script_order(n, &first); /* before it is known what came of that */
    script_say(c, "+OK\r\n");
    script_dialogue(c, "CONFIG SET cluster-announce-hostname a.test cluster-preferred-endpoint-type hostname", "+OK\r\n");
}

Test(redis_cluster_node, an_answer_that_is_none_is_doubted)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, VIEW_A1, MASTER);
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    cluster_of(n)->stale = true;
    settle(n, c, "nonsense\n", SLOTS_TOLD);
    cr_assert_not_null(strstr(script_see(n).reason, "is not believed"));
    cr_assert_not(script_see(n).cluster->agrees.v);
}

/* Up to the question with which it looks at its Redis Cluster; others are answered. */
static void await_look(struct node *n, struct rconn *c)
{
    for (int i = 0; i < 100 && !script_reads(c, "CLUSTER INFO"); i++) {
        const char *asked = script_read(c);
        if (strcmp(asked, "INFO clients") == 0) script_say_text(c, "blocked_clients:0\r\n");
        else if (strcmp(asked, "INFO replication") == 0) script_say_text(c, MASTER);
        else script_later(n, 10);
    }
    cr_assert_str_eq(script_read(c), "CLUSTER NODES");
    cr_assert_eq(cluster_of(n)->asks, VIEW_INFO);
}

Test(redis_cluster_node, a_view_that_is_refused_is_asked_again)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, VIEW_A1, MASTER);
    await_look(n, c);
    script_say(c, "-ERR no\r\n-ERR no\r\n");
    cr_assert_not_null(strstr(script_see(n).reason, "refuses to cluster_info"));
    if (script_reads(c, "INFO clients")) script_say_text(c, "blocked_clients:0\r\n");
    script_later(n, 201);
    cr_assert_str_eq(script_read(c), "CLUSTER INFO");
}

static void say_nodes(struct rconn *c, const char *nodes)
{
    say_known(c, nodes);
    script_say_text(c, nodes);
}

Test(redis_cluster_node, every_move_of_its_view)
{
    static const char alike[] = VIEW_A1;
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, alike, MASTER);
    await_look(n, c);
    script_say(c, "-ERR no\r\n-ERR no\r\n");
    await_look(n, c);
    script_say_text(c, INFO("ok", "3"));
    cr_assert_eq(cluster_of(n)->asks, VIEW_NODES);
    script_say(c, "-ERR no\r\n");
    cluster_of(n)->stale = true;
    await_look(n, c);
    say_nodes(c, "nonsense\n");
    cr_assert_eq(cluster_of(n)->asks, VIEW_REST, "it is not believed");
    cluster_of(n)->stale = true;
    await_look(n, c);
    say_nodes(c, alike);
    cr_assert_eq(cluster_of(n)->asks, VIEW_SLOTS);
    cr_assert_str_eq(script_read(c), "CLUSTER SLOTS");
    cluster_of(n)->stale = true; /* something was seen meanwhile */
    script_later(n, 10);
    script_say(c, "-ERR no\r\n");
    await_look(n, c);
    say_nodes(c, alike);
    script_dialogue(c, "CLUSTER SLOTS", SLOTS_TOLD);
    cr_assert_eq(cluster_of(n)->asks, VIEW_REST);
    cr_assert(script_see(n).cluster->agrees.v);
    task_visits_assert_all("view of the Redis Cluster");
}

Test(redis_cluster_node, whoever_it_does_not_know_is_met_and_strangers_are_forgotten)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY), b = order("b1", ROLE_PRIMARY);
    struct node *n = script_node("a1"), *other = script_node("b1");
    start(other, &b, SELF_B1 OTHER_A1 OTHER_A2, MASTER);
    struct rconn *c = start(n, &o, VIEW_A1, MASTER);
    const char *strange = SELF_A1(" 0-8191") OTHER_A2 X1 " 127.0.0.9:17005@27005 master - 0 0 0 connected\n";
    cr_assert_str_eq(settle(n, c, strange, SLOTS_TOLD), "CLUSTER MEET 127.0.0.3 17005 27005");
    script_say(c, "+OK\r\n");
    const char *asked = settle(n, c, strange, SLOTS_TOLD);
    for (int i = 0; i < 5 && strncmp(asked, "CLUSTER MEET", 12) == 0; i++)
        script_say(c, "+OK\r\n"), asked = settle(n, c, strange, SLOTS_TOLD);
    if (strcmp(asked, "CLUSTER FORGET " X1) != 0) {
        const char *known = SELF_A1(" 0-8191") OTHER_B1 X1 " 127.0.0.9:17005@27005 master - 0 0 0 connected\n";
        asked = settle(n, c, known, SLOTS_TOLD);
    }
    cr_assert_str_eq(asked, "CLUSTER FORGET " X1);
    script_say(c, "-ERR no\r\n");
}

Test(redis_cluster_node, a_stream_that_said_nothing_yet_is_stirred)
{
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, VIEW_A1, "role:master\r\nmaster_repl_offset:0\r\n");
    const char *asked = "";
    for (int i = 0; i < 10 && strcmp(asked, "WAIT 9 1") != 0; i++) {
        asked = settle(n, c, VIEW_A1, "*0\r\n");
        if (strcmp(asked, "WAIT 9 1") != 0) script_say(c, "+OK\r\n");
        redis_of(n)->info.offset = 0;
    }
    cr_assert_str_eq(asked, "WAIT 9 1");
    script_say(c, ":0\r\n");
    node_stop(n); /* on a connection that has waited, SHUTDOWN may crash the engine */
    cr_assert_eq(script_signal("a1"), SIGTERM);
}

/* ---- what it does ---- */

Test(redis_cluster_node, a_replica_follows_whom_its_order_says)
{
    struct proto_node_order o = order("a2", ROLE_REPLICA);
    struct node *n = script_node("a2");
    as_replica = "role:slave\r\nmaster_host:127.0.0.9\r\nmaster_port:1\r\nmaster_link_status:up\r\nslave_repl_offset:1\r\n";
    struct rconn *c = start(n, &o, SELF_A2 OTHER_A1 OTHER_B1, as_replica);
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    script_dialogue(c, "CLUSTER REPLICATE " A1, "-ERR Unknown node\r\n");
    script_later(n, 5000);
    cr_assert_str_eq(settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD), "CLUSTER REPLICATE " A1);
    script_say(c, "-ERR Unknown node\r\n");
    cr_assert_not_null(strstr(script_see(n).reason, "redis-server refuses to follow"));
}

Test(redis_cluster_node, slots_in_flight_that_a_death_left_behind_are_mended)
{
    struct proto_node_order o = order("b1", ROLE_PRIMARY), a = order("a2", ROLE_PRIMARY);
    struct node *n = script_node("b1"), *heir = script_node("a2");
    const char *heirs = A2 " 127.0.0.2:17005@27005 myself,master - 0 0 3 connected 0-8191\n" A1 " 127.0.0.1:17005@27005 slave " A2
                           " 0 0 3 connected\n" OTHER_B1;
    draw_map(2, "a2");
    start(heir, &a, heirs, MASTER);
    const char *open =
        B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383 [8192->-" A1 "] [5-<-" A1 "] [9-<-" X1 "]\n" A2
           " 127.0.0.2:17005@27005 master - 0 0 3 connected 0-8191\n" A1 " 127.0.0.1:17005@27005 slave " A2 " 0 0 3 connected\n";
    struct rconn *c = start(n, &o, open, MASTER);
    cr_assert_str_eq(settle(n, c, open, SLOTS_TOLD), "MULTI");
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 8192 MIGRATING " A2);
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 5 NODE " A2);
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 5 IMPORTING " A2);
    cr_assert_str_eq(script_read(c), "EXEC");
    script_say(c, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    cr_assert(cluster_of(n)->mended);
}

Test(redis_cluster_node, slots_that_nobody_has_are_taken_at_the_second_look)
{
    struct proto_node_order o = order("b1", ROLE_PRIMARY);
    struct node *n = script_node("b1");
    const char *lost = B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16000\n" OTHER_A1 OTHER_A2;
    struct rconn *c = start(n, &o, lost, MASTER);
    cr_assert_str_eq(settle(n, c, lost, SLOTS_TOLD), "CLUSTER ADDSLOTSRANGE 16001 16383");
    cr_assert_str_eq(script_read(c), "CLUSTER BUMPEPOCH");
    script_say(c, "+OK\r\n+BUMPED 3\r\n");
    cr_assert_not(cluster_of(n)->claim);
}

Test(redis_cluster_node, whoever_takes_over_learns_of_slots_in_flight)
{
    struct proto_node_order b = order("b1", ROLE_PRIMARY), o = order("a2", ROLE_REPLICA), rise = order("a2", ROLE_PRIMARY);
    struct node *other = script_node("b1"), *n = script_node("a2");
    const char *importing =
        B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383 [7-<-" A1 "]\n" OTHER_A1 OTHER_A2;
    struct rconn *theirs = start(other, &b, importing, MASTER);
    settle(other, theirs, importing, SLOTS_TOLD);
    struct rconn *c = start(n, &o, SELF_A2 OTHER_A1 OTHER_B1, SLAVE);
    settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    rise.takeover = OPT_BOOL(true);
    script_order(n, &rise);
    const char *asked = settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD);
    cr_assert_str_eq(asked, "MULTI");
    cr_assert_str_eq(script_read(c), "CLUSTER FAILOVER TAKEOVER");
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 7 MIGRATING " B1);
    cr_assert_str_eq(script_read(c), "EXEC");
    script_say(c, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n-ERR I'm not the owner\r\n");
    cr_assert_eq(script_see(n).role, ROLE_PRIMARY);
}

/* ---- what whoever moves slots sees of it ---- */

Test(redis_cluster_node, a_mover_sees_primaries_their_slots_and_where_they_are)
{
    static const struct rconn_events events;
    int unread;
    struct slot_node_address where;
    struct proto_node_order o = order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start(n, &o, VIEW_A1, MASTER);
    settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    cr_assert_eq(slot_node_primary(&script_nodes, "a1"), n);
    cr_assert_null(slot_node_primary(&script_nodes, "b1"));
    cr_assert_eq(slot_node_find(&script_nodes, "a1"), n);
    cr_assert_str_eq(slot_node_id(n), "a1");
    cr_assert(slot_node_address(n, &where));
    cr_assert_str_eq(where.host, "127.0.0.1");
    slot_node_loses(n, 7);
    slot_node_gets(n, 9000);
    cr_assert(!slots_has(&slot_node_view(n)->slots, 7) && slots_has(&slot_node_view(n)->slots, 9000));
    cr_assert(slot_node_is_fresh(n));
    slot_node_changed(n);
    cr_assert_not(slot_node_is_fresh(n));
    slot_node_works(n, true);
    cr_assert(n->life.working);
    slot_node_works(n, false);
    slot_node_restore_settings(n);
    cr_assert_eq(n->life.generation, -1);
    struct rconn *other = slot_node_connect(n, &events, NULL, &unread);
    cr_assert_eq(unread, 1);
    cr_assert_str_eq(script_read(other), "AUTH meridian-admin secret");
    script_order(n, NULL);
    cr_assert_not(slot_node_address(n, &where));
}
