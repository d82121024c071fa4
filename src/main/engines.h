#pragma once
#include "agent/engine/engine.h"
#include "catalog/engine_need.h"
struct arena;
struct err;
struct options;
/* The programs that were given, and what those that --engine names lack, where they are neither redis nor valkey. */
struct engines_known {
    struct engine_map map;
    struct engine_lacks lacks[ENGINES_MAX];
    bool any; /* one of them lacks something */
};

/*
 * Whether there are engines to be run: said at the start, not by the first replication group that never
 * becomes available. Those that --engine names are asked what they are; of redis-server it is
 * enough that it is there, agents look at its version, and so do they for memcached. 'out' has them afterwards. ERR_USAGE
 * with one line that says what to do.
 */
int engines_check(const struct options *o, struct engines_known *out, struct err *e);

/* Tries each program that --engine names and that is neither redis nor valkey as `meridian engine-check` does, and logs a line for each part that it lacks. Some hundred milliseconds for
 * each. */
int engines_try(struct engines_known *known, struct err *e);
/* What the program that runs the version lacks of the part, as "dragonfly 1.21.2 lacks CONFIG SET bind"; NULL where it lacks nothing.
 * 'known' is a struct engines_known. In the arena. */
const char *engines_lack(void *known, struct arena *a, const char *engine, const char *version, enum engine_part part);
