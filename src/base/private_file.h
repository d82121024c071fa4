#pragma once
#include <stddef.h>
struct arena;
struct err;
/*
 * Reads a regular file whole, with a NUL behind it, in the arena; '*len' (may be NULL) gets its length. ERR_USAGE, whose text names the
 * flag and what to do, where it is missing, longer than 'limit' bytes, or where anybody but the user of this process may read it.
 */
int private_file_read(const char *flag, const char *file, size_t limit, struct arena *a, char **out, size_t *len, struct err *e);
