#pragma once
#include "catalog/engines.gen.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * Engines, their versions, and the rules for a request's EngineVersion. Constant data
 * generated from api/catalog/engines.json. Which version a real engine process has is
 * not known here.
 */

struct engine_version;

struct engine {
    const char *name; /* redis */
    const char *description;
    enum engine_id id;
    const struct engine_version *default_version;
    int port;       /* where a request names none */
    int short_from; /* from this major version on requests name major.minor only */
};

struct engine_version {
    const struct engine *engine;
    const char *version; /* as requests name it and DescribeCacheEngineVersions lists it: 7.1 */
    const char *full;    /* as cache clusters report it: 7.1.0 */
    const char *family;  /* of parameter groups */
    const char *description;
};

/* A name for a version in requests, which no cache cluster ever shows: 6.x */
struct engine_wildcard {
    const char *name;
    const struct engine_version *version;
};

extern const struct engine engines[ENGINE_COUNT];
/* In the order of DescribeCacheEngineVersions: by engine, then by version as text. */
extern const struct engine_version engine_versions[];
extern const size_t n_engine_versions;
extern const struct engine_wildcard engine_wildcards[];
extern const size_t n_engine_wildcards;
/* The lowest version that has a feature; NULL: no version of the engine has it. */
extern const char *const engine_features[ENGINE_FEATURE_COUNT][ENGINE_COUNT];

/* Regardless of case; NULL if there is none of that name. */
const struct engine *engine_find(const char *name);

enum version_answer {
    VERSION_OK,
    VERSION_UNKNOWN,
    VERSION_TOO_EXACT, /* a patch version where only major.minor may be named; the answer is the one to name instead */
};
/*
 * What version a request means: NULL means the engine's default. *answer is NULL
 * for VERSION_UNKNOWN. AWS refuses VERSION_TOO_EXACT with "Specific version
 * selection is not allowed for '6.2.6', please use '6.2'".
 */
enum version_answer engine_version_resolve(const struct engine *e, const char *requested, const struct engine_version **answer);

/* The version of that listed or full name, 7.1 or 7.1.0; NULL if there is none. For stored versions, not for requests. */
const struct engine_version *engine_version_find(const struct engine *e, const char *version);

/* The filters of DescribeCacheEngineVersions; a member that is NULL or false filters nothing. */
struct engine_version_filter {
    const char *engine; /* regardless of case */
    const char *version;
    const char *family;
    bool default_only;
};
bool engine_version_matches(const struct engine_version *v, const struct engine_version_filter *f);

/* Whether the version has the feature. */
bool engine_version_has(const struct engine_version *v, enum engine_feature feature);

/* < 0, 0, > 0 as dotted number a is lower than, equal to or higher than b; what is missing counts as 0. */
int version_compare(const char *a, const char *b);

enum version_change {
    VERSION_SAME,
    VERSION_UPGRADE,       /* within a parameter group family */
    VERSION_MAJOR_UPGRADE, /* to another family, of the same engine */
    VERSION_CROSS_ENGINE,  /* from redis to valkey, which AWS does in place */
    VERSION_DOWNGRADE,     /* refused */
    VERSION_OTHER_ENGINE,  /* refused: any other change of the engine */
};
enum version_change engine_version_change(const struct engine_version *from, const struct engine_version *to);
