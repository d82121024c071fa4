#include "base/hash.h"
#include <string.h>

#define PRIME UINT64_C(1099511628211)

uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * PRIME;
    return h;
}

static uint64_t add_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

uint64_t hash_words(uint64_t h, const void *data, size_t n)
{
    const char *p = data;
    uint64_t word;
    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = add_word(h, word);
    }
    word = 0;
    memcpy(&word, p, n);
    return n ? add_word(h, word) : h;
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
