#pragma once
#include <stddef.h>
#include <stdint.h>
/*
 * A hash table from names to values. Names and values belong to the caller and must
 * outlive the table. A zeroed struct is an empty table. Out of memory aborts.
 */
struct index_slot {
    const char *name;
    void *value;
    uint32_t hash; /* of the name: others are seldom compared */
};

struct index {
    struct index_slot *slots;
    size_t cap, n;
};

/* Replaces the value that the name had. */
void index_put(struct index *x, const char *name, const void *value);
/* NULL if there is no such name. The value must not be written to if it was put as a constant. */
void *index_get(const struct index *x, const char *name);
/* Takes the name out, if it is there. */
void index_drop(struct index *x, const char *name);
void index_fini(struct index *x);

#define _index_ __attribute__((cleanup(index_fini)))
