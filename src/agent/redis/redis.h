#pragma once
#include "agent/engine/kind.h"
#include "agent/redis/host.h"
/* The engine that is a redis-server, or one that counts as such: valkey-server, keydb, dragonfly. Its nodes' host hands it a struct redis_host. */
extern const struct engine_kind redis_kind;
