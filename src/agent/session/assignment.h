#pragma once
#include <stddef.h>
#include <stdint.h>
/* An assignment of serve's: the orders for everything in a fleet (docs/protocol.md). */
struct fleet;

/* Has the whole fleet be as the JSON text says. Returns the assignment's version, or -1 if it is of no use: then nothing changes. A
 * fleet that stops takes no more orders, and returns the version that it has. */
int64_t assignment_apply(struct fleet *f, const char *json, size_t len);
