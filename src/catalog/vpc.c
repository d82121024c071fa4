#include "catalog/vpc.h"
#include "base/hash.h"
#include "catalog/region.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_id(char out[VPC_ID_SIZE], const char *kind, const char *name)
{
    snprintf(out, VPC_ID_SIZE, "%s-0%016llx", kind, (unsigned long long)hash_text(HASH_EMPTY, name));
}

void vpc_id(const struct region *r, char out[VPC_ID_SIZE])
{
    put_id(out, "vpc", r->name);
}

void vpc_other_id(const struct region *r, char out[VPC_ID_SIZE])
{
    char name[64];
    snprintf(name, sizeof name, "other %s", r->name);
    put_id(out, "vpc", name);
}

void vpc_subnet_id(const char *zone, char out[VPC_ID_SIZE])
{
    put_id(out, "subnet", zone);
}

void vpc_security_group_id(const struct region *r, char out[VPC_ID_SIZE])
{
    put_id(out, "sg", r->name);
}

bool vpc_is_subnet_id(const char *id)
{
    if (strncmp(id, "subnet-", 7) != 0 || id[7] == '\0' || strlen(id) > 64) return false;
    for (const char *p = id + 7; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-') return false;
    return true;
}

enum vpc_place vpc_place_of_subnet(const char *id)
{
    if (strncmp(id, "subnet-outpost", 14) == 0) return VPC_PLACE_OUTPOST;
    return strncmp(id, "subnet-other", 12) == 0 ? VPC_PLACE_OTHER : VPC_PLACE_HERE;
}

/* The last character tells it: subnet-…a and subnet-…1 lie in the first zone, subnet-…b and subnet-…2 in the second, and so on around. */
const char *vpc_zone_of_subnet(const struct region *r, const char *id)
{
    char own[VPC_ID_SIZE], last = id[strlen(id) - 1];
    for (int i = 0; i < r->n_zones; i++) {
        vpc_subnet_id(r->zones[i], own);
        if (strcmp(own, id) == 0) return r->zones[i];
    }
    int n = r->n_zones, at = 0;
    assert(n > 0);
    if (islower((unsigned char)last)) at = last - 'a';
    else if (isdigit((unsigned char)last)) at = last - '1' + n;
    return r->zones[at % n];
}
