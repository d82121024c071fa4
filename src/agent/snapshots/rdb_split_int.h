#pragma once
#include "agent/snapshots/rdb_split.h"
#include "agent/snapshots/rdb_walk.h"
/* What the ways through the files share: the survey (rdb_split.c), the search for keys that are there twice (rdb_twice.c), and the writing (rdb_write.c). */

struct rdb_library {
    struct rdb_library *next;
    const char *code;
    size_t len, name_len; /* the first line, which names it */
};

/* The key's time is over, so that it counts for nothing. */
static inline bool rdb_split_is_over(const struct rdb_split *x, const struct rdb_key *k)
{
    return k->expires_ms != RDB_NEVER && k->expires_ms < x->now_ms;
}
