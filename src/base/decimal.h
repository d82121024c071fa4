#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Reads whole decimal numbers from foreign text. A number is digits alone, with a '-'
 * before them if the limits allow one, and lies within limits that the caller names.
 */

/* Reads all 'n' bytes of the text. False, with *out untouched, if they are no number from 'low' to 'high'. */
bool decimal_read(const char *text, size_t n, int64_t low, int64_t high, int64_t *out);
/* The same for a string; NULL is no number. */
bool decimal_parse(const char *text, int64_t low, int64_t high, int64_t *out);
/* Reads the number at the beginning of the string *text, and moves *text behind it. */
bool decimal_take(const char **text, int64_t low, int64_t high, int64_t *out);
