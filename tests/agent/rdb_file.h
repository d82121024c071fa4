#pragma once
#include "base/buf.h"
#include <stddef.h>
#include <stdint.h>
/* RDB files made by hand, for tests: bytes as an engine would write them. */

void rdb_file_begin(struct buf *b, int version);
/* Bytes as they stand. */
#define RDB_PUT(b, text) buf_add(b, text, sizeof text - 1)
void rdb_file_length(struct buf *b, uint64_t n);
void rdb_file_string(struct buf *b, const void *data, size_t n);
void rdb_file_key(struct buf *b, const char *key, const char *value);
void rdb_file_expires(struct buf *b, int64_t at_ms);
void rdb_file_aux(struct buf *b, const char *name, const char *value);
/* The mark of the end, and the checksum. */
void rdb_file_end(struct buf *b);
/* An open file with what 'b' holds, at its beginning; gone once it is closed. */
int rdb_file_open(const struct buf *b);
