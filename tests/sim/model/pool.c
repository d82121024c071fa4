#include "model_int.h"
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096, ALIGNMENT = 16 };

void *pool_take(struct pool *p, size_t size)
{
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (p->chunks == NULL || p->chunks->used + size > p->chunks->size) {
        size_t room = size > CHUNK ? size : CHUNK;
        struct chunk *c = malloc(sizeof *c + ALIGNMENT + room);
        if (c == NULL) abort();
        *c = (struct chunk){.next = p->chunks, .size = room};
        p->chunks = c;
    }
    uintptr_t base = ((uintptr_t)(p->chunks + 1) + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    void *at = (char *)base + p->chunks->used;
    p->chunks->used += size;
    return at;
}

char *pool_copy(struct pool *p, const char *s, size_t len)
{
    char *copy = pool_take(p, len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

void pool_reset(struct pool *p)
{
    if (p->chunks == NULL) return;
    while (p->chunks->next != NULL) {
        struct chunk *next = p->chunks->next;
        free(p->chunks);
        p->chunks = next;
    }
    p->chunks->used = 0;
}

void pool_free(struct pool *p)
{
    pool_reset(p);
    free(p->chunks);
    p->chunks = NULL;
}
