#pragma once
#include <stdbool.h>
/*
 * The host names of endpoints, in the forms that ElastiCache gives them ("Finding connection endpoints" and "Best practices when
 * enabling in-transit encryption" in its user guide, and names of real endpoints). An account's names in one region share six letters,
 * which follow here from the two: a resource that is created again has its names again.
 */
struct arena;
struct region;

enum endpoint_name {
    NAME_NODE,
    NAME_PRIMARY,
    NAME_READER,
    NAME_CONFIGURATION,
    NAME_MEMCACHED_CONFIGURATION,
    NAME_SERVERLESS,
    ENDPOINT_NAMES
};

/* Whose endpoint it is; what a form does not need may be NULL. */
struct endpoint_owner {
    const struct region *region;
    const char *account; /* 12 digits */
    const char *
        rg; /* the replication group's id, or the serverless cache's name; it and the next one may be keys (catalog/account_key.h) */
    const char *cluster; /* the cache cluster's id */
    const char *node;    /* 0001 … */
};

/* The domain that stands for AWS's own, which is not the same one in every partition. */
#define NAMES_OF_AWS "aws"
enum { NAME_DOMAINS = 2 };

/*
 * The name in the arena: of 'domain', or for NAMES_OF_AWS as on AWS. 'encrypted' is the form of replication groups whose encryption in
 * transit is on; memcached clusters have none.
 */
const char *endpoint_name(
    struct arena *a, const char *domain, enum endpoint_name kind, bool encrypted, const struct endpoint_owner *owner);
/* The domains that all of these names are below. Returns how many: the others are NULL. */
int endpoint_name_domains(const char *domain, const char *out[NAME_DOMAINS]);
/* Whether names can be made below it: NAMES_OF_AWS, or a host's name in small letters that leaves room for the longest of them. */
bool endpoint_name_may_end(const char *domain);
