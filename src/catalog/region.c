#include "catalog/region.h"
#include <string.h>

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
