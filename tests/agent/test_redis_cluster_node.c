#include "agent/node/folder.h"
#include "agent/os/file.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_state.h"
#include "agent/redis_cluster/slot_node.h"
#include "attach/image.h"
#include "scripted_cluster.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Nodes of a Redis Cluster, told line by line: how they start, what they see of each other, and what they mend. */
TestSuite(redis_cluster_node, .init = cluster_scene_setup, .fini = cluster_scene_teardown);

/* ---- starting ---- */

Test(redis_cluster_node, it_starts_knowing_its_cluster)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
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
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    script_map = NULL;
    script_order(n, &o);
    cr_assert_eq(script_starts("a1"), 0);
    cr_assert_not_null(strstr(script_see(n).reason, "there is no cluster with this node"));
}

Test(redis_cluster_node, a_shard_that_is_new_starts_as_replicas_of_a_phantom_and_takes_over)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY), replica = member_order("a2", ROLE_REPLICA);
    struct node *n = script_node("a1"), *other = script_node("a2");
    o.takeover = OPT_BOOL(true);
    script_order(n, &o);
    script_order(other, &replica);
    cr_assert_eq(script_starts("a2"), 1, "its upstream need not be ready");
    cr_assert_not_null(strstr(script_read_file(n, "nodes.conf"), ":0@0 master,noaddr"));
    struct rconn *c = member_greet(n);
    member_say_view(c, INFO("fail", "3"), "no nodes at all\n");
    cr_assert_not_null(strstr(script_see(n).reason, "is not believed"));
    script_later(n, 200);
    const char *phantoms = A1 " 127.0.0.1:17005@27005 myself,slave " X1 " 0 0 0 connected\n" X1
                              " :0@0 master,noaddr - 0 0 0 disconnected 0-8191\n" OTHER_A2 OTHER_B1;
    member_say_view(c, INFO("fail", "4"), phantoms);
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
    cr_assert_str_eq(member_settle(n, c, phantoms, "*0\r\n"), "MULTI");
    script_say(c, "+OK\r\n");
    script_dialogue(c, "CLUSTER FAILOVER TAKEOVER", "+QUEUED\r\n");
    script_dialogue(c, "EXEC", "*1\r\n+OK\r\n");
    cr_assert_eq(script_see(n).role, ROLE_PRIMARY);
}

/* ---- a shard that follows another region ---- */

#define ATTACHED "role:slave\r\nmaster_host:127.9.0.1\r\nmaster_port:6379\r\nmaster_link_status:up\r\nslave_repl_offset:700\r\n"

static struct proto_node_order order_of_source(const char *id)
{
    struct proto_node_order o = member_order(id, ROLE_REPLICA);
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
    struct rconn *c = member_greet(n);
    member_say_view(c, INFO("ok", "3"), nodes);
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
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).cluster->slots, "0-8191");
    cr_expect_null(script_see(n).cluster->unable);
}

Test(redis_cluster_node, the_module_of_another_version_of_the_program_is_replaced)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf file = {0};
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    const char *other = memset(arena_alloc(&cluster_map_memory, attach_image_size), 'x', attach_image_size);
    cr_assert_eq(file_replace(node_path(n, "attach.so", path), other, attach_image_size, &e), 0);
    cr_assert_eq(chmod(path, 0700), 0);
    script_order(n, &o);
    cr_assert_eq(file_read(path, &file, &e), 0);
    cr_expect(file.len == attach_image_size && memcmp(file.data, attach_image, attach_image_size) == 0);
    cr_expect_eq(access(path, X_OK), 0);
}

Test(redis_cluster_node, it_follows_nobody_any_more_once_it_has_reached_the_offset)
{
    struct proto_node_order o = order_of_source("a1"), rises = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start_with_source(n, &o, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$9\r\nfollowing"), ATTACHED);
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
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
        start_with_source(n, &o, OTHER_A1 SELF_A2 OTHER_B1, SOURCE("$14\r\n127.8.0.1 6379", "$7\r\nwaiting"), member_as_replica);
    script_reads(c, "REPLCONF GETACK *");
    script_dialogue(c, "CONFIG SET meridian.upstream 127.9.0.1 6379", "+OK\r\n");
}

Test(redis_cluster_node, an_engine_that_can_t_follow_another_region_says_why)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = start_with_source(n, &o, VIEW_A1, SOURCE("$0\r\n", "$25\r\nunable: another release 9"), MASTER);
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).cluster->unable, "another release 9");
}

Test(redis_cluster_node, an_engine_that_can_t_follow_the_region_that_it_shall_takes_no_writes_and_says_why)
{
    struct proto_node_order o = order_of_source("a1");
    struct node *n = script_node("a1");
    struct rconn *c =
        start_with_source(n, &o, VIEW_A1, SOURCE("$14\r\n127.9.0.1 6379", "$25\r\nunable: another release 9"), MASTER);
    script_dialogue(c, "CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 2147483647", "+OK\r\n");
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
    cr_expect_str_eq(script_see(n).reason, "it can't follow another region: another release 9");
}

/* ---- what it sees ---- */

Test(redis_cluster_node, what_it_sees_is_told_once_everything_agrees)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    cr_assert_str_eq(member_settle(n, c, VIEW_A1, SLOTS_TOLD), "CONFIG SET cluster-node-timeout 2000");
    script_say(c, "+OK\r\n");
    const struct proto_cluster_seen *seen = script_see(n).cluster;
    cr_assert_not_null(seen);
    cr_assert_str_eq(seen->slots, "0-8191");
    cr_assert(seen->agrees.v);
    cr_assert_eq(seen->known.v, 3);
    cr_assert_str_eq(seen->moving, "");
}

#define ANNOUNCE(how) "CONFIG SET cluster-announce-ip 127.0.0.1 cluster-announce-hostname " how

Test(redis_cluster_node, another_host_is_announced_by_the_process_that_runs)
{
    struct proto_node_order first = member_order("a1", ROLE_PRIMARY), other = first;
    struct node *n = script_node("a1");
    first.announced_host = "a.test";
    struct rconn *c = member_start(n, &first, VIEW_A1, MASTER);
    script_order(n, &other);
    cr_assert_str_eq(member_settle(n, c, VIEW_A1, SLOTS_TOLD), ANNOUNCE(" cluster-preferred-endpoint-type ip"));
    script_order(n, &first);
    script_say(c, "+OK\r\n"); /* of the order before */
    script_dialogue(c, ANNOUNCE("a.test cluster-preferred-endpoint-type hostname"), "+OK\r\n");
}

Test(redis_cluster_node, an_answer_that_is_none_is_doubted)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    cluster_of(n)->stale = true;
    member_settle(n, c, "nonsense\n", SLOTS_TOLD);
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
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    await_look(n, c);
    script_say(c, "-ERR no\r\n-ERR no\r\n");
    cr_assert_not_null(strstr(script_see(n).reason, "refuses to cluster_info"));
    if (script_reads(c, "INFO clients")) script_say_text(c, "blocked_clients:0\r\n");
    script_later(n, 201);
    cr_assert_str_eq(script_read(c), "CLUSTER INFO");
}

static void say_nodes(struct rconn *c, const char *nodes)
{
    member_say_known(c, nodes);
    script_say_text(c, nodes);
}

Test(redis_cluster_node, every_move_of_its_view)
{
    static const char alike[] = VIEW_A1;
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, alike, MASTER);
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
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY), b = member_order("b1", ROLE_PRIMARY);
    struct node *n = script_node("a1"), *other = script_node("b1");
    member_start(other, &b, SELF_B1 OTHER_A1 OTHER_A2, MASTER);
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    const char *strange = SELF_A1(" 0-8191") OTHER_A2 X1 " 127.0.0.9:17005@27005 master - 0 0 0 connected\n";
    cr_assert_str_eq(member_settle(n, c, strange, SLOTS_TOLD), "CLUSTER MEET 127.0.0.3 17005 27005");
    script_say(c, "+OK\r\n");
    const char *asked = member_settle(n, c, strange, SLOTS_TOLD);
    for (int i = 0; i < 5 && strncmp(asked, "CLUSTER MEET", 12) == 0; i++)
        script_say(c, "+OK\r\n"), asked = member_settle(n, c, strange, SLOTS_TOLD);
    if (strcmp(asked, "CLUSTER FORGET " X1) != 0) {
        const char *known = SELF_A1(" 0-8191") OTHER_B1 X1 " 127.0.0.9:17005@27005 master - 0 0 0 connected\n";
        asked = member_settle(n, c, known, SLOTS_TOLD);
    }
    cr_assert_str_eq(asked, "CLUSTER FORGET " X1);
    script_say(c, "-ERR no\r\n");
}

Test(redis_cluster_node, a_stream_that_said_nothing_yet_is_stirred)
{
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, VIEW_A1, "role:master\r\nmaster_repl_offset:0\r\n");
    const char *asked = "";
    for (int i = 0; i < 10 && strcmp(asked, "WAIT 9 1") != 0; i++) {
        asked = member_settle(n, c, VIEW_A1, "*0\r\n");
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
    struct proto_node_order o = member_order("a2", ROLE_REPLICA);
    struct node *n = script_node("a2");
    member_as_replica =
        "role:slave\r\nmaster_host:127.0.0.9\r\nmaster_port:1\r\nmaster_link_status:up\r\nslave_repl_offset:1\r\n";
    struct rconn *c = member_start(n, &o, SELF_A2 OTHER_A1 OTHER_B1, member_as_replica);
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    script_dialogue(c, "CLUSTER REPLICATE " A1, "-ERR Unknown node\r\n");
    script_later(n, 5000);
    cr_assert_str_eq(member_settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD), "CLUSTER REPLICATE " A1);
    script_say(c, "-ERR Unknown node\r\n");
    cr_assert_not_null(strstr(script_see(n).reason, "redis-server refuses to follow"));
}

/* ---- what whoever moves slots sees of it ---- */

Test(redis_cluster_node, a_mover_sees_primaries_their_slots_and_where_they_are)
{
    static const struct rconn_events events;
    int unread;
    struct slot_node_address where;
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY);
    struct node *n = script_node("a1");
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    member_settle(n, c, VIEW_A1, SLOTS_TOLD);
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
