#include "scripted_redis.h"
#include <criterion/criterion.h>
#include <stdio.h>

struct proto_cluster_node redis_cluster_entry = {.order = SCRIPT_ID,
    .name = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    .host = "127.0.0.1",
    .port = {true, 17001},
    .shard = "a",
    .primary = {true, true},
    .slots = "0-16383"};

struct proto_node_order redis_order(enum node_role role)
{
    return (struct proto_node_order){.id = SCRIPT_ID,
        .run = OPT_BOOL(true),
        .engine = "redis",
        .engine_version = "7.0.7",
        .address = "127.0.0.1",
        .port = OPT_INT(17001),
        .endpoints = {true, 0, NULL},
        .role = role,
        .upstream_host = "127.0.0.2",
        .upstream_port = OPT_INT(17001),
        .incarnation = OPT_INT(1),
        .generation = OPT_INT(1),
        .settings = {true, 0, NULL},
        .admin_password = "secret"};
}

struct rconn *redis_connect(struct node *n)
{
    script_listen(n->id, true);
    script_later(n, 20);
    struct rconn *c = script_conn(n->id, 0);
    cr_assert_not_null(c);
    script_accept(c);
    return c;
}

void redis_say_server(struct rconn *c, long pid)
{
    char text[200];
    snprintf(text, sizeof text, "redis_version:7.0.15\r\nprocess_id:%ld\r\nexecutable:/engines/redis-server\r\n", pid);
    script_say_text(c, text);
}

struct rconn *redis_greet_node(struct node *n)
{
    struct rconn *c = redis_connect(n);
    script_dialogue(c, "AUTH meridian-admin secret", "+OK\r\n");
    script_dialogue(c, "PING", "+PONG\r\n");
    script_dialogue(c, "INFO server", NULL);
    redis_say_server(c, script_pid(n->id));
    script_dialogue(c, "CONFIG GET *port tls-replication", "*2\r\n$4\r\nport\r\n$5\r\n17001\r\n");
    script_dialogue(c, "CONFIG GET bind", "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n");
    cr_assert_eq(n->state, NODE_UP);
    script_dialogue(c, "INFO replication", NULL);
    return c;
}

struct rconn *redis_start_primary(struct node *n, const struct proto_node_order *o)
{
    script_order(n, o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_MASTER);
    cr_assert_eq(script_see(n).state, SEEN_READY);
    if (script_reads(c, "INFO clients")) script_say_text(c, "blocked_clients:0\r\n");
    return c;
}
