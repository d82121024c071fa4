#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
/* The programs that nodes run: each found once, and asked for its version once. */
enum engine_kind { ENGINE_REDIS_SERVER, ENGINE_MEMCACHED_SERVER, ENGINE_KINDS };

struct engine {
    enum engine_kind kind;
    const char *name; /* as it was given: a path, or a name on PATH */
    char path[256];   /* "" until it was found */
    char version[32];
};

/* What the program is called where nobody says otherwise: redis-server. */
const char *engine_name(enum engine_kind kind);
/* Finds the program and makes sure that it is new enough. ERR_USAGE with a line that says what to do about it.
 * Blocks for the few milliseconds that the question for its version takes; once it succeeded, it does nothing. */
int engine_locate(struct engine *g, struct err *e);
/* Reads "Redis server v=7.0.15 …" or "memcached 1.6.18": the version to 'out'. Negative where there is none. */
int engine_parse_version(enum engine_kind kind, const char *text, char *out, size_t size);
/* True for a redis-server from 7.0 on: addresses can move (CONFIG SET bind), and bind-source-addr is known; for memcached from 1.5. */
bool engine_new_enough(enum engine_kind kind, const char *version);
