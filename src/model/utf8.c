#include "model/utf8.h"
#include <string.h>

size_t utf8_next(const char *s, size_t left, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;
    if (left == 0) return 0;
    if (u[0] < 0x80) {
        *character = u[0];
        return 1;
    }
    size_t n = u[0] >= 0xf0 && u[0] < 0xf8 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc0 ? 2 : 0;
    if (n == 0 || u[0] >= 0xf8 || n > left) return 0;
    uint32_t c = u[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (u[i] & 0x3fu);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
    *character = c;
    return n;
}

size_t utf8_length(const char *s)
{
    size_t count = 0, left = strlen(s);
    for (; left > 0; count++) {
        uint32_t c;
        size_t n = utf8_next(s, left, &c);
        if (n == 0) n = 1;
        s += n;
        left -= n;
    }
    return count;
}

size_t utf8_clip(const char *s, size_t max)
{
    size_t n = strnlen(s, max + 1);
    if (n <= max) return n;
    for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;) n--;
    return n;
}
