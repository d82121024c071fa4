#pragma once
#include "base/buf.h"
#include "model.h"
/* What models are made of: timers, memory, and keys with their values. */

enum {
    MS = 1000,
    SECOND = 1000000,
    HEX_ID = 40,        /* of a replication id, and of a node of Redis Cluster */
    COMMANDS_MAX = 400, /* rows of the table of commands */
    RIGHTS_WORDS = (COMMANDS_MAX + 63) / 64,
    SLOTS_ALL = 16384,
};
#define NEVER INT64_MAX

/* ---- time: something that happens later (world.c) ---- */

struct timer {
    int64_t at;
    uint64_t seq; /* of two at the same time, the one that was set first */
    size_t place; /* in the world's heap, from 1; 0: not set */
    void (*run)(void *obj, int64_t now);
    void *obj;
};

/* Memory that lives as long as its owner. */
struct chunk {
    struct chunk *next;
    size_t used, size;
};
struct pool {
    struct chunk *chunks;
};
void *pool_take(struct pool *p, size_t size);
char *pool_copy(struct pool *p, const char *s, size_t len);
void pool_reset(struct pool *p); /* keeps one chunk */
void pool_free(struct pool *p);

/* ---- data (data.c) ---- */

/* A key of any engine of the world, once. */
struct key {
    const char *name;
    size_t len;
    uint32_t hash;
    int slot;
    struct model_write *writes;
    size_t n_writes, writes_cap;
};

struct item {
    struct key *key;
    const char *value;
    size_t len;
    int64_t expires_ms; /* of the wall clock; 0: never */
    int64_t used_at;
    uint64_t cas; /* memcached */
    uint32_t flags;
};

struct data {
    struct item *items;
    size_t n, cap;
    uint32_t *index; /* places of items, from 1; a power of two */
    size_t index_size;
    int64_t bytes;
};

struct key *key_of(struct model_world *w, const char *name, size_t len);
struct item *data_find(struct data *d, const struct key *k);
struct item *data_put(struct data *d, struct key *k);
void data_remove(struct data *d, struct item *i);
void data_clear(struct data *d);
void data_copy(struct data *to, const struct data *from);
int64_t item_bytes(const struct item *i);
