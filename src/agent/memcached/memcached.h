#pragma once
#include "agent/engine/kind.h"
/*
 * The engine that is a memcached. It keeps nothing over its end, has no role, and takes
 * nearly all of its settings when it starts; only its memory can be changed later.
 */
extern const struct engine_kind memcached_kind;
