#include "model/shape.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

const struct shape shape_string = {.name = "string", .kind = SHAPE_STRING, .size = sizeof(const char *)};
const struct shape shape_integer = {.name = "integer", .kind = SHAPE_INTEGER, .size = sizeof(struct opt_int)};
const struct shape shape_boolean = {.name = "boolean", .kind = SHAPE_BOOLEAN, .size = sizeof(struct opt_bool)};
const struct shape shape_double = {.name = "double", .kind = SHAPE_DOUBLE, .size = sizeof(struct opt_double)};
const struct shape shape_timestamp = {.name = "timestamp", .kind = SHAPE_TIMESTAMP, .size = sizeof(struct opt_time)};

void *shape_target(const void *value)
{
    /* Each such pointer has a type of its own, so it is copied, not read as another type's. */
    void *target;
    memcpy(&target, value, sizeof target);
    return target;
}

bool shape_is_set(const struct shape *shape, const void *value)
{
    switch (shape->kind) {
    case SHAPE_STRING: return *(const char *const *)value != NULL;
    case SHAPE_INTEGER: return ((const struct opt_int *)value)->set;
    case SHAPE_BOOLEAN: return ((const struct opt_bool *)value)->set;
    case SHAPE_DOUBLE: return ((const struct opt_double *)value)->set;
    case SHAPE_TIMESTAMP: return ((const struct opt_time *)value)->set;
    case SHAPE_WORD: return *(const unsigned *)value != 0;
    case SHAPE_LIST: return ((const struct shape_list *)value)->set;
    case SHAPE_STRUCT: return shape_target(value) != NULL;
    }
    abort();
}

static bool same_value(const struct shape *shape, const void *a, const void *b);

static bool same_items(const struct shape *element, const struct shape_list *a, const struct shape_list *b)
{
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++) {
        const char *x = (const char *)a->items + i * element->size, *y = (const char *)b->items + i * element->size;
        if (!(element->kind == SHAPE_STRUCT ? shape_same(element, x, y) : same_value(element, x, y))) return false;
    }
    return true;
}

/* Of two members or list items that are there. */
static bool same_value(const struct shape *shape, const void *a, const void *b)
{
    switch (shape->kind) {
    case SHAPE_STRING: return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    case SHAPE_INTEGER: return ((const struct opt_int *)a)->v == ((const struct opt_int *)b)->v;
    case SHAPE_BOOLEAN: return ((const struct opt_bool *)a)->v == ((const struct opt_bool *)b)->v;
    case SHAPE_DOUBLE: return ((const struct opt_double *)a)->v == ((const struct opt_double *)b)->v;
    case SHAPE_TIMESTAMP: return ((const struct opt_time *)a)->ms == ((const struct opt_time *)b)->ms;
    case SHAPE_WORD: return *(const unsigned *)a == *(const unsigned *)b;
    case SHAPE_LIST: return same_items(shape->element, a, b);
    case SHAPE_STRUCT: return shape_same(shape, shape_target(a), shape_target(b));
    }
    abort();
}

bool shape_same(const struct shape *shape, const void *a, const void *b)
{
    for (size_t i = 0; i < shape->n_fields; i++) {
        const struct shape_field *f = &shape->fields[i];
        const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
        bool is_set = shape_is_set(f->shape, x);
        if (is_set != shape_is_set(f->shape, y) || (is_set && !same_value(f->shape, x, y))) return false;
    }
    return true;
}

/* ---- copies ---- */

/* Where a copy goes; while 'block' is NULL it is only measured. */
struct clone {
    char *block;
    size_t used;
};

static void *clone_bytes(struct clone *c, const void *from, size_t n)
{
    void *at = c->block ? c->block + c->used : NULL;
    c->used += (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    return at ? memcpy(at, from, n) : NULL;
}

static void clone_members(struct clone *c, const struct shape *shape, const void *from, void *to);

static void clone_text(struct clone *c, const void *from, void *to)
{
    const char *text = shape_target(from);
    void *copy = text ? clone_bytes(c, text, strlen(text) + 1) : NULL;
    if (to) memcpy(to, &copy, sizeof copy);
}

static void clone_list(struct clone *c, const struct shape *element, const struct shape_list *from, struct shape_list *to)
{
    if (from->n == 0) return;
    char *items = clone_bytes(c, from->items, from->n * element->size);
    for (size_t i = 0; i < from->n; i++) {
        const char *item = (const char *)from->items + i * element->size;
        char *copy = items ? items + i * element->size : NULL;
        if (element->kind == SHAPE_STRING) clone_text(c, item, copy);
        if (element->kind == SHAPE_STRUCT) clone_members(c, element, item, copy);
    }
    if (to) to->items = items;
}

/* 'to' has the bytes of 'from' already, or is NULL. */
static void clone_members(struct clone *c, const struct shape *shape, const void *from, void *to)
{
    for (size_t i = 0; i < shape->n_fields; i++) {
        const struct shape_field *f = &shape->fields[i];
        const char *at = (const char *)from + f->offset;
        char *copy = to ? (char *)to + f->offset : NULL;
        if (f->shape->kind == SHAPE_STRING) clone_text(c, at, copy);
        if (f->shape->kind == SHAPE_LIST) clone_list(c, f->shape->element, (const void *)at, (void *)copy);
        const void *target = f->shape->kind == SHAPE_STRUCT ? shape_target(at) : NULL;
        if (target == NULL) continue;
        void *inner = clone_bytes(c, target, f->shape->size);
        clone_members(c, f->shape, target, inner);
        if (copy) memcpy(copy, &inner, sizeof inner);
    }
}

void *shape_clone(const struct shape *shape, const void *value)
{
    struct clone c = {0};
    clone_bytes(&c, value, shape->size);
    clone_members(&c, shape, value, NULL);
    c.block = malloc(c.used);
    if (c.block == NULL) abort();
    c.used = 0;
    void *copy = clone_bytes(&c, value, shape->size);
    clone_members(&c, shape, value, copy);
    return copy;
}
