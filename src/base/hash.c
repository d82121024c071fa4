#include "base/hash.h"
#include <string.h>

#define PRIME UINT64_C(1099511628211)

uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * PRIME;
    return h;
}

uint64_t hash_text(uint64_t h, const char *text)
{
    return hash_bytes(h, text, strlen(text));
}

int64_t hash_number(uint64_t h)
{
    h = (h ^ h >> 53) & ((UINT64_C(1) << 53) - 1);
    return h ? (int64_t)h : 1;
}
