#include "agent/snapshots/rdb_reader.h"
#include "agent/snapshots/rdb_crc.h"
#include "base/lzf.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECKSUM = 8, COMPRESSED = 3 };
/* No string of an engine is longer, as its proto-max-bulk-len has it unless somebody raises that. */
#define STRING_MAX (UINT64_C(512) << 20)

void rdb_reader_init(struct rdb_reader *r, int fd, int64_t size, struct err *e)
{
    *r = (struct rdb_reader){.fd = fd, .size = size, .e = e, .window = malloc(RDB_WINDOW)};
    if (r->window == NULL) abort();
}

void rdb_reader_fini(struct rdb_reader *r)
{
    buf_fini(&r->held);
    free(r->window);
    r->window = NULL;
}

/* ---- failures ---- */

static void fail_reading(struct rdb_reader *r, int code, const char *why)
{
    if (r->failed == 0) r->failed = err_set(r->e, code, "%s", why);
}

void rdb_broken(struct rdb_reader *r, const char *fmt, ...)
{
    char why[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (r->failed == 0) r->failed = err_set(r->e, ERR_PARSE, "it is no RDB file: %s", why);
}

/* ---- the window ---- */

static void sum_up(struct rdb_reader *r)
{
    if (r->sums) r->crc = rdb_crc(r->crc, r->window + r->summed, r->at - r->summed);
    r->summed = r->at;
}

/* What was read of the entry leaves the window. */
static void pass_on(struct rdb_reader *r)
{
    size_t n = r->at - r->mark;
    if (r->route == RDB_HOLD) buf_add(&r->held, r->window + r->mark, n);
    if (r->route == RDB_PASS && n > 0 && r->failed == 0) r->failed = r->pass(r->arg, r->window + r->mark, n, r->e);
    r->mark = r->at;
}

/* Makes room and reads more; false where there is nothing more, or reading fails. */
static bool fill_buffer(struct rdb_reader *r)
{
    if (r->failed) return false;
    if (r->cancelled && atomic_load(r->cancelled)) return fail_reading(r, ERR_BROKEN, "it is not wanted any more"), false;
    sum_up(r);
    pass_on(r);
    memmove(r->window, r->window + r->at, r->end - r->at);
    r->offset += (int64_t)r->at;
    r->end -= r->at;
    r->at = r->mark = r->summed = 0;
    ssize_t n;
    do n = pread(r->fd, r->window + r->end, RDB_WINDOW - r->end, r->offset + (int64_t)r->end);
    while (n < 0 && errno == EINTR);
    if (n < 0) return fail_reading(r, ERR_IO, strerror(errno)), false;
    if (n == 0) return rdb_broken(r, "its end is missing"), false;
    r->end += (size_t)n;
    return r->failed == 0;
}

static uint64_t left_in_file(const struct rdb_reader *r)
{
    int64_t left = r->size - r->offset - (int64_t)r->at;
    return left > 0 ? (uint64_t)left : 0;
}

void rdb_skip(struct rdb_reader *r, uint64_t n)
{
    if (r->failed) return;
    if (n > left_in_file(r)) return rdb_broken(r, "its end is missing");
    if (n > r->end - r->at && !r->sums && r->route == RDB_DROP) { /* what nobody wants is not even read */
        r->offset += (int64_t)r->at + (int64_t)n;
        r->at = r->end = r->mark = r->summed = 0;
        return;
    }
    while (n > r->end - r->at) {
        n -= r->end - r->at;
        r->at = r->end;
        if (!fill_buffer(r)) return;
    }
    r->at += n;
}

/* ---- an entry's bytes ---- */

void rdb_entry_begin(struct rdb_reader *r)
{
    buf_clear(&r->held);
    r->route = r->pass ? RDB_HOLD : RDB_DROP;
    r->mark = r->at;
}

void rdb_entry_route(struct rdb_reader *r, bool pass)
{
    if (r->route != RDB_HOLD) return;
    r->route = pass ? RDB_PASS : RDB_DROP;
    if (pass && r->held.len && r->failed == 0) r->failed = r->pass(r->arg, r->held.data, r->held.len, r->e);
    buf_clear(&r->held);
}

void rdb_entry_end(struct rdb_reader *r)
{
    pass_on(r);
    r->route = RDB_DROP;
}

/* ---- parts ---- */

const unsigned char *rdb_bytes(struct rdb_reader *r, size_t n)
{
    while (r->end - r->at < n)
        if (!fill_buffer(r)) return NULL;
    if (r->failed) return NULL;
    r->at += n;
    return r->window + r->at - n;
}

unsigned rdb_byte(struct rdb_reader *r)
{
    const unsigned char *p = rdb_bytes(r, 1);
    return p ? *p : 0;
}

uint64_t rdb_number(struct rdb_reader *r, size_t n)
{
    const unsigned char *p = rdb_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; p && i < n; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

static uint64_t big_endian(struct rdb_reader *r, size_t n)
{
    const unsigned char *p = rdb_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; p && i < n; i++) v = v << 8 | p[i];
    return v;
}

uint64_t rdb_length(struct rdb_reader *r, bool *special)
{
    unsigned first = rdb_byte(r), low = first & 0x3f;
    *special = first >> 6 == 3;
    switch (first >> 6) {
    case 1: return (uint64_t)low << 8 | rdb_byte(r);
    case 2:
        if (first == 0x80) return big_endian(r, 4);
        if (first == 0x81) return big_endian(r, 8);
        rdb_broken(r, "a length of an unknown kind, %u", first);
        return 0;
    default: return low;
    }
}

uint64_t rdb_count(struct rdb_reader *r)
{
    bool special;
    uint64_t n = rdb_length(r, &special);
    if (special) rdb_broken(r, "a string where a number should be");
    return r->failed ? 0 : n;
}

/* Both lengths of a compressed string, the longer of which could be. */
static uint64_t compressed_string(struct rdb_reader *r, uint64_t *expanded)
{
    uint64_t n = rdb_count(r);
    *expanded = rdb_count(r);
    if (n > left_in_file(r)) rdb_broken(r, "its end is missing");
    else if (*expanded / LZF_RATIO_MAX > n) rdb_broken(r, "a compressed string that can't be that long");
    return r->failed ? 0 : n;
}

/* Bytes of an integer that stands for a string; 0 where it is none. */
static size_t integer_size(struct rdb_reader *r, uint64_t encoding)
{
    if (encoding < COMPRESSED) return (size_t)1 << encoding;
    if (encoding > COMPRESSED) rdb_broken(r, "a string of an unknown encoding, %d", (int)encoding);
    return 0;
}

uint64_t rdb_skip_string(struct rdb_reader *r)
{
    bool special;
    uint64_t n = rdb_length(r, &special), expanded = n;
    size_t integer = special ? integer_size(r, n) : 0;
    if (special && integer == 0) n = compressed_string(r, &expanded);
    else if (special) n = integer, expanded = 0;
    rdb_skip(r, n);
    return r->failed ? 0 : expanded;
}

/* As many bytes as there really are: the buffer never grows faster than the file is read. */
static void read_plain(struct rdb_reader *r, uint64_t n, struct buf *out)
{
    if (n > left_in_file(r)) return rdb_broken(r, "its end is missing");
    if (n > STRING_MAX) return rdb_broken(r, "a string that is too long");
    while (n > 0 && !r->failed) {
        size_t part = r->end - r->at < n ? r->end - r->at : (size_t)n;
        buf_add(out, r->window + r->at, part);
        r->at += part;
        n -= part;
        if (n > 0 && !fill_buffer(r)) return;
    }
}

static void read_compressed(struct rdb_reader *r, struct buf *out)
{
    _buf_ struct buf packed = {0};
    uint64_t expanded, n = compressed_string(r, &expanded);
    if (expanded > STRING_MAX) rdb_broken(r, "a string that is too long");
    read_plain(r, n, &packed);
    if (r->failed) return;
    unsigned char *to = (unsigned char *)buf_reserve(out, (size_t)expanded + 1);
    if (!lzf_expand((const unsigned char *)(packed.data ? packed.data : ""), packed.len, to, (size_t)expanded))
        return rdb_broken(r, "a compressed string that can't be expanded");
    out->len += (size_t)expanded;
}

void rdb_string(struct rdb_reader *r, struct buf *out)
{
    bool special;
    buf_clear(out);
    uint64_t n = rdb_length(r, &special);
    if (r->failed) return;
    if (!special) return read_plain(r, n, out);
    size_t integer = integer_size(r, n);
    if (integer == 0) return read_compressed(r, out);
    unsigned gap = 64 - 8 * (unsigned)integer;
    buf_put_int(out, (int64_t)(rdb_number(r, integer) << gap) >> gap);
}

void rdb_end(struct rdb_reader *r)
{
    sum_up(r);
    bool sums = r->sums;
    r->sums = false;
    uint64_t told = rdb_number(r, CHECKSUM);
    if (left_in_file(r)) rdb_broken(r, "something stands behind its end");
    /* An engine that was told not to sum up writes 0. */
    if (sums && told != 0 && told != r->crc) rdb_broken(r, "its checksum is wrong");
}
