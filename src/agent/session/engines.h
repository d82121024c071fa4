#pragma once
#include "agent/engine/engine.h"
#include "agent/redis/host.h"
/* The engines that an agent runs. Whoever brings another one adds it to the table in engines.c, and nowhere else. */

/* Ends with NULL. */
extern const struct engine_kind *const agent_engines[];
/* What the engines of an agent's nodes are handed besides: the engine_host of a struct node_host. */
struct engine_hosts {
    struct redis_host redis;
};
struct cluster_host;
/* Both outlive the nodes. */
void *agent_engine_hosts_init(struct engine_hosts *h, struct cluster_host *clusters);
/* The programs 'redis_server' and 'memcached' as given, NULL for those on PATH; 'entries' as in engine_map_init(). */
void agent_engines_init(struct engine_map *m, const char *redis_server, const char *memcached, const char *entries);
