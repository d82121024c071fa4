#pragma once
#include <stdbool.h>
#include <string.h>
/* Texts that may be missing. */

/* True where both are there and the same. */
static inline bool text_is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The same, and true where both are missing. */
static inline bool text_equal(const char *a, const char *b)
{
    return a == b || text_is(a, b);
}

/* Whether two texts are the same. The time that it takes tells nothing about them but their lengths. */
bool text_equal_secret(const char *a, const char *b);

/* True if 'word' stands in the list, whose words have one space between them; NULL is the empty list. */
bool text_has_word(const char *list, const char *word);
