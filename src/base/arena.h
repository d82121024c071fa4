#pragma once
#include <stdarg.h>
#include <stddef.h>
/*
 * An arena: memory that is freed all at once. Whatever lives as long as one request,
 * one pass or one message comes from an arena. A zeroed struct is an empty arena.
 * Out of memory aborts.
 */
struct arena {
    struct arena_chunk *head;
};

/* 'size' zeroed bytes, aligned for any type. Never NULL; a size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy of 's' (NULL stays NULL), or of its first 'n' bytes; it ends with a NUL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The words in one string, separated by 'between'; "" for no words. */
char *arena_join(struct arena *a, const char *const *words, size_t n, const char *between);
/* Frees everything. The arena may be used again. */
void arena_fini(struct arena *a);

#define _arena_ __attribute__((cleanup(arena_fini)))
/* A zeroed T, or an array of n of them. */
#define arena_new(a, T) ((T *)arena_alloc(a, sizeof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc(a, (size_t)(n) * sizeof(T)))
