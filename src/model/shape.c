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
    case SHAPE_LIST: return ((const struct shape_list *)value)->set;
    case SHAPE_STRUCT: return shape_target(value) != NULL;
    }
    abort();
}
