#pragma once
#include "agent/snapshots/rdb_reader.h"
/*
 * Goes through all keys of an RDB file, whatever database they are in, and tells of
 * each as soon as its name is known.
 */
enum { RDB_NEVER = -1 };

struct rdb_key {
    const char *name; /* until the visitor returns */
    size_t len;
    uint64_t db;
    int64_t expires_ms; /* since 1970, or RDB_NEVER */
};

/* Functions that are NULL tell of nothing. */
struct rdb_visitor {
    /* True: the entry, from its time to live to its value, is given to pass(). */
    bool (*key)(void *arg, const struct rdb_key *k);
    /* The value is read; 'size' is that of its parts and its name in bytes, which is less than both take in memory. */
    void (*value)(void *arg, uint64_t size);
    /* A library of functions; negative: an error that ends it. */
    int (*library)(void *arg, const struct buf *code, struct err *e);
    /* What a module keeps besides its values. */
    void (*module)(void *arg);
    int (*pass)(void *arg, const void *data, size_t n, struct err *e);
    void *arg;
    bool sums; /* the checksum is checked as well */
    const atomic_bool *cancelled;
};

/* 'size': of the file. ERR_PARSE with one line that says why it is no whole RDB file. */
int rdb_walk(int fd, int64_t size, const struct rdb_visitor *v, struct err *e);
