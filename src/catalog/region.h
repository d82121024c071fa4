#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The regions. Constant data generated from api/catalog/regions.json and distances.json, which tell which
 * figures are Amazon's and which were chosen freely.
 */

struct partition {
    const char *name;       /* of ARNs: aws, aws-cn … */
    const char *dns_suffix; /* of host names: amazonaws.com … */
};

/* A part of every day, UTC; it may reach into the next day. */
struct day_block {
    short start_min;
    short length_min;
};

struct region {
    const char *name;
    const char *code; /* inside the host names of cache clusters: use1 */
    const struct partition *partition;
    const char *const *zones;  /* us-east-1a …, n_zones of them, in order */
    const char *global_prefix; /* of the ids of global datastores whose first primary is here */
    unsigned char n_zones;
    unsigned char octet; /* its addresses are 127.OCTET.0.0/16, for ever */
    bool global_datastores;
    struct day_block maintenance; /* default windows lie within these blocks, which do not overlap */
    struct day_block snapshots;
};

/* Ordered by name. */
extern const struct region regions[];
extern const size_t n_regions;

/* NULL if there is none of that name. */
const struct region *region_find(const char *name);
/* Whether 'zone' is one of the region's availability zones. */
bool region_has_zone(const struct region *r, const char *zone);
/* How long the network between two regions takes one way, as far as their distance tells; 0 within a region. */
int64_t region_latency_ms(const struct region *from, const struct region *to);
