#include "agent/snapshots/rdb_value.h"

/* The types of values, as rdb.h of Redis 7.0 to 8.0 and Valkey 8 and 9 number them; what is left out was never written by a release. */
enum {
    STRING = 0,
    LIST = 1,
    SET = 2,
    ZSET = 3,
    HASH = 4,
    ZSET_2 = 5,
    MODULE_2 = 7,
    HASH_ZIPMAP = 9,
    LIST_ZIPLIST = 10,
    SET_INTSET = 11,
    ZSET_ZIPLIST = 12,
    HASH_ZIPLIST = 13,
    LIST_QUICKLIST = 14,
    STREAM = 15,
    HASH_LISTPACK = 16,
    ZSET_LISTPACK = 17,
    LIST_QUICKLIST_2 = 18,
    STREAM_2 = 19,
    SET_LISTPACK = 20,
    STREAM_3 = 21,
    HASH_2 = 22,        /* of Valkey 9: fields have times to live */
    HASH_EXPIRING = 24, /* of Redis: fields have times to live */
    HASH_LISTPACK_EXPIRING = 25,
};

enum { STREAM_ID = 16, TIME = 8, DOUBLE = 8, DOUBLE_IS_WORD = 253 /* from here on: NaN and the infinities */ };

static uint64_t skip_strings(struct rdb_reader *r, uint64_t n)
{
    uint64_t size = 0;
    for (; n > 0 && !rdb_failed(r); n--) size += rdb_skip_string(r);
    return size;
}

static uint64_t skip_pairs(struct rdb_reader *r)
{
    uint64_t size = 0;
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) size += skip_strings(r, 2);
    return size;
}

static uint64_t skip_zset(struct rdb_reader *r, bool binary)
{
    uint64_t size = 0;
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        size += rdb_skip_string(r) + DOUBLE;
        unsigned digits = binary ? DOUBLE : rdb_byte(r);
        rdb_skip(r, digits < DOUBLE_IS_WORD ? digits : 0);
    }
    return size;
}

/* Their nodes may be compressed in memory, too, so that they count as they stand in the file. */
static uint64_t skip_quicklist(struct rdb_reader *r, bool tells_container)
{
    int64_t from = r->offset + (int64_t)r->at;
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        if (tells_container) rdb_count(r);
        rdb_skip_string(r);
    }
    return (uint64_t)(r->offset + (int64_t)r->at - from);
}

static void skip_counts(struct rdb_reader *r, int n)
{
    for (; n > 0 && !rdb_failed(r); n--) rdb_count(r);
}

static void skip_consumers(struct rdb_reader *r, unsigned type)
{
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        rdb_skip_string(r);
        rdb_skip(r, type >= STREAM_3 ? 2 * TIME : TIME); /* seen, and active */
        for (uint64_t pending = rdb_count(r); pending > 0 && !rdb_failed(r); pending--) rdb_skip(r, STREAM_ID);
    }
}

static void skip_groups(struct rdb_reader *r, unsigned type)
{
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        rdb_skip_string(r);
        skip_counts(r, type >= STREAM_2 ? 3 : 2); /* the last id that was delivered, and how many entries were */
        for (uint64_t pending = rdb_count(r); pending > 0 && !rdb_failed(r); pending--) {
            rdb_skip(r, STREAM_ID + TIME);
            rdb_count(r); /* how often it was delivered */
        }
        skip_consumers(r, type);
    }
}

static uint64_t skip_stream(struct rdb_reader *r, unsigned type)
{
    uint64_t size = skip_pairs(r);
    skip_counts(r, 3);                       /* how long it is, and its last id */
    if (type >= STREAM_2) skip_counts(r, 5); /* its first id, the highest deleted one, and how many entries there ever were */
    skip_groups(r, type);
    return size;
}

static uint64_t skip_expiring(struct rdb_reader *r)
{
    uint64_t size = 0;
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        rdb_count(r); /* the field's time to live */
        size += skip_strings(r, 2);
    }
    return size;
}

static uint64_t skip_hash_2(struct rdb_reader *r)
{
    uint64_t size = 0;
    for (uint64_t n = rdb_count(r); n > 0 && !rdb_failed(r); n--) {
        size += skip_strings(r, 2);
        rdb_skip(r, TIME); /* the field's time to live */
    }
    return size;
}

/* A module's parts, each with its kind before it. */
static uint64_t skip_module(struct rdb_reader *r)
{
    enum { PARTS_END, SIGNED, UNSIGNED, FLOAT_4, FLOAT_8, TEXT };
    uint64_t size = 0;
    while (!rdb_failed(r)) {
        switch (rdb_count(r)) {
        case PARTS_END: return size;
        case SIGNED:
        case UNSIGNED: rdb_count(r); break;
        case FLOAT_4: rdb_skip(r, 4); break;
        case FLOAT_8: rdb_skip(r, 8); break;
        case TEXT: size += rdb_skip_string(r); break;
        default: rdb_broken(r, "a part of an unknown kind in data of a module");
        }
    }
    return size;
}

void rdb_skip_module_data(struct rdb_reader *r)
{
    rdb_count(r); /* which module */
    rdb_count(r); /* that a number follows, and that: before or after the keys */
    rdb_count(r);
    skip_module(r);
}

uint64_t rdb_skip_value(struct rdb_reader *r, unsigned type)
{
    switch (type) {
    case STRING:
    case HASH_ZIPMAP:
    case LIST_ZIPLIST:
    case SET_INTSET:
    case ZSET_ZIPLIST:
    case HASH_ZIPLIST:
    case HASH_LISTPACK:
    case ZSET_LISTPACK:
    case SET_LISTPACK: return rdb_skip_string(r);
    case LIST:
    case SET: return skip_strings(r, rdb_count(r));
    case ZSET: return skip_zset(r, false);
    case ZSET_2: return skip_zset(r, true);
    case HASH: return skip_pairs(r);
    case LIST_QUICKLIST: return skip_quicklist(r, false);
    case LIST_QUICKLIST_2: return skip_quicklist(r, true);
    case STREAM:
    case STREAM_2:
    case STREAM_3: return skip_stream(r, type);
    case MODULE_2: rdb_count(r); return skip_module(r);
    case HASH_2: return skip_hash_2(r);
    case HASH_EXPIRING: rdb_skip(r, TIME); return skip_expiring(r);
    case HASH_LISTPACK_EXPIRING: rdb_skip(r, TIME); return rdb_skip_string(r);
    default: rdb_broken(r, "a value of an unknown type, %u", type); return 0;
    }
}
