#include "agent/node/saved.h"
#include "agent/redis/state.h"
#include "scripted_redis.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
/* A node that is a redis-server, told line by line: its end, its deaths, and what it saved. */

TestSuite(redis_life, .init = script_open, .fini = script_close);

static struct proto_setting settings[] = {{"timeout", "300"}, {"maxmemory-policy", "noeviction"}};

static const char *rules[] = {"on", "+@all", "+nosuchcommand"};
static struct proto_user_order users[] = {{.name = "app", .rules = {true, 3, rules}}};

/* ---- its end ---- */

Test(redis_life, it_saves_when_the_agent_stops_and_loads_at_the_next_start)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    node_stop(n);
    cr_assert_eq(n->state, NODE_STOP);
    cr_assert_eq(script_see(n).state, SEEN_STOPPING);
    cr_assert_str_eq(script_read(c), "SHUTDOWN SAVE");
    script_say(c, "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    script_later(n, 250);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGTERM);
    script_later(n, 1000);
    cr_assert_not_null(strstr(script_see(n).reason, "its data can't be saved yet"));
    script_write_file(n, "dump.rdb", "REDIS");
    script_hang_up(c, "closed");
    cr_assert_eq(n->state, NODE_STOP);
    script_end(SCRIPT_ID, 0, 0);
    cr_assert_eq(script_see(n).state, SEEN_STOPPED);
    cr_assert(node_is_to_load(n) && script_see(n).loads.v);
}

Test(redis_life, data_that_could_not_be_saved_are_told_as_lost)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    node_stop(n);
    script_read(c);
    script_end(SCRIPT_ID, 0, SIGKILL);
    struct proto_node_seen seen = script_see(n);
    cr_assert_gt(seen.unsaved_ms.v, 0);
    cr_assert_not_null(strstr(seen.reason, "its data could not be saved: it was killed by signal 9"));
    cr_assert(script_has_file(n, NODE_UNSAVED));
}

Test(redis_life, the_users_limit_ends_a_stop)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_nodes.stop_limit_ms = 5000;
    redis_start_primary(n, &o);
    node_stop(n);
    script_write_file(n, "temp-1.rdb", "");
    script_later(n, 5001);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
    script_nodes.stop_limit_ms = 0;
}

Test(redis_life, while_it_writes_it_is_told_to_be_saving)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    node_stop(n);
    char file[40];
    snprintf(file, sizeof file, "temp-%ld.rdb", script_pid(SCRIPT_ID));
    script_write_file(n, file, "REDIS");
    script_later(n, 251);
    cr_assert(script_see(n).saving.v);
}

Test(redis_life, one_that_shall_go_is_ended_at_once_and_its_folder_deleted)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    script_order(n, NULL);
    cr_assert_str_eq(script_read(c), "SHUTDOWN NOSAVE NOW");
    script_later(n, 2000);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
    script_end(SCRIPT_ID, 0, SIGKILL);
    cr_assert_eq(n->state, NODE_GONE);
    cr_assert(node_is_gone(n));
    cr_assert_eq(script_see(n).state, SEEN_GONE);
    script_order(n, &o);
    cr_assert_eq(n->state, NODE_BOOT);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_life, what_is_wanted_otherwise_while_it_saves_counts)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), moved = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    moved.port = OPT_INT(17002);
    script_order(n, &moved);
    cr_assert_eq(n->state, NODE_STOP);
    cr_assert(script_has_file(n, NODE_SAVED));
    script_order(n, NULL);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
    cr_assert_not(script_has_file(n, NODE_SAVED));
}

Test(redis_life, another_incarnation_starts_empty_unless_its_data_are_to_be_kept)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), anew = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = redis_start_primary(n, &o);
    anew.incarnation = OPT_INT(2);
    script_order(n, &anew);
    cr_assert_str_eq(script_read(c), "SHUTDOWN NOSAVE NOW");
    script_end(SCRIPT_ID, 0, 0);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
    cr_assert_not(node_is_to_load(n));
}

Test(redis_life, a_process_that_comes_up_as_a_primary_is_ended_when_it_shall_be_a_replica)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), replica = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_order(n, &replica);
    cr_assert_eq(n->state, NODE_STOP);
    cr_assert_eq(script_signal(SCRIPT_ID), SIGKILL);
    script_end(SCRIPT_ID, 0, SIGKILL);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
    cr_assert_eq(n->trouble, TROUBLE_NONE, "that is no death");
    cr_assert_not_null(strstr(script_read_file(n, CONF_FILE), "replicaof"));
}

/* ---- deaths, and starts that fail ---- */

Test(redis_life, one_that_dies_is_started_again_later_each_time)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    script_end(SCRIPT_ID, 0, SIGSEGV);
    cr_assert_str_eq(script_see(n).reason, "killed by signal 11");
    cr_assert_eq(script_see(n).restarts.v, 1);
    cr_assert_eq(script_starts(SCRIPT_ID), 2, "at once, the first time");
    script_write_file(n, "engine.log",
        "1:M 1 Jan 2026 00:00:00.000 # Could not create server TCP listening socket 127.0.0.1:17001: bind: Address already in "
        "use\n");
    script_end(SCRIPT_ID, 1, 0);
    cr_assert_eq(script_see(n).state, SEEN_CONFLICT);
    script_later(n, 10000);
    script_write_file(n, "engine.log", "");
    script_end(SCRIPT_ID, 1, 0);
    cr_assert_eq(script_see(n).state, SEEN_BROKEN);
    cr_assert_str_eq(script_see(n).reason, "exited with status 1");
}

Test(redis_life, one_that_died_is_held_down_where_its_order_says_so)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), held;
    o.hold = OPT_BOOL(true);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_later(n, 60000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    held = o;
    held.incarnation = OPT_INT(2);
    script_order(n, &held);
    cr_assert_eq(script_starts(SCRIPT_ID), 1, "whoever asks for a reboot does not know of the death either");
    held = o;
    held.hold = OPT_BOOL(false);
    script_order(n, &held);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_life, one_that_died_as_a_replica_is_held_down_where_it_was_to_become_primary)
{
    struct proto_node_order o = redis_order(ROLE_REPLICA), rises = redis_order(ROLE_PRIMARY);
    o.hold = rises.hold = OPT_BOOL(true);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_order(n, &rises);
    script_later(n, 60000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1, "whoever wants it to be primary does not know of the death");
    rises.hold = OPT_BOOL(false);
    script_order(n, &rises);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_life, one_that_died_lets_its_followers_bring_first)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    script_followers_bring = true;
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_later(n, 10000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    script_followers_bring = false;
    script_later(n, 10000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1, "serve does not know yet that they have");
    script_nodes.known = INT64_MAX;
    script_later(n, 21);
    script_later(n, 501);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_life, serve_knows_of_a_process_once_it_has_looked_at_a_sighting_of_it)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    cr_assert_not(node_is_news(n), "there is none");
    redis_start_primary(n, &o);
    cr_assert(node_is_news(n));
    script_nodes.known = 1;
    node_stored(n);
    script_later(n, 10000);
    cr_assert(node_is_news(n), "it was ready only after that");
    script_nodes.known = INT64_MAX;
    node_stored(n);
    script_later(n, 499);
    node_stored(n);
    cr_assert(node_is_news(n), "what serve orders then is on its way");
    script_later(n, 1);
    cr_assert_not(node_is_news(n));
}

Test(redis_life, a_death_that_no_agent_saw_is_told)
{
    script_leave_death(SCRIPT_ID);
    struct node *n = script_node(SCRIPT_ID);
    cr_assert_str_eq(script_see(n).reason, "died while no agent was there");
    cr_assert_eq(script_see(n).restarts.v, 1);
}

Test(redis_life, a_setting_that_keeps_it_from_starting_is_left_out)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.settings = (struct proto_setting_list){true, 2, settings};
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_write_file(n, "engine.log", "*** FATAL CONFIG FILE ERROR ***\n>>> 'timeout \"300\"'\nBad directive\n");
    script_end(SCRIPT_ID, 1, 0);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
    cr_assert_null(strstr(script_read_file(n, CONF_FILE), "timeout \"300\""));
    cr_assert_str_eq(script_see(n).reason, "redis-server refuses the setting timeout");
}

Test(redis_life, a_rule_that_keeps_it_from_starting_is_left_out)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.users = (struct proto_user_order_list){true, 1, users};
    o.users_generation = OPT_INT(1);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &o);
    script_write_file(n, "engine.log", "Error loading ACL rule '+nosuchcommand': Unknown command or category name in ACL\n");
    script_end(SCRIPT_ID, 1, 0);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
    cr_assert_null(strstr(script_read_file(n, CONF_FILE), "nosuchcommand"));
}

Test(redis_life, a_start_that_is_refused_is_tried_again)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_refuse_start(ERR_IO, "no more processes");
    script_order(n, &o);
    cr_assert_eq(script_see(n).state, SEEN_BROKEN);
    cr_assert_str_eq(script_see(n).reason, "no more processes");
    for (size_t i = 0; i < script_nodes.engines->n; i++) strcpy(script_nodes.engines->items[i].path, "/engines/redis-server");
    script_later(n, 1000);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
}

Test(redis_life, an_order_that_makes_no_sense_is_refused_and_changes_nothing)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), bad = redis_order(ROLE_PRIMARY);
    bad.address = "127.0.0.1 127.0.0.2";
    struct node *n = script_node(SCRIPT_ID);
    redis_start_primary(n, &o);
    script_order(n, &bad);
    cr_assert_eq(n->state, NODE_UP);
    cr_assert_str_eq(script_see(n).reason, "the order has no proper address");
    script_end(SCRIPT_ID, 0, SIGKILL);
    cr_assert_eq(script_see(n).state, SEEN_BROKEN);
}

/* ---- saved data that can't be loaded ---- */

static void stop_with_data(struct node *n, const struct proto_node_order *o)
{
    script_order(n, o);
    script_write_file(n, "dump.rdb", "REDIS");
    script_write_file(n, NODE_SAVED, "");
}

Test(redis_life, a_primary_stays_down_with_data_that_cannot_be_loaded_and_a_replica_does_without)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), replica = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    o.hold = OPT_BOOL(true);
    stop_with_data(n, &o);
    script_write_file(n, "engine.log", "1:M 1 Jan 2026 00:00:00.000 # Wrong RDB checksum expected\n");
    script_end(SCRIPT_ID, 1, 0);
    cr_assert_not_null(strstr(script_see(n).reason, "its saved data can't be loaded"));
    script_order(n, &replica);
    cr_assert(script_has_file(n, "damaged.rdb"));
    cr_assert_not(node_is_to_load(n));
    script_later(n, 10000);
    cr_assert_eq(script_starts(SCRIPT_ID), 2);
}

Test(redis_life, an_engine_that_falls_over_its_data_thrice_is_not_to_blame)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    stop_with_data(n, &o);
    for (int i = 0; i < 3; i++) {
        script_end(SCRIPT_ID, 0, SIGSEGV);
        script_later(n, 20000);
    }
    cr_assert_not_null(strstr(script_see(n).reason, "its saved data can't be loaded"));
}

Test(redis_life, what_was_loaded_is_not_loaded_again)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    stop_with_data(n, &o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_not(node_is_to_load(n));
    cr_assert(script_has_file(n, "loaded.rdb"));
}

/* ---- of two nodes ---- */

Test(redis_life, a_replica_waits_until_its_upstream_can_feed_it)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), replica = redis_order(ROLE_REPLICA);
    struct node *primary = script_node(SCRIPT_ID), *n = script_node("g-001.0002");
    replica.id = "g-001.0002";
    replica.address = "127.0.0.2";
    replica.upstream_host = "127.0.0.1";
    replica.upstream_node = SCRIPT_ID;
    script_order(primary, &o);
    script_order(n, &replica);
    cr_assert_eq(script_starts(n->id), 0);
    struct rconn *c = redis_greet_node(primary);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert(node_can_feed(primary));
    node_wake(n);
    cr_assert_eq(script_starts(n->id), 1);
    cr_assert_str_eq(node_upstream(n), SCRIPT_ID);
}

Test(redis_life, another_one_that_switches_goes_first)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    script_switching = true;
    script_order(n, &o);
    cr_assert_eq(script_starts(SCRIPT_ID), 0);
    script_switching = false;
    script_later(n, 1);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
}
