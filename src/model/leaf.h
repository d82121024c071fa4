#pragma once
#include <stddef.h>
/*
 * Reads single values of requests, and checks them and the lengths of lists against the
 * model. A violation is FAULT_INVALID_PARAMETER_VALUE in the words of AWS. No message
 * has the value of a secret.
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
