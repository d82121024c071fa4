#pragma once
#include "plan/world.h"
/* How a world comes out of the database and goes back. Both run inside the caller's transaction. */
struct err;
struct rows;
struct store;

/* Links all rows, which are read where 'rows' does not know them. Regions are not in touch. */
int world_load(struct store *s, struct rows *rows, struct world *w, struct err *e);
/*
 * Writes what differs from what was read, deletes what was dropped, adds the events. Sets *wrote where anything did.
 * rows_keep() is to follow once it is committed and nobody looks at what was stored before, rows_lose() if it is rolled back.
 */
int world_store(struct store *s, struct rows *rows, struct world *w, bool *wrote, struct err *e);
