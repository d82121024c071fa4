#pragma once
#include <stddef.h>
/*
 * Reads single values out of requests and holds them, and the length of lists,
 * against what the model says of them. A violation is FAULT_INVALID_PARAMETER_VALUE
 * in the words AWS uses; the value of a secret is never told.
 */
struct err;
struct shape;

/*
 * Reads 'text' into 'out', the C type of a leaf's shape (a string is not copied). 'key' is the parameter's name
 * in the request, for messages. Returns 0 or FAULT_INVALID_PARAMETER_VALUE.
 */
int leaf_read(const struct shape *shape, const char *key, const char *text, void *out, struct err *e);
/* Checks a list's number of items. Returns 0 or FAULT_INVALID_PARAMETER_VALUE. */
int leaf_check_count(const struct shape *list, const char *key, size_t n, struct err *e);
