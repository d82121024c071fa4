#include "agent/redis/state.h"
#include "scripted_redis.h"
#include <criterion/criterion.h>
#include <string.h>
/* A node that is a redis-server, told line by line: its greeting, role, fence, settings, users, endpoints and memory. */

TestSuite(redis_node, .init = script_open, .fini = script_close);

static struct proto_setting settings[] = {{"timeout", "300"}, {"maxmemory-policy", "noeviction"}};

/* ---- the greeting ---- */

Test(redis_node, it_starts_greets_and_is_ready)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    cr_assert_eq(n->state, NODE_REST);
    struct rconn *c = redis_start_primary(n, &o);
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.role, ROLE_PRIMARY);
    cr_assert_eq(seen.offset.v, 100);
    cr_assert_str_eq(seen.engine_name, "redis");
    cr_assert_str_eq(seen.engine_version, "7.0.15");
    cr_assert_eq(seen.encryption, ENCRYPTION_NONE);
    cr_assert_eq(seen.generation.v, 1);
    cr_assert_not(seen.fenced.v);
    cr_assert_str_eq(script_read(c), "");
    cr_assert(strstr(script_read_file(n, CONF_FILE), "bind \"127.0.0.1\"") != NULL);
}

Test(redis_node, it_is_tried_again_while_it_does_not_listen)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    for (int i = 0; i < 600; i++) script_later(n, 2);
    cr_assert_eq(n->state, NODE_BOOT);
    cr_assert_eq(script_see(n).state, SEEN_STARTING);
    script_listen(SCRIPT_ID, true);
    script_later(n, 20);
    script_hang_up(script_conn(SCRIPT_ID, 0), "refused");
    cr_assert_eq(n->state, NODE_BOOT);
    script_later(n, 20);
    cr_assert_not_null(script_conn(SCRIPT_ID, 0));
}

Test(redis_node, it_may_load_or_run_a_script_when_it_is_greeted)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "-LOADING Redis is loading\r\n");
    cr_assert_str_eq(script_read(c), "");
    script_later(n, 5);
    script_dialogue(c, "PING", "-BUSY Redis is busy\r\n");
    script_later(n, 50);
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", "+nonsense\r\n");
    script_later(n, 200);
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, 1);
    cr_assert_str_eq(script_see(n).reason, "process 1 answers at its address");
    script_later(n, 200);
    script_dialogue(c, "AUTH meridian-admin secret", "-ERR no\r\n");
    cr_assert(strstr(script_see(n).reason, "refuses its agent") != NULL);
    script_later(n, 1000);
    script_dialogue(c, "AUTH meridian-admin secret", "-WRONGPASS no\r\n");
    cr_assert_eq(n->state, NODE_STOP);
    script_end(SCRIPT_ID, 0, 0);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_node, without_a_password_nobody_logs_in)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.admin_password = NULL;
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_dialogue(redis_connect(n), "PING", NULL);
}

Test(redis_node, a_process_that_runs_already_is_adopted)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    script_leave_process(SCRIPT_ID, 1);
    script_listen(SCRIPT_ID, true);
    struct node *n = script_node(SCRIPT_ID);
    cr_assert(node_is_unknown(n));
    node_wake(n);
    cr_assert_eq(n->state, NODE_BOOT, "without an order it is left as it is");
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_not(node_is_unknown(n));
    script_dialogue(c, "CLIENT UNPAUSE", "+OK\r\n"); /* its last agent may have fenced it */
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 1", "+OK\r\n");
    script_dialogue(c, "CONFIG SET min-replicas-to-write 0 min-replicas-max-lag 10", "+OK\r\n"); /* or locked clients out */
    cr_assert_eq(script_see(n).generation.v, 1, "its settings, of which there are none, were sent");
    cr_assert_eq(script_starts(SCRIPT_ID), 0);
    cr_assert_eq(redis_of(n)->fence, FENCE_OFF);
}

Test(redis_node, one_that_loads_anew_is_greeted_anew)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_beats(n, 1);
    script_dialogue(c, "INFO replication", "-LOADING Redis is loading\r\n");
    cr_assert_eq(n->state, NODE_GREET);
    cr_assert_eq(script_see(n).state, SEEN_STARTING);
    script_later(n, 5);
    script_dialogue(c, "PING", NULL);
}

/* ---- its role ---- */

Test(redis_node, a_replica_links_and_is_nudged)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("down"));
    script_later(n, 2);
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_SLAVE("up"));
    cr_assert_str_eq(script_read(c), "REPLCONF GETACK *");
    struct proto_node_seen seen = script_see(n);
    cr_assert(seen.link_up.v);
    cr_assert_str_eq(seen.upstream_host, "127.0.0.2");
    cr_assert(node_can_feed(n));
    script_later(n, 2);
    cr_assert_str_eq(script_read(c), "REPLCONF GETACK *");
}

Test(redis_node, a_primary_steps_down_with_its_file_written_first)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), replica = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    cr_assert_null(strstr(script_read_file(n, CONF_FILE), "replicaof"));
    script_order(n, &replica);
    script_dialogue(c, "REPLICAOF 127.0.0.2 17001", NULL);
    cr_assert_not_null(strstr(script_read_file(n, CONF_FILE), "replicaof"));
    cr_assert(node_is_switching(n));
    script_say(c, "+OK\r\n");
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_SLAVE("up"));
    cr_assert_eq(script_see(n).role, ROLE_REPLICA);
}

Test(redis_node, a_replica_waits_for_its_offset_and_becomes_primary)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA), primary = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("up"));
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    primary.promote_offset = OPT_INT(200);
    script_order(n, &primary);
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    script_later(n, 1);
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(
        c, "role:slave\r\nmaster_host:127.0.0.2\r\nmaster_port:17001\r\nmaster_link_status:up\r\nslave_repl_offset:200\r\n");
    script_dialogue(c, "REPLICAOF NO ONE", NULL);
    cr_assert(script_see(n).rising.v);
    script_say(c, "+OK\r\n");
    cr_assert_eq(script_see(n).role, ROLE_PRIMARY);
}

Test(redis_node, a_step_that_is_refused_is_told_and_tried_again)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), replica = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &replica);
    script_dialogue(c, "REPLICAOF 127.0.0.2 17001", "-ERR not today\r\n");
    cr_assert_str_eq(script_see(n).reason, "redis-server refuses to follow: ERR not today");
    cr_assert_str_eq(script_read(c), "");
    script_later(n, 201);
    script_dialogue(c, "REPLICAOF 127.0.0.2 17001", "-BUSY a script\r\n");
    script_later(n, 51);
    script_dialogue(c, "REPLICAOF 127.0.0.2 17001", NULL);
}

Test(redis_node, an_order_for_another_process_promotes_nobody_and_starts_nobody)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.promote_pid = OPT_INT(1);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    cr_assert_eq(script_starts(SCRIPT_ID), 0);
    cr_assert_eq(n->state, NODE_REST);
}

/* ---- its fence ---- */

Test(redis_node, a_fence_is_set_step_by_step_and_lifted)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), fenced = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    fenced.fence = OPT_BOOL(true);
    script_order(n, &fenced);
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 2147483647", "+OK\r\n");
    script_dialogue(c, "CLIENT PAUSE 3155760000000 WRITE", "+OK\r\n");
    cr_assert_not(script_see(n).fenced.v);
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert(script_see(n).fenced.v);
    script_order(n, &o);
    script_dialogue(c, "CLIENT UNPAUSE", "+OK\r\n");
    cr_assert_not(script_see(n).fenced.v);
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 1", "+OK\r\n");
    cr_assert_str_eq(script_read(c), "");
}

static struct proto_setting replicas_asked[] = {{"min-replicas-to-write", "1"}, {"min-replicas-max-lag", "5"}};

/* A pause can be told to a running primary only: it would take writes until then. */
Test(redis_node, one_that_starts_fenced_refuses_writes_until_they_are_held)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.fence = OPT_BOOL(true);
    o.settings = (struct proto_setting_list){true, 2, replicas_asked};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    const char *last = strstr(script_read_file(n, CONF_FILE), "min-replicas-to-write 2147483647\nmin-replicas-max-lag 10\n");
    cr_assert_not_null(last, "the last word counts");
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 2147483647", "+OK\r\n");
    script_dialogue(c, "CLIENT PAUSE 3155760000000 WRITE", "+OK\r\n");
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_MASTER);
    script_dialogue(c, "CONFIG SET min-replicas-to-write 1 min-replicas-max-lag 5", "-ERR what Redis takes has changed\r\n");
    script_dialogue(c, "CONFIG SET min-replicas-to-write 0 min-replicas-max-lag 10", "+OK\r\n");
    cr_assert_str_eq(script_read(c), "");
    cr_assert(script_see(n).fenced.v);
}

Test(redis_node, one_that_becomes_a_fenced_primary_refuses_writes_first)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA), fenced = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("up"));
    while (script_reads(c, "REPLCONF GETACK *")) continue;
    fenced.fence = OPT_BOOL(true);
    script_order(n, &fenced);
    script_dialogue(c, "CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 2147483647", "+OK\r\n");
    script_dialogue(c, "REPLICAOF NO ONE", "+OK\r\n");
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 2147483647", "+OK\r\n");
}

/* ---- its settings ---- */

Test(redis_node, settings_are_sent_one_by_one)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    other.generation = OPT_INT(2);
    other.settings = (struct proto_setting_list){true, 2, settings};
    script_order(n, &other);
    script_dialogue(c, "CONFIG SET timeout 300", "+OK\r\n");
    script_dialogue(c, "CONFIG SET maxmemory-policy noeviction", "-ERR CONFIG SET failed - argument couldn't be parsed\r\n");
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.generation.v, 2);
    cr_assert_eq(seen.refused_settings.n, 1);
    cr_assert(strstr(seen.reason, "setting maxmemory-policy is refused") != NULL);
}

Test(redis_node, what_only_a_start_can_change_is_pending_unless_it_is_so_already)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    other.generation = OPT_INT(2);
    other.settings = (struct proto_setting_list){true, 2, settings};
    script_order(n, &other);
    script_dialogue(c, "CONFIG SET timeout 300", "-ERR CONFIG SET failed - can't set immutable config\r\n");
    script_dialogue(c, "CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$3\r\n300\r\n");
    script_dialogue(c, "CONFIG SET maxmemory-policy noeviction", "-ERR immutable\r\n");
    script_dialogue(c, "CONFIG GET maxmemory-policy", "*2\r\n$16\r\nmaxmemory-policy\r\n$3\r\nlru\r\n");
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.pending_settings.n, 1);
    cr_assert_str_eq(seen.pending_settings.items[0], "maxmemory-policy");
    other.generation = OPT_INT(3); /* the answer is about the settings before */
    script_order(n, &other);
    script_read(c);
    struct proto_node_order third = other;
    third.generation = OPT_INT(4);
    script_order(n, &third);
    script_say(c, "-ERR of before\r\n");
    script_dialogue(c, "CONFIG SET timeout 300", NULL);
}

/* ---- its users ---- */

static const char *rules[] = {"on", "+@all", "+nosuchcommand"};
static struct proto_user_order users[] = {{.name = "app", .rules = {true, 3, rules}}};

Test(redis_node, users_are_set_others_deleted_and_unknown_words_left_out)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    o.users = (struct proto_user_order_list){true, 0, NULL};
    o.users_generation = OPT_INT(1);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    cr_assert_eq(script_see(n).users_generation.v, 1);
    other.users = (struct proto_user_order_list){true, 1, users};
    other.users_generation = OPT_INT(2);
    script_order(n, &other);
    script_dialogue(c, "ACL SETUSER app on +@all +nosuchcommand",
        "-ERR Error in ACL SETUSER modifier '+nosuchcommand': Unknown command or category name in ACL\r\n");
    script_dialogue(c, "ACL SETUSER app on +@all", "+OK\r\n");
    script_dialogue(c, "ACL USERS", "*3\r\n$7\r\ndefault\r\n$3\r\napp\r\n$3\r\nold\r\n");
    script_dialogue(c, "ACL DELUSER old", ":1\r\n");
    cr_assert_eq(script_see(n).users_generation.v, 2);
    cr_assert_not_null(strstr(script_read_file(n, CONF_FILE), "user \"app\" \"on\" \"+@all\"\n"));
}

Test(redis_node, a_user_whose_databases_can_not_be_limited_is_off)
{
    static const char *limited[] = {"on", "db=1", "+@all"};
    static struct proto_user_order one[] = {{.name = "app", .rules = {true, 3, limited}}};
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    o.users = (struct proto_user_order_list){true, 0, NULL};
    o.users_generation = OPT_INT(1);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    other.users = (struct proto_user_order_list){true, 1, one};
    other.users_generation = OPT_INT(2);
    script_order(n, &other);
    script_dialogue(c, "ACL SETUSER app on db=1 +@all", "-ERR Error in ACL SETUSER modifier 'db=1': Syntax error\r\n");
    script_dialogue(c, "ACL SETUSER app on +@all off", "+OK\r\n");
}

Test(redis_node, whoever_may_lift_a_fence_is_kept_from_it)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), fenced = redis_order(ROLE_PRIMARY);
    static const char *selector[] = {"on", "(+@read ~a)"};
    static struct proto_user_order with[] = {{.name = "app", .rules = {true, 2, selector}}};
    o.users = fenced.users = (struct proto_user_order_list){true, 1, with};
    o.users_generation = fenced.users_generation = OPT_INT(1);
    fenced.fence = OPT_BOOL(true);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &fenced);
    script_dialogue(c, "CONFIG SET repl-ping-replica-period 2147483647", "+OK\r\n");
    script_dialogue(c, "ACL SETUSER app on (+@read ~a -client|unpause -client|pause) -client|unpause -client|pause",
        "-ERR Error in ACL SETUSER modifier '-client|pause': Unknown command or category name in ACL\r\n");
    script_dialogue(c, "ACL SETUSER app on (+@read ~a -client|unpause) -client|unpause", "+OK\r\n");
    script_dialogue(c, "CLIENT PAUSE 3155760000000 WRITE", NULL);
}

Test(redis_node, a_script_that_keeps_rights_from_changing_is_ended)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), other = redis_order(ROLE_PRIMARY);
    o.users = other.users = (struct proto_user_order_list){true, 1, users};
    o.users_generation = OPT_INT(1);
    other.users_generation = OPT_INT(2);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &other);
    for (int i = 0; i < 200; i++) {
        const char *asked = script_read(c);
        if (strcmp(asked, "FUNCTION KILL") == 0) break;
        if (*asked) script_say(c, "-BUSY Redis is busy running a script\r\n");
        script_later(n, 51);
    }
    script_dialogue(c, "SCRIPT KILL", NULL);
    cr_assert_str_eq(script_see(n).reason, "a script keeps the users' rights from being changed");
    script_say(c, "-NOTBUSY none\r\n+OK\r\n");
    script_later(n, 51);
    script_dialogue(c, "ACL SETUSER app on +@all +nosuchcommand", NULL);
}

/* ---- its endpoints ---- */

static const char *endpoints[] = {"127.0.0.3"};

Test(redis_node, an_endpoint_is_taken_and_given_up_with_its_connections)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), with = redis_order(ROLE_PRIMARY);
    with.endpoints = (struct string_list){true, 1, endpoints};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &with);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3", "+OK\r\n");
    cr_assert_eq(script_see(n).endpoints.n, 1);
    script_order(n, &o);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1", "+OK\r\n");
    script_dialogue(c, "CLIENT KILL LADDR 127.0.0.3:17001", ":1\r\n");
    cr_assert_eq(script_see(n).endpoints.n, 0);
    cr_assert_str_eq(script_read(c), "");
}

Test(redis_node, an_endpoint_that_somebody_else_holds_is_tried_again)
{
    struct proto_node_order with = redis_order(ROLE_PRIMARY);
    with.endpoints = (struct string_list){true, 1, endpoints};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &with);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3",
        "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n");
    cr_assert_eq(script_see(n).endpoints_refused.n, 1);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1", "+OK\r\n"); /* or it may listen nowhere */
    for (int i = 0; i < 3; i++) {
        script_later(n, 1100);
        const char *asked = script_read(c);
        if (strcmp(asked, "INFO replication") == 0 || strcmp(asked, "INFO clients") == 0)
            script_say_text(c, SCRIPT_MASTER), asked = script_read(c);
        cr_assert_str_eq(asked, "CONFIG SET bind 127.0.0.1 127.0.0.3");
        script_say(
            c, "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n");
        script_dialogue(c, "CONFIG SET bind 127.0.0.1", "+OK\r\n");
    }
    cr_assert_str_eq(script_see(n).reason, "an endpoint is still held by somebody else");
    script_later(n, 1100);
    script_read(c);
    script_say(c, "-ERR unknown\r\n");
    cr_assert(strstr(script_see(n).reason, "takes no further address") != NULL);
}

/* Where an address is taken from it between two sockets, the engine goes on and listens nowhere, and does not say so. */
Test(redis_node, one_that_may_listen_nowhere_is_told_its_own_address_again_until_it_has_it)
{
    static const char taken[] =
        "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n";
    static const char *more[] = {"127.0.0.3", "127.0.0.5"};
    struct proto_node_order with = redis_order(ROLE_PRIMARY), both = redis_order(ROLE_PRIMARY);
    with.endpoints = (struct string_list){true, 1, endpoints};
    both.endpoints = (struct string_list){true, 2, more};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &with);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3", "+OK\r\n");
    script_dialogue(c, "INFO clients", "+\r\n");
    script_order(n, &both);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3 127.0.0.5", taken);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3", taken);
    cr_assert_eq(script_see(n).endpoints.n, 0, "it has lost that, too");
    cr_assert_str_eq(script_see(n).reason, "its own address is held by somebody else");
    script_dialogue(c, "CLIENT KILL LADDR 127.0.0.3:17001", ":1\r\n");
    script_order(n, &with); /* what was refused is tried again */
    script_dialogue(c, "CONFIG SET bind 127.0.0.1", taken);
    script_later(n, 2);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1", "+OK\r\n");
    script_later(n, 2);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3", "+OK\r\n");
    cr_assert_eq(script_see(n).endpoints.n, 1);
    cr_assert_str_eq(script_read(c), "");
}

Test(redis_node, what_an_adopted_one_listens_on_is_known)
{
    struct proto_node_order with = redis_order(ROLE_PRIMARY);
    with.endpoints = (struct string_list){true, 1, endpoints};
    script_leave_process(SCRIPT_ID, 1);
    script_listen(SCRIPT_ID, true);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &with);
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(SCRIPT_ID));
    script_dialogue(c, "CONFIG GET *port tls-replication", "*2\r\n$4\r\nport\r\n$5\r\n17001\r\n");
    script_dialogue(c, "CONFIG GET bind", "*2\r\n$4\r\nbind\r\n$19\r\n127.0.0.1 127.0.0.3\r\n");
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_eq(script_see(n).endpoints.n, 1);
}

/* ---- orders that make no sense ---- */

Test(redis_node, what_was_asked_before_an_order_without_sense_is_asked_again_after_it)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), with = redis_order(ROLE_PRIMARY), bad = redis_order(ROLE_PRIMARY);
    bad.source_host = "127.0.0.1 127.0.0.2";
    with.endpoints = (struct string_list){true, 1, endpoints};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, &with);
    cr_assert_str_eq(script_read(c), "CONFIG SET bind 127.0.0.1 127.0.0.3");
    script_order(n, &bad);
    script_say(c, "+OK\r\n");
    script_order(n, &with);
    script_dialogue(c, "CONFIG SET bind 127.0.0.1 127.0.0.3", "+OK\r\n");
    cr_assert_eq(script_see(n).endpoints.n, 1);
}

/* ---- its memory, and writes that a client holds up ---- */

Test(redis_node, it_is_weighed_when_that_is_asked)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), weigh = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    weigh.weigh = OPT_INT(7);
    script_order(n, &weigh);
    script_dialogue(c, "INFO memory", "+nonsense\r\n");
    script_later(n, 201);
    script_dialogue(c, "INFO memory", NULL);
    script_say_text(c, "used_memory:1000\r\nused_memory_startup:400\r\nmaxmemory:2000\r\n");
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.weighed.v, 7);
    cr_assert_eq(seen.memory_used.v, 1000);
    cr_assert_eq(seen.memory_data.v, 600);
}

Test(redis_node, writes_that_a_client_holds_up_are_found_out)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_later(n, 1001);
    const char *asked = script_read(c);
    cr_assert_str_eq(asked, "INFO clients");
    script_say_text(c, "blocked_clients:1\r\n");
    struct rconn *try = script_conn(SCRIPT_ID, 1);
    cr_assert_not_null(try);
    script_accept(try);
    script_dialogue(try, "AUTH meridian-admin secret", "+OK\r\n");
    cr_assert_str_eq(script_read(try), "EVAL return 1 0");
    script_later(n, 1001);
    script_dialogue(c, "INFO clients", NULL);
    script_say_text(c, "blocked_clients:1\r\n");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_HELD);
    script_say(try, ":1\r\n");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_NONE);
    cr_assert_null(script_conn(SCRIPT_ID, 1));
    script_later(n, 1001);
    script_dialogue(c, "INFO clients", NULL);
    script_say_text(c, "blocked_clients:1\r\n");
    script_hang_up(script_conn(SCRIPT_ID, 1), "closed");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_NONE);
}
