#pragma once
#include <stddef.h>
/*
 * What is found by a name, in a time that does not grow with how many there are.
 * Names and values belong to the caller and must outlive the index. A zeroed
 * struct is an empty index. Nothing is taken out; out of memory aborts.
 */
struct index_slot {
    const char *name;
    void *value;
};

struct index {
    struct index_slot *slots;
    size_t cap, n;
};

/* The last value of a name counts. */
void index_put(struct index *x, const char *name, const void *value);
/* NULL where there is no such name. Constant where it was put so. */
void *index_get(const struct index *x, const char *name);
void index_fini(struct index *x);

#define _index_ __attribute__((cleanup(index_fini)))
