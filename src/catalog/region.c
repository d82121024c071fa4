#include "catalog/region.h"
#include <string.h>

/* By the places of the regions in regions[], n_regions for each: symmetric. */
extern const unsigned char region_latencies_ms[];

const struct region *region_find(const char *name)
{
    for (size_t i = 0; i < n_regions; i++)
        if (strcmp(regions[i].name, name) == 0) return &regions[i];
    return NULL;
}

bool region_has_zone(const struct region *r, const char *zone)
{
    for (size_t i = 0; i < r->n_zones; i++)
        if (strcmp(r->zones[i], zone) == 0) return true;
    return false;
}

int64_t region_latency_ms(const struct region *from, const struct region *to)
{
    return region_latencies_ms[(size_t)(from - regions) * n_regions + (size_t)(to - regions)];
}
