#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Whole decimal numbers in text that comes from somebody else: nothing but digits, behind
 * a '-' where the limits allow for one, and within limits that the caller names.
 */

/* Reads all 'n' bytes of the text. False, and *out untouched, where they are no number of low … high. */
bool decimal_read(const char *text, size_t n, int64_t low, int64_t high, int64_t *out);
/* The same for a string; NULL is no number. */
bool decimal_parse(const char *text, int64_t low, int64_t high, int64_t *out);
/* Reads the number that the string at *text begins with, and moves *text behind it. */
bool decimal_take(const char **text, int64_t low, int64_t high, int64_t *out);
