#include "agent/session/engines.h"
#include "agent/memcached/memcached.h"
#include "agent/redis/redis.h"
#include "agent/redis_cluster/cluster.h"

/* A process that runs already is taken for one of the first, until its order says what it is. */
const struct engine_kind *const agent_engines[] = {&redis_kind, &memcached_kind, NULL};

void agent_engines_init(struct engine_map *m, const char *redis_server, const char *memcached, const char *entries)
{
    engine_map_init(m, agent_engines, (const char *const[]){redis_server, memcached}, entries);
}

void *agent_engine_hosts_init(struct engine_hosts *h, struct cluster_host *clusters)
{
    h->redis = (struct redis_host){.cluster = &cluster_part, .clusters = clusters};
    return &h->redis;
}
