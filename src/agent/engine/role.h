#pragma once
#include <stdbool.h>
/* The role of a node in its node group, as orders and sightings name it. */
enum role { ROLE_UNKNOWN, ROLE_PRIMARY, ROLE_REPLICA };

/* NULL for ROLE_UNKNOWN. */
const char *role_name(enum role role);
/* ROLE_UNKNOWN for NULL, and for a name that is none. */
enum role role_parse(const char *name);

struct proto_node_order;
/*
 * The role that a process is started in. One that is to become primary at an offset is a replica until then. In a Redis Cluster
 * it is the order's role: who follows whom is a matter of the engine.
 */
enum role role_at_start(const struct proto_node_order *o);
/* True for a primary that shall hold its writes. */
bool role_is_fenced(const struct proto_node_order *o);
