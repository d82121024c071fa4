#pragma once
#include "store/sql.h"
/*
 * A row in few bytes, for those that keep many of them: what is zero or NULL takes a bit, an integer as many bytes as it needs. Texts
 * end with a NUL and stay where they are: a row that is read points to them.
 */
struct arena;

/* How many bytes it takes. */
size_t row_pack_size(const struct sql_table *t, const void *row);
/* 'out' has room for them. */
void row_pack(const struct sql_table *t, const void *row, char *out);
/* The row, in the arena; its texts are in 'packed'. */
void *row_unpack(const struct sql_table *t, const char *packed, struct arena *a);
/* The integer, or the word, of the column that the row struct has at 'offset'. */
int64_t row_packed_number(const struct sql_table *t, const char *packed, size_t offset);
/* The text of such a column, or NULL; it is in 'packed'. */
const char *row_packed_text(const struct sql_table *t, const char *packed, size_t offset);
