#pragma once
#include "base/arena.h"
#include "build.h"
/* A datastore over three regions at rest, whose primary is east: what the tests of datastores begin with. */

extern struct arena a;
extern struct build b;
extern struct world_global *g;
extern struct world_rg *east, *west, *south; /* us-east-1, eu-west-1, sa-east-1 */

void datastore_setup(void);
void datastore_teardown(void);
/* West is to become primary. */
void start_failover(void);
/* The same, and east has held its writes at the offset 4711. */
void reach_promoting(void);
struct world_member *member(const char *region);
