#include "base/slots.h"
#include "base/arena.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORD = 64, RANGE_TEXT = 12 /* "16383-16383 " */ };

static bool is_slot(int slot)
{
    return slot >= 0 && slot < SLOTS;
}

bool slots_has(const struct slots *s, int slot)
{
    return is_slot(slot) && s->words[slot / WORD] >> slot % WORD & 1;
}

void slots_add(struct slots *s, int slot)
{
    if (is_slot(slot)) s->words[slot / WORD] |= UINT64_C(1) << slot % WORD;
}

void slots_remove(struct slots *s, int slot)
{
    if (is_slot(slot)) s->words[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
}

void slots_add_range(struct slots *s, int first, int last)
{
    if (first < 0) first = 0;
    if (last >= SLOTS) last = SLOTS - 1;
    while (first <= last) {
        int bit = first % WORD, n = last - first + 1 < WORD - bit ? last - first + 1 : WORD - bit;
        s->words[first / WORD] |= (n == WORD ? UINT64_MAX : (UINT64_C(1) << n) - 1) << bit;
        first += n;
    }
}

int slots_count(const struct slots *s)
{
    int n = 0;
    for (int i = 0; i < SLOTS / WORD; i++) n += __builtin_popcountll(s->words[i]);
    return n;
}

int slots_next(const struct slots *s, int from)
{
    if (from < 0) from = 0;
    if (from >= SLOTS) return SLOTS;
    int at = from / WORD;
    uint64_t rest = s->words[at] & UINT64_MAX << from % WORD;
    while (rest == 0 && ++at < SLOTS / WORD) rest = s->words[at];
    return rest ? at * WORD + __builtin_ctzll(rest) : SLOTS;
}

/* CRC-16/XMODEM, half a byte at a time. */
static unsigned crc16_of(const unsigned char *p, size_t n)
{
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a,
        0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    unsigned crc = 0;
    for (; n > 0; n--, p++) {
        crc = (crc << 4 & 0xffff) ^ table[crc >> 12 ^ *p >> 4];
        crc = (crc << 4 & 0xffff) ^ table[crc >> 12 ^ (*p & 15)];
    }
    return crc;
}

int slots_of_key(const void *key, size_t n)
{
    const unsigned char *all = key, *open = n ? memchr(all, '{', n) : NULL;
    const unsigned char *close = open ? memchr(open + 1, '}', (size_t)(all + n - open - 1)) : NULL;
    if (close && close > open + 1) return (int)(crc16_of(open + 1, (size_t)(close - open - 1)) % SLOTS);
    return (int)(crc16_of(all, n) % SLOTS);
}

void slots_join(struct slots *s, const struct slots *other)
{
    for (int i = 0; i < SLOTS / WORD; i++) s->words[i] |= other->words[i];
}

void slots_subtract(struct slots *s, const struct slots *other)
{
    for (int i = 0; i < SLOTS / WORD; i++) s->words[i] &= ~other->words[i];
}

void slots_meet(struct slots *s, const struct slots *other)
{
    for (int i = 0; i < SLOTS / WORD; i++) s->words[i] &= other->words[i];
}

bool slots_has_all(const struct slots *s, const struct slots *other)
{
    uint64_t lacking = 0;
    for (int i = 0; i < SLOTS / WORD; i++) lacking |= other->words[i] & ~s->words[i];
    return lacking == 0;
}

/* A number of at most five digits; -1 and an untouched *text where there is none. */
static int read_slot(const char **text)
{
    int n = 0, digits = 0;
    while (isdigit((unsigned char)(*text)[digits]) && digits < 6) n = n * 10 + ((*text)[digits++] - '0');
    if (digits == 0 || digits > 5) return -1;
    *text += digits;
    return n;
}

static enum slots_error read_range(struct slots *s, const char **text)
{
    int first = read_slot(text), last = first;
    if (first < 0) return SLOTS_MALFORMED;
    if (**text == '-') {
        ++*text;
        last = read_slot(text);
    }
    if (last < first) return SLOTS_MALFORMED;
    if (last >= SLOTS) return SLOTS_BEYOND;
    if (slots_next(s, first) <= last) return SLOTS_TWICE;
    slots_add_range(s, first, last);
    return SLOTS_OK;
}

enum slots_error slots_read(struct slots *s, const char *text)
{
    enum slots_error r = SLOTS_OK;
    for (const char *p = text; r == SLOTS_OK && p && *p;) {
        r = read_range(s, &p);
        if (r == SLOTS_OK && *p && *p != ' ' && *p != ',') r = SLOTS_MALFORMED;
        if (r == SLOTS_OK && *p && *++p == '\0') r = SLOTS_MALFORMED; /* a separator with nothing behind it */
    }
    return r;
}

/* The last of the slots from 'first', which is one of the set, that follow each other without a gap. */
static int range_end(const struct slots *s, int first)
{
    for (int at = first; at < SLOTS;) {
        uint64_t lacking = ~s->words[at / WORD] >> at % WORD;
        if (lacking) return at + __builtin_ctzll(lacking) - 1;
        at = (at / WORD + 1) * WORD;
    }
    return SLOTS - 1;
}

static size_t count_ranges(const struct slots *s)
{
    size_t n = 0;
    for (int first = slots_next(s, 0); first < SLOTS; first = slots_next(s, range_end(s, first) + 1)) n++;
    return n;
}

const char *slots_text(struct arena *a, const struct slots *s, char between)
{
    size_t size = count_ranges(s) * RANGE_TEXT + 1, n = 0;
    char *text = arena_alloc(a, size);
    for (int first = slots_next(s, 0), last; first < SLOTS; first = slots_next(s, last + 1)) {
        last = range_end(s, first);
        if (n) text[n++] = between;
        n += (size_t)snprintf(text + n, size - n, first == last ? "%d" : "%d-%d", first, last);
    }
    return text;
}
