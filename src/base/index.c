#include "base/index.h"
#include "base/hash.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t name_hash(const char *name)
{
    uint64_t h = hash_words(HASH_EMPTY, name, strlen(name));
    return (uint32_t)(h ^ h >> 32);
}

/* Where the search for a name begins. */
static size_t slot_home(const struct index *x, uint32_t hash)
{
    return hash & (x->cap - 1);
}

/* The slot that has the name, or the free one where it belongs: at least a quarter of them is free. */
static struct index_slot *find_slot(const struct index *x, const char *name, uint32_t hash)
{
    size_t i = slot_home(x, hash);
    while (x->slots[i].name && (x->slots[i].hash != hash || strcmp(x->slots[i].name, name) != 0)) i = (i + 1) & (x->cap - 1);
    return &x->slots[i];
}

/* None of them is there twice. */
static void move_slot(struct index *to, const struct index_slot *s)
{
    size_t i = slot_home(to, s->hash);
    while (to->slots[i].name) i = (i + 1) & (to->cap - 1);
    to->slots[i] = *s;
}

static void grow_index(struct index *x)
{
    struct index bigger = {.cap = x->cap ? 2 * x->cap : 16, .n = x->n};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL) abort();
    for (size_t i = 0; i < x->cap; i++)
        if (x->slots[i].name) move_slot(&bigger, &x->slots[i]);
    free(x->slots);
    *x = bigger;
}

void index_put(struct index *x, const char *name, const void *value)
{
    if (4 * (x->n + 1) > 3 * x->cap) grow_index(x);
    uint32_t hash = name_hash(name);
    struct index_slot *s = find_slot(x, name, hash);
    x->n += s->name == NULL;
    *s = (struct index_slot){name, (void *)(uintptr_t)value, hash};
}

void *index_get(const struct index *x, const char *name)
{
    return x->cap ? find_slot(x, name, name_hash(name))->value : NULL;
}

/* Whoever was put behind the gap because of a name before it moves up, so that no search ends at the gap too early. */
void index_drop(struct index *x, const char *name)
{
    struct index_slot *gap = x->cap ? find_slot(x, name, name_hash(name)) : NULL;
    if (gap == NULL || gap->name == NULL) return;
    size_t mask = x->cap - 1, at = (size_t)(gap - x->slots);
    for (size_t i = (at + 1) & mask; x->slots[i].name; i = (i + 1) & mask) {
        if (((i - slot_home(x, x->slots[i].hash)) & mask) < ((i - at) & mask)) continue;
        x->slots[at] = x->slots[i];
        at = i;
    }
    x->slots[at] = (struct index_slot){0};
    x->n--;
}

void index_fini(struct index *x)
{
    free(x->slots);
    *x = (struct index){0};
}
