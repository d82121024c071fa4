#include "plan/tables.h"
#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

#define TABLE(array, item, name, query)                                                                        \
    {&sql_table_##name, offsetof(struct world, array), offsetof(struct world, n_##array), sizeof(struct item), \
        offsetof(struct item, stored), offsetof(struct item, drop)},
#define ROW_IS_FIRST(array, item, name, query) _Static_assert(offsetof(struct item, row) == 0, "the row comes first");

WORLD_TABLES(ROW_IS_FIRST)
const struct world_table world_tables[] = {WORLD_TABLES(TABLE)};
const size_t n_world_tables = sizeof world_tables / sizeof *world_tables;

size_t table_count(const struct world *w, const struct world_table *t)
{
    return *(const size_t *)((const char *)w + t->count);
}

void *table_item(const struct world *w, const struct world_table *t, size_t i)
{
    char *items = *(char *const *)((const char *)w + t->items);
    return items + i * t->size;
}

bool table_dropped(const struct world_table *t, const void *item)
{
    return *(const bool *)((const char *)item + t->drop);
}

const struct world_table *table_find(const struct sql_table *table)
{
    for (size_t i = 0; i < n_world_tables; i++)
        if (world_tables[i].table == table) return &world_tables[i];
    return NULL;
}

const char *table_text(struct arena *a, const struct sql_column *c, const void *item)
{
    const void *at = (const char *)item + c->offset;
    if (c->kind == SQL_TEXT) return *(const char *const *)at;
    if (c->kind == SQL_WORD) return word_text(c->words, *(const unsigned *)at);
    return arena_printf(a, "%lld", (long long)*(const int64_t *)at);
}

const struct sql_column *table_column(const struct world_table *t, const char *name)
{
    for (int i = 0; i < t->table->n_columns; i++)
        if (strcmp(t->table->columns[i].name, name) == 0) return &t->table->columns[i];
    abort();
}

const void *table_wrong_word(const struct world_table *t, const void *item)
{
    for (int i = 0; i < t->table->n_columns; i++) {
        const struct sql_column *c = &t->table->columns[i];
        const unsigned *value = (const void *)((const char *)item + c->offset);
        if (c->kind == SQL_WORD && !word_knows(c->words, *value)) return value;
    }
    return NULL;
}

/* A primary key stands in the first columns: two of them, or three where the third is an id, as of a node group. */
static const char *name_row(struct arena *a, const struct world_table *t, const void *item)
{
    const struct sql_column *c = t->table->columns;
    const char *words[] = {table_text(a, &c[0], item), table_text(a, &c[1], item), NULL};
    if (t->table->n_columns > 2 && strcmp(c[2].name, "id") == 0) words[2] = table_text(a, &c[2], item);
    return arena_printf(a, "%s %s", t->table->name, arena_join(a, words, words[1] == NULL ? 1 : words[2] ? 3 : 2, "/"));
}

static const char *name_column(struct arena *a, const struct world_table *t, const void *item, const void *field)
{
    size_t offset = (size_t)((const char *)field - (const char *)item);
    if (offset == t->drop) return arena_printf(a, "%s: the row goes", name_row(a, t, item));
    for (int i = 0; i < t->table->n_columns; i++)
        if (t->table->columns[i].offset == offset)
            return arena_printf(a, "%s: %s", name_row(a, t, item), t->table->columns[i].name);
    return name_row(a, t, item);
}

const char *table_name_field(struct arena *a, const struct world *w, const void *field)
{
    for (size_t i = 0; i < n_world_tables; i++) {
        const struct world_table *t = &world_tables[i];
        size_t n = table_count(w, t);
        const char *first = n ? table_item(w, t, 0) : NULL;
        if (first == NULL || (const char *)field < first || (const char *)field >= first + n * t->size) continue;
        return name_column(a, t, first + (size_t)((const char *)field - first) / t->size * t->size, field);
    }
    return "something";
}

const char *world_trail(const struct world *w)
{
    enum { TOLD_MAX = 12 };
    const char *told[TOLD_MAX];
    size_t n = 0;
    for (const struct world_edit *e = w->trail; e && n < TOLD_MAX; e = e->next) {
        const char *line = arena_printf(w->arena, "%s: %s", e->rule, table_name_field(w->arena, w, e->field));
        bool known = false;
        for (size_t i = 0; i < n; i++) known |= strcmp(told[i], line) == 0;
        if (!known) told[n++] = line;
    }
    const char *all = "";
    for (size_t i = 0; i < n; i++) all = arena_printf(w->arena, "%s%s%s", told[i], *all ? "; " : "", all);
    return all;
}
