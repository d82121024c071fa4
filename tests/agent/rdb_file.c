#include "rdb_file.h"
#include "agent/snapshots/rdb_crc.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rdb_file_begin(struct buf *b, int version)
{
    buf_clear(b);
    buf_printf(b, "REDIS%04d", version);
}

void rdb_file_length(struct buf *b, uint64_t n)
{
    if (n < 0x40) {
        buf_putc(b, (char)n);
    } else if (n < 0x4000) {
        buf_putc(b, (char)(0x40 | n >> 8));
        buf_putc(b, (char)n);
    } else {
        buf_putc(b, (char)0x80);
        for (int i = 3; i >= 0; i--) buf_putc(b, (char)(n >> 8 * i));
    }
}

void rdb_file_string(struct buf *b, const void *data, size_t n)
{
    rdb_file_length(b, n);
    buf_add(b, data, n);
}

void rdb_file_key(struct buf *b, const char *key, const char *value)
{
    buf_putc(b, 0);
    rdb_file_string(b, key, strlen(key));
    rdb_file_string(b, value, strlen(value));
}

static void put_number(struct buf *b, uint64_t n)
{
    for (int i = 0; i < 8; i++) buf_putc(b, (char)(n >> 8 * i));
}

void rdb_file_expires(struct buf *b, int64_t at_ms)
{
    buf_putc(b, (char)0xfc);
    put_number(b, (uint64_t)at_ms);
}

void rdb_file_aux(struct buf *b, const char *name, const char *value)
{
    buf_putc(b, (char)0xfa);
    rdb_file_string(b, name, strlen(name));
    rdb_file_string(b, value, strlen(value));
}

void rdb_file_end(struct buf *b)
{
    buf_putc(b, (char)0xff);
    put_number(b, rdb_crc(0, b->data, b->len));
}

int rdb_file_open(const struct buf *b)
{
    char path[] = "/tmp/agent-rdb-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    unlink(path);
    if (b->len) cr_assert_eq(write(fd, b->data, b->len), (ssize_t)b->len);
    lseek(fd, 0, SEEK_SET);
    return fd;
}
