#include "scripted_cluster.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_state.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct proto_cluster_node entries[3];
static struct proto_cluster_map message;
static struct cluster_map map;
struct arena cluster_map_memory;

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

void cluster_draw_map(uint64_t serial, const char *primary_of_a)
{
    bool first = strcmp(primary_of_a, "a1") == 0;
    entries[0] = entry("a1", A1, "127.0.0.1", "a", first ? "0-8191" : NULL);
    entries[1] = entry("a2", A2, "127.0.0.2", "a", first ? NULL : "0-8191");
    entries[2] = entry("b1", B1, "127.0.0.3", "b", "8192-16383");
    message = (struct proto_cluster_map){.group = "g", .nodes = {true, 3, entries}};
    cluster_map_init(&map, &message, serial, &cluster_map_memory);
    script_map = &map;
}

void cluster_scene_setup(void)
{
    script_open();
    cluster_draw_map(1, "a1");
}

void cluster_scene_teardown(void)
{
    script_close();
    arena_fini(&cluster_map_memory);
}

struct proto_node_order member_order(const char *id, enum node_role role)
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

void member_say_view(struct rconn *c, const char *info, const char *nodes)
{
    cr_assert_str_eq(script_read(c), "CLUSTER INFO");
    cr_assert_str_eq(script_read(c), "CLUSTER NODES");
    script_say_text(c, info);
    script_say_text(c, nodes);
}

struct rconn *member_greet(struct node *n)
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

const char no_source[] = SOURCE("$0\r\n", "$0\r\n");

struct rconn *member_start(struct node *n, const struct proto_node_order *o, const char *nodes, const char *info)
{
    script_order(n, o);
    struct rconn *c = member_greet(n);
    member_say_view(c, INFO("ok", "3"), nodes);
    if (script_reads(c, ASKS_SOURCE)) script_say(c, no_source);
    if (script_reads(c, "CLUSTER INFO")) script_say_text(c, INFO("ok", "3")); /* a replica is perhaps one of a phantom */
    cr_assert_eq(n->state, NODE_UP);
    script_dialogue(c, "INFO replication", NULL);
    script_say_text(c, info);
    cr_assert_eq(script_see(n).state, SEEN_READY);
    return c;
}

const char *member_as_replica = SLAVE;

void member_say_known(struct rconn *c, const char *nodes)
{
    char info[80];
    int lines = 0;
    for (const char *p = nodes; (p = strchr(p, '\n')) != NULL; p++) lines++;
    snprintf(info, sizeof info, "cluster_state:ok\r\ncluster_known_nodes:%d\r\n", lines);
    script_say_text(c, info);
}

const char *member_settle(struct node *n, struct rconn *c, const char *nodes, const char *slots)
{
    for (int i = 0; i < 60; i++) {
        const char *asked = script_read(c);
        if (strcmp(asked, "CLUSTER INFO") == 0) {
            cr_assert_str_eq(script_read(c), "CLUSTER NODES");
            member_say_known(c, nodes);
            script_say_text(c, nodes);
        } else if (strcmp(asked, "CLUSTER SLOTS") == 0) {
            script_say(c, slots);
        } else if (strcmp(asked, "INFO clients") == 0) {
            script_say_text(c, "blocked_clients:0\r\n");
        } else if (strcmp(asked, "INFO replication") == 0) {
            script_say_text(c, redis_of(n)->info.role == ROLE_PRIMARY ? MASTER : member_as_replica);
        } else if (strcmp(asked, "REPLCONF GETACK *") != 0 && *asked) {
            return asked;
        }
        if (!*asked) script_later(n, 10);
    }
    return "";
}
