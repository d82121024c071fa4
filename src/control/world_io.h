#pragma once
#include "plan/world.h"
/* How a world comes out of the rows in memory, and goes back to the database. */
struct err;
struct rows;
struct store;
struct unit_list;

/*
 * Links the rows of these units, each once, and those of all if 'units' is NULL. They point into 'rows', and hold until rows_apply().
 * Regions are not among them: world_regions().
 */
void world_of_units(struct world *w, const struct rows *rows, const struct unit_list *units);
/* All regions, not in touch, in the arena. */
struct world_region *world_regions(struct arena *a, const struct rows *rows);
/* Writes what differs from what was read, deletes what was dropped, adds the events. Sets *wrote where anything did. Runs inside the caller's
 * transaction. */
int world_store(struct store *s, struct world *w, bool *wrote, struct err *e);
/* The same for the regions' rows; several worlds may have the same regions. */
int world_store_regions(struct store *s, const struct world_region *all, size_t n, bool *wrote, struct err *e);
