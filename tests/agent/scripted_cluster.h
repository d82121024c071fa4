#pragma once
#include "scripted_redis.h"
#include <stdint.h>
/* Nodes of a Redis Cluster, told line by line: shard a has a primary (a1) and a replica (a2), shard b a primary (b1). */

#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define A2 "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define X1 "0101010101010101010101010101010101010101"

#define INFO(state, known) "cluster_state:" state "\r\ncluster_known_nodes:" known "\r\n"
#define SELF_A1(slots) A1 " 127.0.0.1:17005@27005 myself,master - 0 0 1 connected" slots "\n"
#define OTHER_A1 A1 " 127.0.0.1:17005@27005 master - 0 0 1 connected 0-8191\n"
#define OTHER_A2 A2 " 127.0.0.2:17005@27005 slave " A1 " 0 0 1 connected\n"
#define SELF_A2 A2 " 127.0.0.2:17005@27005 myself,slave " A1 " 0 0 1 connected\n"
#define OTHER_B1 B1 " 127.0.0.3:17005@27005 master - 0 0 2 connected 8192-16383\n"
#define VIEW_A1 SELF_A1(" 0-8191") OTHER_A2 OTHER_B1
#define SELF_B1 B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383\n"

#define ASKS_SOURCE "CONFIG GET meridian.upstream meridian.attached"
#define SOURCE(upstream, attached) \
    "*4\r\n$17\r\nmeridian.upstream\r\n" upstream "\r\n$17\r\nmeridian.attached\r\n" attached "\r\n"

#define MASTER "role:master\r\nmaster_repl_offset:100\r\n"
#define SLAVE "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:17005\r\nmaster_link_status:up\r\nslave_repl_offset:100\r\n"

#define NODE(host, name) "*3\r\n$9\r\n" host "\r\n:17005\r\n$40\r\n" name "\r\n"
#define SLOTS_TOLD \
    "*2\r\n*4\r\n:0\r\n:8191\r\n" NODE("127.0.0.1", A1) NODE("127.0.0.2", A2) "*3\r\n:8192\r\n:16383\r\n" NODE("127.0.0.3", B1)

/* The source that it tells: none. */
extern const char no_source[];
/* What the map's tables live in. */
extern struct arena cluster_map_memory;
/* What a replica says of where it stands. */
extern const char *member_as_replica;

void cluster_scene_setup(void);
void cluster_scene_teardown(void);
/* The map of the Redis Cluster, in its order of that number. */
void cluster_draw_map(uint64_t serial, const char *primary_of_a);
struct proto_node_order member_order(const char *id, enum node_role role);
/* What it answers to CLUSTER INFO and CLUSTER NODES, which were asked at once. */
void member_say_view(struct rconn *c, const char *info, const char *nodes);
/* CLUSTER INFO counts the nodes of which CLUSTER NODES has a line each. */
void member_say_known(struct rconn *c, const char *nodes);
/* Up to the questions about its Redis Cluster. */
struct rconn *member_greet(struct node *n);
/* Until it is ready. */
struct rconn *member_start(struct node *n, const struct proto_node_order *o, const char *nodes, const char *info);
/* What the engine says of its view, whenever it is asked; anything else that is asked is returned. */
const char *member_settle(struct node *n, struct rconn *c, const char *nodes, const char *slots);
