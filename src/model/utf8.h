#pragma once
#include <stddef.h>
#include <stdint.h>
/* Reading of UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */

/* The length of the character at 's', of which 'left' bytes may be read, and the character itself; 0 if there is no valid one. */
size_t utf8_next(const char *s, size_t left, uint32_t *character);
/* The number of characters of a string; a byte outside of any valid character counts as one. */
size_t utf8_length(const char *s);
/* The greatest length up to 'max' at which 's' can be cut without splitting a character. */
size_t utf8_clip(const char *s, size_t max);
