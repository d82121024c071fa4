#pragma once
#include "catalog/engine.h"
#include "catalog/node_types.gen.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Node types: their sizes, the engines that run on them, and the types that a cache cluster can
 * be changed to. Constant data generated from api/catalog/node-types.json.
 */

struct node_family {
    const char *name;                      /* r6g */
    const char *min_version[ENGINE_COUNT]; /* NULL: the engine does not run on it */
    unsigned char generation;              /* 6 */
    bool current;                          /* false: no new cache cluster can have it */
    bool target;                           /* false: no cache cluster can be changed to it */
    bool burstable;
    bool data_tiering;
};

struct node_type {
    const char *name;                 /* cache.r6g.large */
    const struct node_family *family; /* types of one family may point to different ones of the same name */
    const char *size;                 /* large */
    double gib;
    int64_t maxmemory; /* bytes: the parameter's value for redis and valkey, before memory is reserved */
    int memcached_mb;  /* max_cache_memory; 0 where memcached does not run */
    int maxclients;
    unsigned char vcpu;     /* also memcached's num_threads */
    bool global_datastores; /* replication groups of it may be members of one */
};

/* Ordered by name. */
extern const struct node_type node_types[NODE_TYPE_COUNT];

/* NULL if there is none of that name. */
const struct node_type *node_type_find(const char *name);
/* Whether nodes of the type of that name have disks for data that memory has no room for. */
bool node_type_has_disks(const char *name);
/* Whether the engine version runs on the type. */
bool node_type_runs(const struct node_type *t, const struct engine_version *v);
/* Bytes for items when 'engine' runs on the type; 0 if it never does. */
int64_t node_type_memory(const struct node_type *t, enum engine_id engine);

/* The types that a cache cluster can be changed to, each list ordered by name. */
struct node_type_moves {
    size_t n_up, n_down;
    const struct node_type *up[NODE_TYPE_COUNT];
    const struct node_type *down[NODE_TYPE_COUNT];
};
/*
 * The answer to ListAllowedNodeTypeModifications for a cache cluster of type 'from'
 * that runs 'v', 'in_global' if it is a member of a global datastore. Up is more
 * memory in the same or a newer generation, down is less memory in any: so go
 * AWS's samples. They show no types of equal memory; those count as up, or as
 * down if they are older.
 */
void node_type_moves(const struct node_type *from, const struct engine_version *v, bool in_global, struct node_type_moves *moves);
