#pragma once
#include <stdbool.h>
struct buf;
struct world;
/* Adds what a resource waits for, as plan_why() tells it, as JSON. False: there is no such resource, and nothing was added. */
bool why_json_put(struct buf *out, struct world *w, const char *region, const char *id);
