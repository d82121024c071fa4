#pragma once
#include "scripted_host.h"
/* What a redis-server says in the tests of its node. */

#define SCRIPT_ID "g-001.0001"
#define SCRIPT_MASTER "role:master\r\nmaster_repl_offset:100\r\n"
#define SCRIPT_SLAVE(link) \
    "role:slave\r\nmaster_host:127.0.0.2\r\nmaster_port:17001\r\nmaster_link_status:" link "\r\nslave_repl_offset:100\r\n"

/* For 127.0.0.1:17001, following 127.0.0.2:17001 as a replica, with the password "secret". */
struct proto_node_order redis_order(enum node_role role);
/* The entry of the node SCRIPT_ID in the map of a Redis Cluster whose only node it is. */
extern struct proto_cluster_node redis_cluster_entry;
/* Its process takes connections; the agent's is returned. */
struct rconn *redis_connect(struct node *n);
/* The answer to INFO server. */
void redis_say_server(struct rconn *c, long pid);
/* Up to the first question about where it stands. */
struct rconn *redis_greet_node(struct node *n);
/* Until it is ready, and everything is as ordered. */
struct rconn *redis_start_primary(struct node *n, const struct proto_node_order *o);
