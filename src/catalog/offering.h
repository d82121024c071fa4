#pragma once
#include "catalog/node_type.h"
/*
 * The offerings of reserved nodes: constant data, made from api/catalog/reserved-nodes.json and the node types. An offering's id follows
 * from what it offers, so that it is the same in every version and region.
 */

enum { OFFERING_ID_SIZE = 37 };

struct offering_term {
    int years;
    const char *name; /* "Partial Upfront" */
    double saves;     /* of the price on demand */
    double upfront;   /* of the rest */
};
extern const struct offering_term offering_terms[];
extern const size_t n_offering_terms;
/* US dollars for a GiB and hour, by the first letter of the family, 'a' to 'z'; 0: the family is not offered. */
extern const double offering_rates[26];
extern const double offering_engines[ENGINE_COUNT];

struct offering {
    char id[OFFERING_ID_SIZE];
    const struct node_type *type;
    const struct engine *engine;
    const struct offering_term *term;
    int64_t duration_s;
    double fixed_price, hourly; /* US dollars */
};

/* The offering at a place, from 0 on; false where nothing is offered there. Places end with offering_places(). */
bool offering_at(size_t place, struct offering *out);
size_t offering_places(void);
/* False where there is none of that id. */
bool offering_find(const char *id, struct offering *out);
