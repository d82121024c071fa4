#include "base/arena.h"
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 8192 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
};

static struct arena_chunk *grow_arena(struct arena *a, size_t size)
{
    size_t cap = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct arena_chunk *c = malloc(sizeof *c + cap);
    if (c == NULL) abort();
    c->used = 0;
    c->cap = cap;
    c->next = a->head;
    a->head = c;
    return c;
}

static void *take_bytes(struct arena *a, size_t size)
{
    struct arena_chunk *c = a->head;
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (c == NULL || c->cap - c->used < size) c = grow_arena(a, size);
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take_bytes(a, size), 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = take_bytes(a, n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

/* Most texts are short: they are formatted once and copied. */
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n < 0) abort();
    char *s = (size_t)n < sizeof small ? arena_strndup(a, small, (size_t)n) : take_bytes(a, (size_t)n + 1);
    if ((size_t)n >= sizeof small) vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

char *arena_join(struct arena *a, const char *const *words, size_t n, const char *between)
{
    size_t size = 1, gap = strlen(between);
    for (size_t i = 0; i < n; i++) size += strlen(words[i]) + (i ? gap : 0);
    char *text = take_bytes(a, size), *at = text;
    for (size_t i = 0; i < n; i++) at = stpcpy(i ? stpcpy(at, between) : at, words[i]);
    *at = '\0';
    return text;
}

void arena_fini(struct arena *a)
{
    for (struct arena_chunk *c = a->head, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    a->head = NULL;
}
