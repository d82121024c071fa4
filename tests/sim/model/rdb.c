#include "model_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files as the engine writes them: RDB version 10, strings only. Source: src/rdb.c of Redis 7.0. */

enum { RDB_VERSION = 10, OP_AUX = 0xfa, OP_RESIZE = 0xfb, OP_EXPIRE_MS = 0xfc, OP_SELECT = 0xfe, OP_EOF = 0xff, TYPE_STRING = 0 };

/* Jones' polynomial, reflected. */
static uint64_t crc64(const char *s, size_t len)
{
    static uint64_t table[256];
    uint64_t crc = 0;
    if (table[1] == 0)
        for (unsigned i = 0; i < 256; i++) {
            uint64_t x = i;
            for (int bit = 0; bit < 8; bit++) x = x & 1 ? (x >> 1) ^ 0x95ac9329ac4bc9b5u : x >> 1;
            table[i] = x;
        }
    for (size_t i = 0; i < len; i++) crc = table[(crc ^ (unsigned char)s[i]) & 0xff] ^ (crc >> 8);
    return crc;
}

/* ---- writing ---- */

static void put_length(struct buf *out, size_t n)
{
    if (n < 64) buf_putc(out, (char)n);
    else if (n < 16384) {
        buf_putc(out, (char)(0x40 | n >> 8));
        buf_putc(out, (char)(n & 0xff));
    } else {
        buf_putc(out, (char)0x80);
        for (int shift = 24; shift >= 0; shift -= 8) buf_putc(out, (char)(n >> shift & 0xff));
    }
}

static void put_string(struct buf *out, const char *s, size_t len)
{
    put_length(out, len);
    buf_add(out, s, len);
}

static void put_little(struct buf *out, uint64_t n)
{
    for (int i = 0; i < 8; i++, n >>= 8) buf_putc(out, (char)(n & 0xff));
}

static void put_aux(struct buf *out, const char *name, const char *value)
{
    buf_putc(out, (char)OP_AUX);
    put_string(out, name, strlen(name));
    put_string(out, value, strlen(value));
}

static void put_item(struct buf *out, const struct item *i)
{
    if (i->expires_ms) {
        buf_putc(out, (char)OP_EXPIRE_MS);
        put_little(out, (uint64_t)i->expires_ms);
    }
    buf_putc(out, TYPE_STRING);
    put_string(out, i->key->name, i->key->len);
    put_string(out, i->value, i->len);
}

static void put_database(struct buf *out, const struct data *d)
{
    size_t expiring = 0;
    if (d->n == 0) return;
    for (size_t i = 0; i < d->n; i++) expiring += d->items[i].expires_ms != 0;
    buf_putc(out, (char)OP_SELECT);
    put_length(out, 0);
    buf_putc(out, (char)OP_RESIZE);
    put_length(out, d->n);
    put_length(out, expiring);
    for (size_t i = 0; i < d->n; i++) put_item(out, &d->items[i]);
}

static bool put_file(const struct model_engine *e, const char *file, const struct buf *text)
{
    char temp[700], path[700];
    snprintf(temp, sizeof temp, "%s/temp-%ld.rdb", e->dir, e->pid);
    snprintf(path, sizeof path, "%s/%s", e->dir, file);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len;
    if (fd >= 0) close(fd);
    if (ok) ok = rename(temp, path) == 0;
    int why = errno;
    if (!ok) unlink(temp);
    errno = why;
    return ok;
}

bool rdb_save(struct model_engine *e, const struct data *d, int64_t offset, const char *file)
{
    char number[24];
    _buf_ struct buf out = {0};
    buf_printf(&out, "REDIS%04d", RDB_VERSION);
    put_aux(&out, "redis-ver", engine_version(e));
    put_aux(&out, "redis-bits", "64");
    if (e->repl.log.active || e->repl.host) {
        put_aux(&out, "repl-stream-db", "0");
        put_aux(&out, "repl-id", e->repl.replid);
        snprintf(number, sizeof number, "%lld", (long long)offset);
        put_aux(&out, "repl-offset", number);
    }
    put_aux(&out, "aof-base", "0");
    put_database(&out, d);
    buf_putc(&out, (char)OP_EOF);
    put_little(&out, crc64(out.data, out.len));
    return put_file(e, file, &out);
}

/* ---- reading ---- */

struct reading {
    const unsigned char *at, *end;
    bool broken, foreign; /* foreign: what the model does not know */
};

static unsigned take_byte(struct reading *r)
{
    if (r->at >= r->end) return r->broken = true, 0;
    return *r->at++;
}

static uint64_t take_little(struct reading *r, int bytes)
{
    uint64_t n = 0;
    for (int i = 0; i < bytes; i++) n |= (uint64_t)take_byte(r) << (8 * i);
    return n;
}

/* '*special' is the kind of string that is no plain one; -1 for a length. */
static uint64_t take_length(struct reading *r, int *special)
{
    unsigned first = take_byte(r);
    *special = -1;
    if (first >> 6 == 0) return first;
    if (first >> 6 == 1) return (uint64_t)(first & 63) << 8 | take_byte(r);
    if (first >> 6 == 3) return *special = (int)(first & 63), 0;
    uint64_t n = 0;
    for (int i = first == 0x81 ? 8 : 4; i > 0; i--) n = n << 8 | take_byte(r);
    return n;
}

static const char *take_string(struct reading *r, char number[24], size_t *len)
{
    int special;
    uint64_t n = take_length(r, &special);
    if (special >= 0 && special <= 2) {
        uint64_t raw = take_little(r, 1 << special);
        long long value = special == 0 ? (int8_t)raw : special == 1 ? (int16_t)raw : (int32_t)raw;
        *len = (size_t)snprintf(number, 24, "%lld", value);
        return number;
    }
    if (special >= 0) r->foreign = true;
    if (special >= 0 || n > (uint64_t)(r->end - r->at)) return r->broken = true, *len = 0, "";
    const char *s = (const char *)r->at;
    r->at += n;
    *len = (size_t)n;
    return s;
}

static void take_aux(struct model_engine *e, struct reading *r, char id[HEX_ID + 1], int64_t *offset)
{
    char a[24], b[24];
    size_t name_len, len;
    (void)e;
    const char *name = take_string(r, a, &name_len), *value = take_string(r, b, &len);
    if (word_is(name, name_len, "repl-id") && len == HEX_ID) {
        memcpy(id, value, HEX_ID);
        id[HEX_ID] = '\0';
    }
    if (word_is(name, name_len, "repl-offset")) number_of(value, len, offset);
}

static void take_item(struct model_engine *e, struct reading *r, int64_t expires_ms, bool keeps)
{
    char a[24], b[24];
    size_t name_len, len;
    const char *name = take_string(r, a, &name_len);
    struct key *k = key_of(e->w, name, name_len);
    const char *value = take_string(r, b, &len);
    if (r->broken) return;
    bool expired = expires_ms && !keeps && expires_ms <= wall_ms(e->w, e->w->now);
    e->save.loaded += !expired;
    e->save.load_expired += expired;
    if (expired) return;
    repl_apply(e,
        &(struct op){
            .kind = OP_SET, .key = k, .value = pool_copy(&e->w->pool, value, len), .value_len = len, .expires_ms = expires_ms});
}

static void take_all(struct model_engine *e, struct reading *r, char id[HEX_ID + 1], int64_t *offset)
{
    int64_t expires = 0;
    int special;
    for (unsigned type; !r->broken && (type = take_byte(r)) != OP_EOF;) {
        if (type == OP_AUX) take_aux(e, r, id, offset);
        else if (type == OP_RESIZE) take_length(r, &special), take_length(r, &special);
        else if (type == OP_EXPIRE_MS) expires = (int64_t)take_little(r, 8);
        else if (type == OP_SELECT && take_length(r, &special) != 0) r->foreign = r->broken = true;
        else if (type == TYPE_STRING) {
            take_item(e, r, expires, e->repl.host != NULL);
            expires = 0;
        } else if (type != OP_SELECT) r->foreign = r->broken = true;
    }
}

static bool read_file(const char *path, struct buf *out)
{
    char part[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;) buf_add(out, part, (size_t)n);
    close(fd);
    return true;
}

/* A primary goes on where the file ends, as one of the two ids that it answers to. */
static void go_on(struct model_engine *e, const char *id, int64_t offset)
{
    struct repl *r = &e->repl;
    if (*id == '\0' || offset < 0) return;
    r->offset = offset;
    repl_start_log(e);
    if (r->host) {
        memcpy(r->replid, id, sizeof r->replid);
        memcpy(r->cached_replid, id, sizeof r->cached_replid);
        r->cached = true;
    } else {
        memcpy(r->replid2, id, sizeof r->replid2);
        r->second_offset = offset + 1;
    }
}

bool rdb_load(struct model_engine *e, const char *file, struct buf *complaint)
{
    char path[700], id[HEX_ID + 1] = "";
    int64_t offset = -1;
    _buf_ struct buf text = {0};
    snprintf(path, sizeof path, "%s/%s", e->dir, file);
    if (!read_file(path, &text)) return true;
    if (text.len < 9 || memcmp(text.data, "REDIS", 5) != 0) {
        buf_puts(complaint, "Wrong signature trying to load DB from file");
        return false;
    }
    struct reading r = {.at = (const unsigned char *)text.data + 9, .end = (const unsigned char *)text.data + text.len};
    take_all(e, &r, id, &offset);
    if (r.foreign) model_unknown(e, "a file with something else than strings");
    size_t read = (size_t)(r.at - (const unsigned char *)text.data);
    struct reading sum = {.at = r.at, .end = r.end};
    uint64_t told = take_little(&sum, 8);
    if (r.broken || sum.broken) buf_puts(complaint, "Short read or OOM loading DB. Unrecoverable error, aborting now.");
    else if (told != 0 && told != crc64(text.data, read))
        buf_puts(complaint, "Wrong RDB checksum expected: (something) but got (something else). Aborting now.");
    if (complaint->len) return false;
    go_on(e, id, offset);
    e->save.dirty = 0;
    return true;
}
