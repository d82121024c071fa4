#pragma once
#include "base/index.h"
#include <stdint.h>
/*
 * Upper bounds of how many rows tables have of each region, so that whoever must not go beyond a number need not count them each time:
 * only where the bound does not tell. Zeroed, it knows of none. A table is known by its address.
 */
struct bounds {
    struct table_bounds *tables; /* of which something was counted */
    size_t n;
};

/* INT64_MAX where it is not known. */
int64_t bounds_get(const struct bounds *b, const void *table, const char *region);
/* They were counted. */
void bounds_set(struct bounds *b, const void *table, const char *region, int64_t n);
/* One was written, and may be a new one. */
void bounds_grow(struct bounds *b, const void *table, const char *region);
void bounds_fini(struct bounds *b);
