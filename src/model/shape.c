#include "model/shape.h"

const struct shape shape_string = {.name = "string", .kind = SHAPE_STRING, .size = sizeof(const char *)};
const struct shape shape_integer = {.name = "integer", .kind = SHAPE_INTEGER, .size = sizeof(struct opt_int)};
const struct shape shape_boolean = {.name = "boolean", .kind = SHAPE_BOOLEAN, .size = sizeof(struct opt_bool)};
const struct shape shape_double = {.name = "double", .kind = SHAPE_DOUBLE, .size = sizeof(struct opt_double)};
const struct shape shape_timestamp = {.name = "timestamp", .kind = SHAPE_TIMESTAMP, .size = sizeof(struct opt_time)};
