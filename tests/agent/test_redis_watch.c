#include "agent/redis/state.h"
#include "agent/snapshots/shelf.h"
#include "scripted_redis.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
/* A node that is a redis-server, told line by line: hangs, snapshots, passwords, encryption in transit. */

TestSuite(redis_watch, .init = script_open, .fini = script_close);

static const char *endpoints[] = {"127.0.0.3"};

/* ---- hung, busy, paused ---- */

Test(redis_watch, one_that_stands_still_hangs_and_one_at_work_does_not)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_work(SCRIPT_ID, true);
    script_beats(n, 9);
    cr_assert_eq(script_see(n).state, SEEN_READY);
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_NONE);
    script_beats(n, 4);
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_BUSY);
    script_work(SCRIPT_ID, false);
    script_beats(n, 3);
    cr_assert_eq(script_see(n).state, SEEN_HUNG);
    cr_assert_gt(script_upstream_lost, 0);
    cr_assert_str_eq(script_read(c), "INFO replication");
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_eq(script_see(n).state, SEEN_READY);
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_NONE);
}

Test(redis_watch, one_that_a_client_pauses_is_poked_and_is_no_hang)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    for (int i = 0; i < 14; i++) {
        script_beats(n, 1);
        struct rconn *poke = script_conn(SCRIPT_ID, 1);
        if (poke == NULL) continue;
        script_accept(poke);
        cr_assert_eq(script_pokes(poke), 1);
        script_hang_up(poke, "ERR Protocol error");
    }
    cr_assert_eq(script_see(n).state, SEEN_READY);
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_PAUSED);
}

Test(redis_watch, one_that_says_busy_answers)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    for (int i = 0; i < 12; i++) {
        script_beats(n, 1);
        if (strcmp(script_read(c), "INFO replication") == 0) script_say(c, "-BUSY Redis is busy\r\n");
    }
    cr_assert_eq(script_see(n).state, SEEN_READY);
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_BUSY);
}

Test(redis_watch, one_that_is_stopped_while_it_starts_hangs)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_beats(n, 5);
    cr_assert_eq(script_see(n).state, SEEN_STARTING);
    script_stand_still(SCRIPT_ID, true);
    script_beats(n, 3);
    cr_assert_eq(script_see(n).state, SEEN_HUNG);
    o.roused_pid = OPT_INT(script_pid(SCRIPT_ID));
    struct proto_node_order roused = o;
    script_order(n, &roused);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGCONT);
}

Test(redis_watch, orders_to_kill_or_to_wake_the_process_are_obeyed)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    struct proto_node_order rouse = o, condemn = o;
    script_stand_still(SCRIPT_ID, true);
    rouse.roused_pid = OPT_INT(script_pid(SCRIPT_ID));
    script_order(n, &rouse);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGCONT);
    condemn.condemned_pid = OPT_INT(script_pid(SCRIPT_ID));
    script_order(n, &condemn);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
}

Test(redis_watch, an_upstream_in_trouble_has_it_look_where_it_stands)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("up"));
    script_read(c);
    node_look(n);
    cr_assert(node_is_looking(n));
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_SLAVE("down"));
    cr_assert_not(node_is_looking(n));
}

/* ---- snapshots ---- */

static void order_shelf(const char *id)
{
    struct proto_snapshot_order items[] = {{.id = id, .keep = OPT_BOOL(true)}};
    struct proto_snapshot_order_list list = {true, 1, items};
    shelf_order(script_nodes.shelf, &list);
}

Test(redis_watch, a_snapshot_is_taken_and_what_becomes_of_it_is_asked)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    struct proto_node_order save = o;
    order_shelf("snap");
    save.snapshot = "snap";
    save.snapshot_pid = OPT_INT(script_pid(SCRIPT_ID));
    script_order(n, &save);
    script_dialogue(c, "BGSAVE", "-ERR Background save already in progress\r\n");
    script_later(n, 21);
    script_dialogue(c, "BGSAVE", "+Background saving started\r\n");
    script_later(n, 101);
    script_dialogue(c, "INFO persistence", NULL);
    script_say_text(c, "rdb_bgsave_in_progress:1\r\n");
    script_write_file(n, "dump.rdb", "REDIS");
    script_later(n, 3);
    cr_assert_not(script_has_file(n, "dump.rdb"));
    cr_assert_eq(redis_of(n)->save.state, SAVE_IDLE);
}

Test(redis_watch, a_snapshot_that_fails_is_told_with_the_engines_words)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    struct proto_node_order save = o;
    order_shelf("snap");
    save.snapshot = "snap";
    save.snapshot_pid = OPT_INT(script_pid(SCRIPT_ID));
    script_order(n, &save);
    script_dialogue(c, "BGSAVE", "+Background saving started\r\n");
    script_write_file(n, "engine.log", "1:M 1 Jan 2026 00:00:00.000 # Write error saving DB on disk: No space left on device\n");
    script_later(n, 101);
    script_dialogue(c, "INFO persistence", NULL);
    script_say_text(c, "rdb_bgsave_in_progress:0\r\n");
    cr_assert_not(shelf_wants(script_nodes.shelf, "snap"));
    _arena_ struct arena a = {0};
    struct proto_snapshot_seen_list seen;
    shelf_see(script_nodes.shelf, &a, &seen);
    cr_assert_eq(seen.n, 1);
    cr_assert_not_null(strstr(seen.items[0].reason, "No space left on device"));
}

/* ---- passwords of its peers ---- */

Test(redis_watch, other_passwords_of_its_peers_are_told)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    o.replication_password = "old";
    other.replication_password = "new";
    other.mover_password = "move";
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &other);
    cr_assert_str_eq(script_read(c), "ACL SETUSER meridian-replica reset on >new +psync +replconf +ping");
    cr_assert_not_null(strstr(script_read(c), "ACL SETUSER meridian-mover reset on >move"));
    cr_assert_str_eq(script_read(c), "CONFIG SET masteruser meridian-replica masterauth new");
    script_say(c, "+OK\r\n+OK\r\n+OK\r\n");
    cr_assert_not(peers_is_stale(n));
}

/* ---- encryption in transit ---- */

static struct proto_tls_order tls(enum encryption_mode mode)
{
    return (struct proto_tls_order){.mode = mode,
        .links = OPT_BOOL(true),
        .certificate = "-----BEGIN CERTIFICATE-----",
        .key = "-----BEGIN KEY-----",
        .authority = "-----BEGIN CERTIFICATE-----",
        .inner_address = "127.0.0.4"};
}

Test(redis_watch, encryption_is_turned_on_and_the_old_connections_are_closed)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), with = redis_order(ROLE_PRIMARY);
    struct proto_tls_order required = tls(ENCRYPTION_REQUIRED);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    with.tls = &required;
    script_order(n, &with);
    cr_assert_eq(script_see(n).encryption, ENCRYPTION_UNSET);
    script_dialogue(
        c, "CONFIG SET tls-cert-file node.crt tls-key-file node.key tls-ca-cert-file ca.crt tls-auth-clients no", "-ERR no\r\n");
    cr_assert_not_null(strstr(script_see(n).reason, "refuses to certify"));
    script_later(n, 301);
    script_dialogue(
        c, "CONFIG SET tls-cert-file node.crt tls-key-file node.key tls-ca-cert-file ca.crt tls-auth-clients no", "+OK\r\n");
    script_dialogue(c,
        "CONFIG SET bind 127.0.0.1 port 0 tls-port 17001 replica-announce-port 0 cluster-announce-port 0 "
        "cluster-announce-tls-port 0",
        "+OK\r\n");
    cr_assert_eq(script_upstream_listens, 1);
    script_dialogue(c, "CLIENT KILL LADDR 127.0.0.1:17001", ":1\r\n");
    script_dialogue(c, "CONFIG SET tls-replication yes tls-cluster yes", "+OK\r\n");
    cr_assert_eq(script_see(n).encryption, ENCRYPTION_REQUIRED);
    cr_assert(script_see(n).links_encrypted.v);
    script_order(n, &o);
    script_dialogue(c,
        "CONFIG SET bind 127.0.0.1 port 17001 tls-port 0 replica-announce-port 0 cluster-announce-port 0 "
        "cluster-announce-tls-port 0",
        "-ERR no\r\n");
    script_dialogue(c, "CONFIG SET bind 127.0.0.1", "+OK\r\n");
    script_later(n, 301);
    script_read(c);
    script_say(c, "+OK\r\n");
}

Test(redis_watch, a_splitter_takes_the_endpoints)
{
    struct proto_node_order with = redis_order(ROLE_PRIMARY), without;
    struct proto_tls_order preferred = tls(ENCRYPTION_PREFERRED);
    with.tls = &preferred;
    with.port = OPT_INT(17003);
    with.endpoints = (struct string_list){true, 1, endpoints};
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &with);
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(SCRIPT_ID));
    char ports[200];
    snprintf(ports, sizeof ports,
        "*6\r\n$4\r\nport\r\n$1\r\n0\r\n$8\r\ntls-port\r\n$5\r\n%d\r\n$15\r\ntls-replication\r\n$3\r\nyes\r\n",
        redis_of(n)->encryption.inner_port);
    script_dialogue(c, "CONFIG GET *port tls-replication", ports);
    script_dialogue(c, "CONFIG GET bind", "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.4\r\n");
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_eq(script_see(n).encryption, ENCRYPTION_PREFERRED);
    cr_assert_eq(script_see(n).endpoints.n, 1);
    if (script_reads(c, "INFO clients")) script_say_text(c, "blocked_clients:0\r\n");
    without = with;
    without.endpoints = (struct string_list){true, 0, NULL};
    script_order(n, &without);
    cr_assert_eq(script_see(n).endpoints.n, 0);
    struct proto_tls_order required = tls(ENCRYPTION_REQUIRED);
    struct proto_node_order strict = without;
    strict.tls = &required;
    script_order(n, &strict);
    script_read(c);
    script_say(c, "+OK\r\n");
    cr_assert_eq(script_see(n).encryption, ENCRYPTION_REQUIRED);
}

Test(redis_watch, a_replica_makes_its_link_again_where_its_upstream_listens_in_another_way)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("up"));
    script_read(c);
    node_relink(n);
    script_dialogue(c, "CLIENT KILL TYPE master", ":1\r\n");
    script_dialogue(c, "INFO replication", NULL);
}
