#include "agent/snapshots/rdb.h"
#include "agent/engine/server_info.h"
#include "base/decimal.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum {
    HEAD = 4096,
    MAGIC = 9, /* "REDIS" and four digits */
    TAIL = 9,  /* the mark of the end and the checksum */
    CHECKSUM = 8,
    CHECKSUM_FROM = 5, /* versions before have none */
    AUX = 0xFA,
    END = 0xFF,
    CHUNK = 1 << 20,
};

/* ---- the checksum ---- */

static uint64_t tables[8][256];
static uv_once_t tables_once = UV_ONCE_INIT;

/* Eight bytes at a time. The polynomial is 0xad93d23594c935a9, its bits turned round. */
static void fill_tables(void)
{
    uint64_t(*t)[256] = tables;
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x95ac9329ac4bc9b5ULL : crc >> 1;
        t[0][i] = crc;
    }
    for (int i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++) t[k][i] = t[0][t[k - 1][i] & 0xff] ^ t[k - 1][i] >> 8;
}

uint64_t rdb_crc(uint64_t crc, const void *data, size_t n)
{
    uint64_t(*t)[256] = tables;
    const unsigned char *p = data;
    uv_once(&tables_once, fill_tables);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word); /* little-endian, as every machine that this runs on */
        crc ^= word;
        crc = t[7][crc & 0xff] ^ t[6][crc >> 8 & 0xff] ^ t[5][crc >> 16 & 0xff] ^ t[4][crc >> 24 & 0xff] ^
              t[3][crc >> 32 & 0xff] ^ t[2][crc >> 40 & 0xff] ^ t[1][crc >> 48 & 0xff] ^ t[0][crc >> 56];
    }
    for (; n > 0; n--, p++) crc = t[0][(crc ^ *p) & 0xff] ^ crc >> 8;
    return crc;
}

/* ---- both ends ---- */

struct reader {
    const unsigned char *p, *end;
};

/* A length, or one of the encoded integers (*is_number). False at the end, or for what can't stand here. */
static bool read_length(struct reader *r, uint64_t *out, bool *is_number)
{
    if (r->p >= r->end) return false;
    unsigned first = *r->p++, kind = first >> 6, bytes = 0;
    *is_number = kind == 3;
    *out = first & 0x3f;
    if (kind == 0) return true;
    if (kind == 1) bytes = 1;
    else if (kind == 2) bytes = first == 0x80 ? 4 : first == 0x81 ? 8 : 99;
    else bytes = *out < 3 ? 1U << *out : 99; /* 99: compressed, or unknown */
    if (bytes > sizeof *out || bytes > (size_t)(r->end - r->p)) return false;
    if (kind != 1) *out = 0;
    for (unsigned i = 0; i < bytes; i++) *out = kind == 3 ? *out | (uint64_t)r->p[i] << 8 * i : *out << 8 | r->p[i];
    r->p += bytes;
    return true;
}

/* A short string, or an integer as text. */
static bool read_text(struct reader *r, char out[32])
{
    uint64_t n;
    bool is_number;
    if (!read_length(r, &n, &is_number)) return false;
    if (is_number) return snprintf(out, 32, "%llu", (unsigned long long)n) > 0;
    if (n > (size_t)(r->end - r->p)) return false;
    snprintf(out, 32, "%.*s", n < 31 ? (int)n : 31, (const char *)r->p);
    r->p += n;
    return true;
}

static int64_t read_used_memory(const unsigned char *head, size_t n)
{
    struct reader r = {head + MAGIC, head + n};
    char name[32], value[32];
    int64_t used;
    while (r.p < r.end && *r.p++ == AUX && read_text(&r, name) && read_text(&r, value))
        if (strcmp(name, "used-mem") == 0) return decimal_parse(value, 0, INFO_BYTES_MAX, &used) ? used : 0;
    return 0;
}

static int broken(struct err *e, const char *why)
{
    return err_set(e, ERR_PARSE, "it is no RDB file: %s", why);
}

int rdb_look(int fd, struct rdb_facts *out, struct err *e)
{
    unsigned char head[HEAD], tail[TAIL];
    struct stat st;
    *out = (struct rdb_facts){0};
    if (fstat(fd, &st) != 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode)) return broken(e, "it is not even a file");
    out->size = st.st_size;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    if (n < MAGIC || memcmp(head, "REDIS", 5) != 0) return broken(e, "it does not begin like one");
    for (int i = 5; i < MAGIC; i++)
        if (!isdigit(head[i])) return broken(e, "it does not begin like one");
    out->version = (head[5] - '0') * 1000 + (head[6] - '0') * 100 + (head[7] - '0') * 10 + head[8] - '0';
    if (out->version < CHECKSUM_FROM) return broken(e, "it is of a version without a checksum");
    if (st.st_size < MAGIC + TAIL || pread(fd, tail, TAIL, st.st_size - TAIL) != TAIL || tail[0] != END)
        return broken(e, "its end is missing");
    out->used_memory = read_used_memory(head, (size_t)n);
    return 0;
}

/* ---- the whole file ---- */

static int write_all(int fd, const char *data, size_t n, struct err *e)
{
    while (n > 0) {
        ssize_t w = write(fd, data, n);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
        data += w;
        n -= (size_t)w;
    }
    return 0;
}

static int copy_chunks(int from, int to, int64_t size, char *chunk, const atomic_bool *cancelled, struct err *e)
{
    uint64_t crc = 0, told = 0;
    for (int64_t left = size; left > 0;) {
        if (cancelled && atomic_load(cancelled)) return err_set(e, ERR_BROKEN, "it is not wanted any more");
        ssize_t n = read(from, chunk, left < CHUNK ? (size_t)left : CHUNK);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
        if (n == 0) return broken(e, "it has become shorter");
        int r = write_all(to, chunk, (size_t)n, e);
        if (r) return r;
        int64_t summed = left - CHECKSUM < n ? left - CHECKSUM : n; /* may be negative: the checksum is in two chunks */
        if (summed > 0) crc = rdb_crc(crc, chunk, (size_t)summed);
        for (int64_t i = summed > 0 ? summed : 0; i < n; i++)
            told |= (uint64_t)(unsigned char)chunk[i] << 8 * (CHECKSUM - (left - i));
        left -= n;
    }
    /* An engine that was told not to sum up writes 0. */
    return told == 0 || told == crc ? 0 : broken(e, "its checksum is wrong");
}

int rdb_copy(int from, int to, const struct rdb_facts *facts, const atomic_bool *cancelled, struct err *e)
{
    char *chunk = malloc(CHUNK);
    if (chunk == NULL) abort();
    int r = copy_chunks(from, to, facts->size, chunk, cancelled, e);
    free(chunk);
    return r;
}

int rdb_version_of(const char *engine_version)
{
    if (strncmp(engine_version, "7.0.", 4) == 0) return 10;
    if (strncmp(engine_version, "7.2.", 4) == 0) return 11;
    return 0;
}
