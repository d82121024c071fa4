#pragma once
#include "agent/engine/engine.h"
/* The engines that an agent runs. Whoever brings another one adds it to the table in engines.c, and nowhere else. */

/* Ends with NULL. */
extern const struct engine_kind *const agent_engines[];
/* The programs 'redis_server' and 'memcached' as given, NULL for those on PATH; 'entries' as in engine_map_init(). */
void agent_engines_init(struct engine_map *m, const char *redis_server, const char *memcached, const char *entries);
