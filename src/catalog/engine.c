#include "catalog/engine.h"
#include "base/decimal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct engine *engine_find(const char *name)
{
    for (size_t i = 0; i < ENGINE_COUNT; i++)
        if (strcasecmp(engines[i].name, name) == 0) return &engines[i];
    return NULL;
}

static const struct engine_version *find_listed(const struct engine *e, const char *version)
{
    for (size_t i = 0; i < n_engine_versions; i++)
        if (engine_versions[i].engine == e && strcmp(engine_versions[i].version, version) == 0) return &engine_versions[i];
    return NULL;
}

static const struct engine_version *find_wildcard(const struct engine *e, const char *name)
{
    for (size_t i = 0; i < n_engine_wildcards; i++)
        if (engine_wildcards[i].version->engine == e && strcmp(engine_wildcards[i].name, name) == 0)
            return engine_wildcards[i].version;
    return NULL;
}

const struct engine_version *engine_version_find(const struct engine *e, const char *version)
{
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct engine_version *v = &engine_versions[i];
        if (v->engine == e && (strcmp(v->version, version) == 0 || strcmp(v->full, version) == 0)) return v;
    }
    return NULL;
}

/* Whether 's' is x.y.z, of digits. */
static bool is_patch_version(const char *s)
{
    int dots = 0;
    for (const char *p = s; *p; p++) {
        if (*p == '.' && p > s && p[-1] != '.') dots++;
        else if (!isdigit((unsigned char)*p)) return false;
    }
    return dots == 2 && s[strlen(s) - 1] != '.';
}

/* The listed version that 'requested' adds a patch level to, or NULL. */
static const struct engine_version *find_patched(const struct engine *e, const char *requested)
{
    int64_t major;
    const char *rest = requested;
    if (!is_patch_version(requested) || !decimal_take(&rest, e->short_from, INT32_MAX, &major)) return NULL;
    size_t n = (size_t)(strrchr(requested, '.') - requested);
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct engine_version *v = &engine_versions[i];
        if (v->engine == e && strlen(v->version) == n && strncmp(v->version, requested, n) == 0) return v;
    }
    return NULL;
}

enum version_answer engine_version_resolve(const struct engine *e, const char *requested, const struct engine_version **answer)
{
    *answer = e->default_version;
    if (requested == NULL) return VERSION_OK;
    *answer = find_listed(e, requested);
    if (!*answer) *answer = find_wildcard(e, requested);
    if (*answer) return VERSION_OK;
    *answer = find_patched(e, requested);
    return *answer ? VERSION_TOO_EXACT : VERSION_UNKNOWN;
}

bool engine_version_matches(const struct engine_version *v, const struct engine_version_filter *f)
{
    if (f->engine && strcasecmp(f->engine, v->engine->name) != 0) return false;
    if (f->version && strcmp(f->version, v->version) != 0) return false;
    if (f->family && strcmp(f->family, v->family) != 0) return false;
    return !f->default_only || v->engine->default_version == v;
}

bool engine_version_has(const struct engine_version *v, enum engine_feature feature)
{
    const char *since = engine_features[feature][v->engine->id];
    return since && version_compare(v->full, since) >= 0;
}

int version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        char *end_a, *end_b;
        long x = strtol(a, &end_a, 10), y = strtol(b, &end_b, 10);
        if (x != y) return x < y ? -1 : 1;
        a = *end_a == '.' ? end_a + 1 : "";
        b = *end_b == '.' ? end_b + 1 : "";
    }
    return 0;
}

enum version_change engine_version_change(const struct engine_version *from, const struct engine_version *to)
{
    if (from->engine != to->engine) {
        bool to_valkey = from->engine->id == ENGINE_REDIS && to->engine->id == ENGINE_VALKEY;
        return to_valkey ? VERSION_CROSS_ENGINE : VERSION_OTHER_ENGINE;
    }
    int order = version_compare(to->full, from->full);
    if (order == 0) return VERSION_SAME;
    if (order < 0) return VERSION_DOWNGRADE;
    return strcmp(from->family, to->family) == 0 ? VERSION_UPGRADE : VERSION_MAJOR_UPGRADE;
}
