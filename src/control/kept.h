#pragma once
#include "store/sql.gen.h"
/*
 * A row of the database in memory, in one block with its key, and packed (store/row_pack.h): there are tens of thousands, and few are
 * looked at at a time. Whoever looks has it unpacked, or reads one column.
 */
struct arena;
struct unit;

struct kept {
    struct unit *unit;
    uint32_t place;  /* in the unit's rows */
    uint16_t table;  /* in kept_tables */
    uint16_t packed; /* where in 'key' the row begins */
    char key[];      /* its table and primary key */
};

/* All tables of which rows are kept; a table comes after those whose rows tell whose its own are. */
extern const struct sql_table *const kept_tables[];
extern const size_t n_kept_tables;

/* The place in that list; n_kept_tables: it is not there. */
size_t kept_table_place(const struct sql_table *t);

/* Of no unit yet; free() ends it. */
struct kept *kept_new(const struct sql_table *t, const void *row);
const struct sql_table *kept_table(const struct kept *k);
/* The row, in the arena; its texts live as long as 'k'. */
void *kept_row(const struct kept *k, struct arena *a);
/* A column, by its offset in the row's struct: an integer or a word; a text, which lives as long as 'k', or NULL. */
int64_t kept_number(const struct kept *k, size_t offset);
const char *kept_text(const struct kept *k, size_t offset);
