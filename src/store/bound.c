#include "store/bound.h"
#include <stdlib.h>
#include <string.h>

struct bound {
    int64_t n;
    char region[];
};

int64_t bounds_get(const struct bounds *b, const char *region)
{
    const struct bound *x = index_get(&b->by_region, region);
    return x ? x->n : INT64_MAX;
}

void bounds_set(struct bounds *b, const char *region, int64_t n)
{
    struct bound *x = index_get(&b->by_region, region);
    size_t size = strlen(region) + 1;
    if (x == NULL) {
        x = malloc(sizeof *x + size);
        if (x == NULL) abort();
        memcpy(x->region, region, size);
        index_put(&b->by_region, x->region, x);
    }
    x->n = n;
}

void bounds_grow(struct bounds *b, const char *region)
{
    struct bound *x = index_get(&b->by_region, region);
    if (x) x->n++;
}

void bounds_fini(struct bounds *b)
{
    for (size_t i = 0; i < b->by_region.cap; i++) free(b->by_region.slots[i].value);
    index_fini(&b->by_region);
}
