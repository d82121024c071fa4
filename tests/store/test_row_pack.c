#include "store/row_pack.h"
#include "base/arena.h"
#include "base/text.h"
#include "store/store.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Packs it and reads it again, as a whole and column by column. */
static void check_row(const struct sql_table *t, const void *row)
{
    _arena_ struct arena a = {0};
    size_t size = row_pack_size(t, row);
    char *packed = malloc(size); /* on the heap, where AddressSanitizer sees who goes beyond it */
    row_pack(t, row, packed);
    const void *back = row_unpack(t, packed, &a);
    cr_expect(row_equal(t, row, back), "%s", t->name);
    for (int i = 0; i < t->n_columns; i++) {
        const struct sql_column *c = &t->columns[i];
        const char *at = (const char *)row + c->offset;
        if (c->kind == SQL_TEXT)
            cr_expect(text_equal(row_packed_text(t, packed, c->offset), *(const char *const *)(const void *)at), "%s.%s", t->name,
                c->name);
        else if (c->kind == SQL_INT)
            cr_expect_eq(row_packed_number(t, packed, c->offset), *(const int64_t *)(const void *)at, "%s.%s", t->name, c->name);
        else
            cr_expect_eq(row_packed_number(t, packed, c->offset), *(const unsigned *)(const void *)at, "%s.%s", t->name, c->name);
    }
    free(packed);
}

/* Some of the values are not there, and the others are of all sizes. */
static void fill_row(const struct sql_table *t, char *row, struct arena *a)
{
    static const int64_t edges[] = {1, -1, 63, 64, -64, -65, 8191, 8192, INT32_MAX, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    for (int i = 0; i < t->n_columns; i++) {
        const struct sql_column *c = &t->columns[i];
        if (rand() % 3 == 0) continue;
        int64_t number = rand() % 2 ? edges[(size_t)rand() % (sizeof edges / sizeof *edges)] : (int64_t)rand() << rand() % 30;
        const char *text = arena_printf(a, "%.*s", rand() % 40, "a text that has up to forty characters, or none");
        if (c->kind == SQL_TEXT) memcpy(row + c->offset, &text, sizeof text);
        else if (c->kind == SQL_INT) memcpy(row + c->offset, &number, sizeof number);
        else memcpy(row + c->offset, &(unsigned){(unsigned)rand() % 7}, sizeof(unsigned));
    }
}

Test(row_pack, every_row_comes_back_as_it_was)
{
    static const struct sql_table *const tables[] = {&sql_table_node, &sql_table_replication_group, &sql_table_cache_cluster,
        &sql_table_node_group, &sql_table_endpoint, &sql_table_region};
    unsigned seed = (unsigned)time(NULL);
    fprintf(stderr, "seed %u\n", seed);
    srand(seed);
    for (size_t i = 0; i < 600; i++) {
        _arena_ struct arena a = {0};
        const struct sql_table *t = tables[i % (sizeof tables / sizeof *tables)];
        char *row = arena_alloc(&a, t->row_size);
        fill_row(t, row, &a);
        check_row(t, row);
    }
}

Test(row_pack, a_row_without_values_takes_a_bit_for_each_column)
{
    const struct row_node empty = {0};
    check_row(&sql_table_node, &empty);
    cr_expect_eq(row_pack_size(&sql_table_node, &empty), ((size_t)sql_table_node.n_columns + 7) / 8);
}
