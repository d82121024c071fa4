#include "ops/core/zone.h"
#include <assert.h>
#include <string.h>

const char *zone_emptiest(const char *const *zones, size_t n, const struct string_list *taken)
{
    const char *best = NULL;
    size_t fewest = 0;
    assert(n);
    for (size_t z = 0; z < n; z++) {
        size_t count = 0;
        for (size_t i = 0; i < taken->n; i++) count += strcmp(taken->items[i], zones[z]) == 0;
        if (best && count >= fewest) continue;
        fewest = count;
        best = zones[z];
    }
    return best;
}
