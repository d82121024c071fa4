#include "store/bound.h"
#include <stdlib.h>
#include <string.h>

struct table_bounds {
    const void *table;
    struct index by_region; /* struct bound */
};

struct bound {
    int64_t n;
    char region[];
};

static struct table_bounds *find_table(const struct bounds *b, const void *table)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->tables[i].table == table) return &b->tables[i];
    return NULL;
}

static struct bound *find_bound(const struct bounds *b, const void *table, const char *region)
{
    const struct table_bounds *t = find_table(b, table);
    return t ? index_get(&t->by_region, region) : NULL;
}

int64_t bounds_get(const struct bounds *b, const void *table, const char *region)
{
    const struct bound *x = find_bound(b, table, region);
    return x ? x->n : INT64_MAX;
}

static struct table_bounds *make_table(struct bounds *b, const void *table)
{
    struct table_bounds *t = find_table(b, table);
    if (t) return t;
    b->tables = realloc(b->tables, (b->n + 1) * sizeof *b->tables);
    if (b->tables == NULL) abort();
    b->tables[b->n] = (struct table_bounds){.table = table};
    return &b->tables[b->n++];
}

void bounds_set(struct bounds *b, const void *table, const char *region, int64_t n)
{
    struct table_bounds *t = make_table(b, table);
    struct bound *x = index_get(&t->by_region, region);
    size_t size = strlen(region) + 1;
    if (x == NULL) {
        x = malloc(sizeof *x + size);
        if (x == NULL) abort();
        memcpy(x->region, region, size);
        index_put(&t->by_region, x->region, x);
    }
    x->n = n;
}

void bounds_grow(struct bounds *b, const void *table, const char *region)
{
    struct bound *x = find_bound(b, table, region);
    if (x) x->n++;
}

void bounds_fini(struct bounds *b)
{
    for (size_t t = 0; t < b->n; t++) {
        for (size_t i = 0; i < b->tables[t].by_region.cap; i++) free(b->tables[t].by_region.slots[i].value);
        index_fini(&b->tables[t].by_region);
    }
    free(b->tables);
    *b = (struct bounds){0};
}
