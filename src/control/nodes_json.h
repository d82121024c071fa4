#pragma once
#include <stddef.h>
struct buf;
struct row_node;
struct sessions;
/* Adds nodes as JSON: what is wanted of each and what was seen. */
void nodes_json_put(struct buf *out, const struct sessions *sessions, const struct row_node *rows, size_t n);
