#pragma once
#include "plan/world.h"
/*
 * The world's rows seen as tables: for whoever has to look at all of them in the same way, whatever their columns are. Rows that
 * no plan changes (schedules, parameters) are not among them.
 */
struct sql_column;
struct sql_table;

struct world_table {
    const struct sql_table *table;
    size_t items, count;       /* where struct world has the array and its length */
    size_t size, stored, drop; /* of an item, whose row comes first; and where it has these two */
};

extern const struct world_table world_tables[];
extern const size_t n_world_tables;

size_t table_count(const struct world *w, const struct world_table *t);
void *table_item(const struct world *w, const struct world_table *t, size_t i);
bool table_dropped(const struct world_table *t, const void *item);
/* NULL where the world has no rows of it. */
const struct world_table *table_find(const struct sql_table *table);

/* Aborts where the table lacks it. */
const struct sql_column *table_column(const struct world_table *t, const char *name);
/* The column's text, an integer's in the arena. NULL for a NULL. */
const char *table_text(struct arena *a, const struct sql_column *c, const void *item);
/* The first column with words whose value is none of them, NULL where there is none. */
const void *table_wrong_word(const struct world_table *t, const void *item);
/* "node us-east-1/demo-001.0001: seen_role" for a member of a row of the world; "something" for whatever else. */
const char *table_name_field(struct arena *a, const struct world *w, const void *field);

/* What the trail has, each change once, the oldest first: "plan_failover: node_group …: primary_node_id; …". */
const char *world_trail(const struct world *w);
