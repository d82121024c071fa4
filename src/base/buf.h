#pragma once
#include <stddef.h>
#include <stdint.h>
/* A byte string that grows. Once anything was added, a NUL follows its last byte. A zeroed struct is an empty buf. Out of memory aborts. */
struct buf {
    char *data;
    size_t len, cap;
};

void buf_add(struct buf *b, const void *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_put_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for at least 'n' more bytes; returns where they go. The caller adds to 'len' what it wrote. */
char *buf_reserve(struct buf *b, size_t n);
/* Takes bytes away that were read from its front, *read of them, once they are half of all. */
void buf_compact(struct buf *b, size_t *read);
/* Empties the buf and keeps its memory. */
void buf_clear(struct buf *b);
void buf_fini(struct buf *b);

#define _buf_ __attribute__((cleanup(buf_fini)))
