#include "base/decimal.h"
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Counts below zero, where there is one number more than above. */
static bool read_digits(const char *text, size_t n, int64_t *out)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i])) return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, text[i] - '0', &v)) return false;
    }
    *out = v;
    return n > 0;
}

bool decimal_read(const char *text, size_t n, int64_t low, int64_t high, int64_t *out)
{
    int64_t v;
    bool negative = n > 0 && *text == '-';
    if (!read_digits(text + negative, n - negative, &v)) return false;
    if (!negative && __builtin_sub_overflow(0, v, &v)) return false;
    if (v < low || v > high) return false;
    *out = v;
    return true;
}

bool decimal_parse(const char *text, int64_t low, int64_t high, int64_t *out)
{
    return text != NULL && decimal_read(text, strlen(text), low, high, out);
}

bool decimal_take(const char **text, int64_t low, int64_t high, int64_t *out)
{
    size_t n = **text == '-';
    while (is_digit((*text)[n])) n++;
    if (!decimal_read(*text, n, low, high, out)) return false;
    *text += n;
    return true;
}
