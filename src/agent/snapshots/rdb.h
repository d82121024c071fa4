#pragma once
#include "base/err.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
/*
 * RDB files, as far as one has to look into them before an engine gets them: the
 * magic and version at their head, what the engine that wrote them says of itself,
 * the mark at their end, and the checksum. Not the keys: those are the engine's
 * affair. Format: rdb.c of Redis 7.0. All of it blocks.
 */
struct rdb_facts {
    int version;
    int64_t size;        /* bytes of the file */
    int64_t used_memory; /* of the engine that wrote it; 0: it does not say */
};

/* Looks at both ends of an open file. ERR_PARSE with one line that says why it is no whole RDB file. */
int rdb_look(int fd, struct rdb_facts *out, struct err *e);
/* Copies the file 'from' to 'to', both at their beginning, and checks its checksum on the way: ERR_PARSE where it is wrong. Gives
 * up once 'cancelled' is true; NULL: never. */
int rdb_copy(int from, int to, const struct rdb_facts *facts, const atomic_bool *cancelled, struct err *e);
/* The newest version of RDB files that a redis-server of that version reads; 0: not known, the engine says itself. */
int rdb_version_of(const char *engine_version);
