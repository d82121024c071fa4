#pragma once
#include <stddef.h>
struct arena;
struct buf;
struct row_endpoint;
struct row_node;
struct sessions;
/* Adds nodes and endpoints as JSON, in the form "Nodes" of schema/admin.json: what is wanted of each and what was seen. */
void nodes_json_put(struct buf *out, struct arena *a, const struct sessions *sessions, const struct row_node *nodes,
    size_t n_nodes, const struct row_endpoint *endpoints, size_t n_endpoints);
