#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Reads an RDB file from its beginning on through a window of RDB_WINDOW bytes, however
 * large the file is: bytes, lengths, strings, and the values of keys, of which only
 * the size is found out. What is read of an entry can be passed on as it stands.
 *
 * Nothing is believed: a length is held against what is there before anything is done
 * with it. The first failure stays (rdb_failed()); from then on everything reads as 0,
 * and no loop over a number that was read may go on. Format: rdb.c of Redis 7.0 to 8.0
 * and of Valkey 8, versions up to RDB_NEWEST, and of Valkey 9, version RDB_VALKEY.
 */
enum {
    RDB_WINDOW = 1 << 20,
    RDB_MAGIC = 9, /* "REDIS" and four digits; from RDB_VALKEY on "VALKEY" and three */
    RDB_NEWEST = 12,
    RDB_VALKEY = 80,
};

/* Where the bytes of an entry go: nowhere, aside until its key is known, or on. */
enum rdb_route { RDB_DROP, RDB_HOLD, RDB_PASS };

struct rdb_reader {
    int fd;
    const atomic_bool *cancelled; /* once it is true, reading fails; NULL: never */
    unsigned char *window;
    size_t at, end;       /* what of the window is not read yet */
    int64_t offset, size; /* where the window stands in the file, and how long that is */
    bool sums;            /* the checksum is made on the way, so that nothing may be jumped over */
    size_t summed;        /* up to where of the window */
    uint64_t crc;
    enum rdb_route route;
    size_t mark; /* from where on the window's bytes are the entry's and not passed on */
    struct buf held;
    int (*pass)(void *arg, const void *data, size_t n, struct err *e); /* NULL: entries go nowhere */
    void *arg;
    int failed;
    struct err *e;
};

/* The file stays the caller's. 'e' gets the first failure. */
void rdb_reader_init(struct rdb_reader *r, int fd, int64_t size, struct err *e);
void rdb_reader_fini(struct rdb_reader *r);

/* 0, or the code of the first failure. */
static inline int rdb_failed(const struct rdb_reader *r)
{
    return r->failed;
}
/* Notes that the file is no sound RDB file, unless something failed before. */
void rdb_broken(struct rdb_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- an entry's bytes ---- */

/* From here on what is read is kept, if entries go anywhere at all. */
void rdb_entry_begin(struct rdb_reader *r);
/* Its key is known: what was kept and what comes is passed on, or dropped. */
void rdb_entry_route(struct rdb_reader *r, bool pass);
/* The entry is over. */
void rdb_entry_end(struct rdb_reader *r);

/* ---- parts ---- */

unsigned rdb_byte(struct rdb_reader *r);
/* 'n' bytes, 16 at most, as they stand. NULL where there are none. */
const unsigned char *rdb_bytes(struct rdb_reader *r, size_t n);
/* An integer of 'n' bytes, 8 at most, the lowest first. */
uint64_t rdb_number(struct rdb_reader *r, size_t n);
/* A length; *special says that it is one of the encodings of a string instead. */
uint64_t rdb_length(struct rdb_reader *r, bool *special);
/* A length, where nothing else can stand. */
uint64_t rdb_count(struct rdb_reader *r);
void rdb_skip(struct rdb_reader *r, uint64_t n);
/* Returns how many bytes the string has when it is expanded; an integer counts as 0. */
uint64_t rdb_skip_string(struct rdb_reader *r);
/* The string itself, an integer as text. Replaces what 'out' holds. */
void rdb_string(struct rdb_reader *r, struct buf *out);
/* After the mark of the end: the checksum is what it should be, where one was made, and nothing follows. */
void rdb_end(struct rdb_reader *r);
