#pragma once
#include "base/buf.h"
/*
 * Texts that were made of a replication group's rows, kept so that they need not be made again. Who keeps them drops a text as
 * soon as one of its rows is written. A hash table from a region and an id to a text; a zeroed one is empty.
 */
struct memo_text;

struct memo {
    struct memo_text **buckets;
    size_t n_buckets, n;
    size_t bytes; /* of all texts */
};

/* NULL: there is none. It is valid until the memo changes. */
const struct buf *memo_get(const struct memo *m, const char *region, const char *id);
/* Keeps a copy in place of the one before; none where all texts together would be more than MEMO_MAX bytes. */
void memo_put(struct memo *m, const char *region, const char *id, const char *text, size_t n);
void memo_drop(struct memo *m, const char *region, const char *id);
void memo_fini(struct memo *m);

enum { MEMO_MAX = 5 << 20 };
