#pragma once
#include "catalog/engine.h"
#include "ops/core/op.h"
/* Serverless caches name a major version of their engine, and have its newest one: 7 or 8, for memcached 1.6. */

/* The version that a request means: NULL is the major version of the engine's default. Else the fault. */
int major_version_resolve(struct op *op, const char *engine, const char *major, const struct engine_version **out);
/* The same version as the API tells it. */
const char *major_version_of(struct op *op, const struct engine_version *v);
const char *major_version_rest(struct op *op, const struct engine_version *v);
