#include "ops/serverless_cache/version.h"
#include "base/text.h"
#include <string.h>

/* The lowest that serverless caches are offered with. */
static const char *const oldest[ENGINE_COUNT] = {[ENGINE_REDIS] = "7", [ENGINE_VALKEY] = "7", [ENGINE_MEMCACHED] = "1.6"};

const char *major_version_of(struct op *op, const struct engine_version *v)
{
    size_t n = strcspn(v->version, ".");
    if (v->engine->id == ENGINE_MEMCACHED) n += 1 + strcspn(v->version + n + 1, ".");
    return arena_strndup(op->arena, v->version, n);
}

/* Memcached shows what follows its major version alone. Source: the output of describe-serverless-caches in the user guide. */
const char *major_version_rest(struct op *op, const struct engine_version *v)
{
    if (v->engine->id != ENGINE_MEMCACHED) return v->version;
    return v->version + strlen(major_version_of(op, v)) + 1;
}

int major_version_resolve(struct op *op, const char *engine, const char *major, const struct engine_version **out)
{
    const struct engine *e = engine_find(engine);
    if (e == NULL)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Engine: %s. Valid values are redis, valkey and memcached.", engine);
    const char *wanted = major && *major ? major : major_version_of(op, e->default_version);
    *out = NULL;
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct engine_version *v = &engine_versions[i];
        bool fits = v->engine == e && text_is(major_version_of(op, v), wanted) && version_compare(v->version, oldest[e->id]) >= 0;
        if (fits && (*out == NULL || version_compare(v->version, (*out)->version) > 0)) *out = v;
    }
    if (*out) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Cannot find major engine version %s for %s.", wanted, e->name);
}
