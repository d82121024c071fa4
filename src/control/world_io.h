#pragma once
#include "plan/world.h"
/* How a world comes out of the database and goes back. Both run inside the caller's transaction. */
struct err;
struct store;

/* Reads all rows and links them. Regions are not in touch. */
int world_load(struct store *s, struct world *w, struct err *e);
/* Writes what differs from what was read, deletes what was dropped, adds the events. Sets *wrote where anything did. */
int world_store(struct store *s, struct world *w, bool *wrote, struct err *e);
