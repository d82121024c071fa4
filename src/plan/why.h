#pragma once
#include "plan/world.h"
/*
 * What a resource waits for, in sentences: from the rows and the last sightings alone, by the same functions that plans judge with.
 */
struct why {
    struct why *next;
    const char *what; /* it waits for: a clause without its full stop */
    const char *ends; /* what would end it */
    int64_t since_ms; /* on the steady clock; 0: not known */
};

struct answer {
    const char *
        kind; /* replication group, cache cluster, node, global datastore, snapshot, user or user group; NULL: there is none of that id */
    const char *region; /* NULL for a global datastore */
    const char *status;
    const char *shown_status; /* as the API shows it */
    struct why *waits;        /* in the world's arena; NULL: for nothing */
};

/* 'region' may be NULL for a global datastore. Where things of several kinds have that id: the first of the kinds above. */
struct answer plan_why(struct world *w, const char *region, const char *id);
