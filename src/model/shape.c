#include "model/shape.h"
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
