#pragma once
#include <stddef.h>
struct buf;
struct row_node;
/* Adds nodes as JSON: what is wanted of each and what was seen. */
void nodes_json_put(struct buf *out, const struct row_node *rows, size_t n);
