#pragma once
#include "base/index.h"
#include <stddef.h>
/* Who is ordered to follow whom: the nodes that may wait for another one, by that one's id. Zeroed it is empty. */
struct dry_node;

struct dry_followers {
    struct dry_node **nodes;
    size_t n, room;
    char upstream[];
};

struct dry_follows {
    struct index by_upstream; /* struct dry_followers */
};

/* 'upstream' NULL is allowed: nothing happens. */
void dry_follows_add(struct dry_follows *x, const char *upstream, struct dry_node *n);
void dry_follows_drop(struct dry_follows *x, const char *upstream, const struct dry_node *n);
/* NULL: nobody. */
const struct dry_followers *dry_follows_find(const struct dry_follows *x, const char *upstream);
void dry_follows_fini(struct dry_follows *x);
