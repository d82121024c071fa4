#pragma once
#include "catalog/words.gen.h"
#include <stdbool.h>

struct proto_node_order;
/*
 * The role that a process is started in. One that is to become primary at an offset is a replica until then. In a Redis Cluster
 * it is the order's role: who follows whom is a matter of the engine.
 */
enum node_role role_at_start(const struct proto_node_order *o);
/* True for a primary that shall hold its writes. */
bool role_is_fenced(const struct proto_node_order *o);
