#include "control/kept.h"
#include "base/arena.h"
#include "control/unit.h"
#include "plan/world.h"
#include "store/row_pack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE(array, item, name, query) &sql_table_##name,
/* Plans read two tables besides those whose rows they change. */
#define TABLES(X)   \
    X(, , region, ) \
    WORLD_TABLES(X) \
    X(, , snapshot_schedule, )

const struct sql_table *const kept_tables[] = {TABLES(TABLE)};
const size_t n_kept_tables = sizeof kept_tables / sizeof *kept_tables;

size_t kept_table_place(const struct sql_table *t)
{
    size_t i = 0;
    while (i < n_kept_tables && kept_tables[i] != t) i++;
    return i;
}

static void put_key(const struct sql_table *t, const void *row, char *key)
{
    char number[24], *end = stpcpy(key, t->name);
    for (int i = 0; i < t->n_key; i++) {
        const struct sql_column *c = &t->columns[i];
        const char *at = (const char *)row + c->offset, *text = number;
        if (c->kind == SQL_TEXT) memcpy(&text, at, sizeof text);
        else snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)(const void *)at);
        if ((size_t)(end - key) + strlen(text) + 2 > UNIT_KEY_SIZE)
            abort(); /* ids have at most 255 bytes, and no row has two that are so long */
        *end = ' ';
        end = stpcpy(end + 1, text);
    }
}

struct kept *kept_new(const struct sql_table *t, const void *row)
{
    char key[UNIT_KEY_SIZE];
    put_key(t, row, key);
    size_t key_size = strlen(key) + 1;
    struct kept *k = malloc(sizeof *k + key_size + row_pack_size(t, row));
    if (k == NULL) abort();
    *k = (struct kept){.table = (uint16_t)kept_table_place(t), .packed = (uint16_t)key_size};
    memcpy(k->key, key, key_size);
    row_pack(t, row, k->key + key_size);
    return k;
}

const struct sql_table *kept_table(const struct kept *k)
{
    return kept_tables[k->table];
}

void *kept_row(const struct kept *k, struct arena *a)
{
    return row_unpack(kept_table(k), k->key + k->packed, a);
}

int64_t kept_number(const struct kept *k, size_t offset)
{
    return row_packed_number(kept_table(k), k->key + k->packed, offset);
}

const char *kept_text(const struct kept *k, size_t offset)
{
    return row_packed_text(kept_table(k), k->key + k->packed, offset);
}
