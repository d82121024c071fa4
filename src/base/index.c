#include "base/index.h"
#include "base/hash.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The slot that has the name, or the free one where it belongs: at most half of them are taken. */
static struct index_slot *find(const struct index *x, const char *name)
{
    uint64_t h = hash_text(HASH_EMPTY, name);
    size_t i = (h ^ h >> 32) & (x->cap - 1);
    while (x->slots[i].name && strcmp(x->slots[i].name, name) != 0) i = (i + 1) & (x->cap - 1);
    return &x->slots[i];
}

static void grow(struct index *x)
{
    struct index bigger = {.cap = x->cap ? 2 * x->cap : 16, .n = x->n};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL) abort();
    for (size_t i = 0; i < x->cap; i++)
        if (x->slots[i].name) *find(&bigger, x->slots[i].name) = x->slots[i];
    free(x->slots);
    *x = bigger;
}

void index_put(struct index *x, const char *name, const void *value)
{
    if (2 * x->n >= x->cap) grow(x);
    struct index_slot *s = find(x, name);
    x->n += s->name == NULL;
    *s = (struct index_slot){name, (void *)(uintptr_t)value};
}

void *index_get(const struct index *x, const char *name)
{
    return x->cap ? find(x, name)->value : NULL;
}

void index_fini(struct index *x)
{
    free(x->slots);
    *x = (struct index){0};
}
