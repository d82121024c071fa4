#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The programs that nodes run, and which of them runs what is asked for. Those that --engine
 * names are for one engine and version, or all versions that begin so; redis-server,
 * valkey-server and memcached are found on PATH and are what they say of themselves. Each is
 * found once, and asked for its version once.
 */
enum engine_kind { ENGINE_REDIS_SERVER, ENGINE_MEMCACHED_SERVER, ENGINE_KINDS };

enum { ENGINE_PATH_SIZE = 256, ENGINES_MAX = 32 };

struct engine {
    enum engine_kind kind;
    char given[ENGINE_PATH_SIZE]; /* a path, or a name on PATH */
    char for_name[16];            /* redis, valkey or memcached; "" where nobody said what it is for */
    char for_version[24];         /* 7, 7.1 or 7.1.0 */
    bool optional;                /* not to be missed where it is not there */
    char path[ENGINE_PATH_SIZE];  /* "" until it was found and has told: */
    char name[16];                /* what it is: redis, valkey, memcached … */
    char version[32];
};

struct engine_map {
    struct engine items[ENGINES_MAX];
    size_t n;
};

/* What the program is called where nobody says otherwise: redis-server. */
const char *engine_name(enum engine_kind kind);

/* Reads NAME:VERSION=PATH. False where it is something else. */
bool engine_read_entry(const char *text, struct engine *out);

/* 'redis_server' and 'memcached' as given, NULL for those on PATH; 'entries' are lines that engine_read_entry() takes, or NULL. */
void engine_map_init(struct engine_map *m, const char *redis_server, const char *memcached, const char *entries);

/*
 * The program for that engine and version x.y.z: the one that --engine names for it, the most
 * exact first; else the nearest version of the engine, of the same major version if there is
 * one; else, as redis and valkey stand in for each other, the nearest of those. One that can't
 * run is passed over. ERR_USAGE with a line that says what to do where none is left. The
 * answer stays valid as long as the map.
 */
int engine_pick(struct engine_map *m, const char *engine, const char *version, struct engine **out, struct err *e);

/* Finds the program and makes sure that it is an engine and new enough. ERR_USAGE with a line that says what to do about it.
 * Blocks for the few milliseconds that the question for its version takes; once it succeeded, it does nothing. */
int engine_locate(struct engine *g, struct err *e);

/* Reads what a program prints for its version, "Redis server v=7.0.15 …" or "memcached 1.6.18", into name and version of 'g'.
 * False where it is none of an engine of that kind. */
bool engine_read_version(struct engine *g, const char *text);

/* True from 7.0 on where the program counts as redis does: addresses can move (CONFIG SET bind), and bind-source-addr is known;
 * for memcached from 1.5; for others always. */
bool engine_new_enough(const struct engine *g);
