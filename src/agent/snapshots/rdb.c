#include "agent/snapshots/rdb.h"
#include "agent/engine/server_info.h"
#include "agent/snapshots/rdb_crc.h"
#include "agent/snapshots/rdb_reader.h"
#include "base/decimal.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TAIL = 9, /* the mark of the end and the checksum */
    CHECKSUM = 8,
    CHECKSUM_FROM = 5, /* versions before have none */
    AUX = 0xFA,
    END = 0xFF,
    CHUNK = 1 << 20,
};

/* ---- both ends ---- */

/* What the engine said of itself, in fields that come before the first key; 0: nothing. */
static int64_t read_used_memory(int fd, int64_t size)
{
    static const char field[] = "used-mem";
    struct err passed_over;
    struct rdb_reader r;
    _buf_ struct buf name = {0}, value = {0};
    int64_t used = 0;
    rdb_reader_init(&r, fd, size, &passed_over);
    rdb_skip(&r, RDB_MAGIC);
    while (rdb_byte(&r) == AUX) {
        rdb_string(&r, &name);
        rdb_string(&r, &value);
        if (rdb_failed(&r)) break;
        buf_add(&value, "", 0);
        if (name.len != strlen(field) || memcmp(name.data, field, name.len) != 0) continue;
        if (!decimal_parse(value.data, 0, INFO_BYTES_MAX, &used)) used = 0;
        break;
    }
    rdb_reader_fini(&r);
    return used;
}

static int broken_file(struct err *e, const char *why)
{
    return err_set(e, ERR_PARSE, "it is no RDB file: %s", why);
}

int rdb_look(int fd, struct rdb_facts *out, struct err *e)
{
    unsigned char head[RDB_MAGIC], tail[TAIL];
    struct stat st;
    *out = (struct rdb_facts){0};
    if (fstat(fd, &st) != 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode)) return broken_file(e, "it is not even a file");
    out->size = st.st_size;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    int digits = n < RDB_MAGIC ? 0 : memcmp(head, "REDIS", 5) == 0 ? 4 : memcmp(head, "VALKEY", 6) == 0 ? 3 : 0;
    if (digits == 0) return broken_file(e, "it does not begin like one");
    for (int i = RDB_MAGIC - digits; i < RDB_MAGIC; i++) {
        if (!isdigit(head[i])) return broken_file(e, "it does not begin like one");
        out->version = out->version * 10 + head[i] - '0';
    }
    if (out->version < CHECKSUM_FROM) return broken_file(e, "it is of a version without a checksum");
    if (st.st_size < RDB_MAGIC + TAIL || pread(fd, tail, TAIL, st.st_size - TAIL) != TAIL || tail[0] != END)
        return broken_file(e, "its end is missing");
    out->used_memory = read_used_memory(fd, st.st_size);
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
        if (n == 0) return broken_file(e, "it has become shorter");
        int r = write_all(to, chunk, (size_t)n, e);
        if (r) return r;
        int64_t summed = left - CHECKSUM < n ? left - CHECKSUM : n; /* may be negative: the checksum is in two chunks */
        if (summed > 0) crc = rdb_crc(crc, chunk, (size_t)summed);
        for (int64_t i = summed > 0 ? summed : 0; i < n; i++)
            told |= (uint64_t)(unsigned char)chunk[i] << 8 * (CHECKSUM - (left - i));
        left -= n;
    }
    /* An engine that was told not to sum up writes 0. */
    return told == 0 || told == crc ? 0 : broken_file(e, "its checksum is wrong");
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
