#include "catalog/engine.h"
#include <criterion/criterion.h>
#include <string.h>

Test(engine, is_found_regardless_of_case)
{
    cr_assert_eq(engine_find("redis")->id, ENGINE_REDIS);
    cr_assert_eq(engine_find("Redis"), engine_find("redis"));
    cr_assert_eq(engine_find("valkey")->port, 6379);
    cr_assert_eq(engine_find("memcached")->port, 11211);
    cr_assert_null(engine_find("dragonfly"));
    cr_assert_null(engine_find(""));
}

struct resolution {
    const char *engine, *requested;
    enum version_answer answer;
    const char *full;
};

static void expect_resolution(const struct resolution *row)
{
    const struct engine_version *v;
    enum version_answer answer = engine_version_resolve(engine_find(row->engine), row->requested, &v);
    const char *name = row->requested ? row->requested : "(none)";
    cr_expect_eq(answer, row->answer, "%s %s gives %d", row->engine, name, answer);
    if (row->full) cr_expect(v && strcmp(v->full, row->full) == 0, "%s %s gives %s", row->engine, name, v ? v->full : "none");
    else cr_expect_null(v, "%s %s", row->engine, name);
}

Test(engine, understands_the_versions_that_requests_name)
{
    const struct resolution rows[] = {
        {"redis", NULL, VERSION_OK, "7.1.0"},
        {"valkey", NULL, VERSION_OK, "8.2.0"},
        {"memcached", NULL, VERSION_OK, "1.6.22"},
        {"redis", "7.1", VERSION_OK, "7.1.0"},
        {"redis", "7.0", VERSION_OK, "7.0.7"},
        {"redis", "6.2", VERSION_OK, "6.2.6"},
        {"redis", "6.0", VERSION_OK, "6.0.5"},
        {"redis", "6.x", VERSION_OK, "6.2.6"},
        {"redis", "5.0.6", VERSION_OK, "5.0.6"},
        {"redis", "4.0.10", VERSION_OK, "4.0.10"},
        {"valkey", "7.2", VERSION_OK, "7.2.6"},
        {"memcached", "1.6.12", VERSION_OK, "1.6.12"},
        {"redis", "6.2.6", VERSION_TOO_EXACT, "6.2.6"},
        {"redis", "6.2.5", VERSION_TOO_EXACT, "6.2.6"},
        {"redis", "7.1.0", VERSION_TOO_EXACT, "7.1.0"},
        {"valkey", "8.0.1", VERSION_TOO_EXACT, "8.0.1"},
        {"redis", "6.3.1", VERSION_UNKNOWN, NULL},
        {"redis", "5.0", VERSION_UNKNOWN, NULL},
        {"redis", "5.x", VERSION_UNKNOWN, NULL},
        {"redis", "7.x", VERSION_UNKNOWN, NULL},
        {"redis", "8.0", VERSION_UNKNOWN, NULL},
        {"redis", "7.1.", VERSION_UNKNOWN, NULL},
        {"redis", "7..1", VERSION_UNKNOWN, NULL},
        {"redis", "7", VERSION_UNKNOWN, NULL},
        {"redis", "", VERSION_UNKNOWN, NULL},
        {"valkey", "6.x", VERSION_UNKNOWN, NULL},
        {"valkey", "7.1", VERSION_UNKNOWN, NULL},
        {"memcached", "1.6", VERSION_UNKNOWN, NULL},
        {"memcached", "1.6.99", VERSION_UNKNOWN, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_resolution(&rows[i]);
}

Test(engine, names_the_version_to_ask_for_instead)
{
    const struct engine_version *v;
    engine_version_resolve(engine_find("redis"), "6.2.6", &v);
    cr_assert_str_eq(v->version, "6.2");
}

Test(engine, finds_stored_versions_by_either_name)
{
    const struct engine *redis = engine_find("redis");
    cr_assert_eq(engine_version_find(redis, "7.1"), engine_version_find(redis, "7.1.0"));
    cr_assert_str_eq(engine_version_find(redis, "7.1")->family, "redis7");
    cr_assert_str_eq(engine_version_find(redis, "7.1")->description, "redis version 7.1.0");
    cr_assert_null(engine_version_find(redis, "6.x"));
    cr_assert_null(engine_version_find(engine_find("valkey"), "7.1"));
}

Test(engine, lists_versions_by_engine_and_then_as_text)
{
    for (size_t i = 1; i < n_engine_versions; i++) {
        const struct engine_version *a = &engine_versions[i - 1], *b = &engine_versions[i];
        int order = strcmp(a->engine->name, b->engine->name);
        cr_expect(order < 0 || (order == 0 && strcmp(a->version, b->version) < 0), "%s %s", b->engine->name, b->version);
    }
    cr_assert_str_eq(engine_versions[0].version, "1.4.14");
}

static size_t count(struct engine_version_filter f)
{
    size_t n = 0;
    for (size_t i = 0; i < n_engine_versions; i++) n += engine_version_matches(&engine_versions[i], &f);
    return n;
}

Test(engine, filters_versions)
{
    cr_expect_eq(count((struct engine_version_filter){0}), n_engine_versions);
    cr_expect_eq(count((struct engine_version_filter){.default_only = true}), 3);
    cr_expect_eq(count((struct engine_version_filter){.engine = "Redis"}), 6);
    cr_expect_eq(count((struct engine_version_filter){.family = "redis6.x"}), 2);
    cr_expect_eq(count((struct engine_version_filter){.engine = "redis", .version = "7.0"}), 1);
    cr_expect_eq(count((struct engine_version_filter){.engine = "valkey", .family = "redis7"}), 0);
    cr_expect_eq(count((struct engine_version_filter){.engine = "redis", .version = "7.0", .default_only = true}), 0);
}

static const struct engine_version *version(const char *engine, const char *name)
{
    return engine_version_find(engine_find(engine), name);
}

Test(engine, knows_since_when_a_feature_exists)
{
    cr_expect(engine_version_has(version("redis", "5.0.6"), ENGINE_FEATURE_GLOBAL_DATASTORE));
    cr_expect_not(engine_version_has(version("redis", "4.0.10"), ENGINE_FEATURE_GLOBAL_DATASTORE));
    cr_expect_not(engine_version_has(version("redis", "5.0.6"), ENGINE_FEATURE_RBAC));
    cr_expect(engine_version_has(version("redis", "6.0"), ENGINE_FEATURE_RBAC));
    cr_expect_not(engine_version_has(version("memcached", "1.6.22"), ENGINE_FEATURE_RBAC));
    cr_expect(engine_version_has(version("memcached", "1.6.12"), ENGINE_FEATURE_ENCRYPTION));
    cr_expect_not(engine_version_has(version("memcached", "1.6.6"), ENGINE_FEATURE_ENCRYPTION));
    cr_expect(engine_version_has(version("valkey", "7.2"), ENGINE_FEATURE_CLUSTER_MODE_CHANGE));
    cr_expect_not(engine_version_has(version("redis", "7.1"), ENGINE_FEATURE_DURABILITY));
}

Test(engine, compares_versions_by_number)
{
    const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"7.1", "7.0", 1},
        {"7.0", "7.1", -1},
        {"7.1", "7.1", 0},
        {"7.1.0", "7.1", 0},
        {"6.2.6", "6.2.10", -1},
        {"10.0", "9.9", 1},
        {"4.0.10", "5.0.6", -1},
        {"1.6.6", "1.6.12", -1},
        {"", "1", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(version_compare(rows[i].a, rows[i].b), rows[i].order, "%s and %s", rows[i].a, rows[i].b);
}

Test(engine, tells_upgrades_from_downgrades)
{
    const struct {
        const char *engine, *from, *to_engine, *to;
        enum version_change change;
    } rows[] = {
        {"redis", "7.1", "redis", "7.1", VERSION_SAME},
        {"redis", "7.0", "redis", "7.1", VERSION_UPGRADE},
        {"redis", "5.0.6", "redis", "7.1", VERSION_MAJOR_UPGRADE},
        {"redis", "7.1", "redis", "6.2", VERSION_DOWNGRADE},
        {"redis", "7.1", "valkey", "7.2", VERSION_CROSS_ENGINE},
        {"valkey", "7.2", "redis", "7.1", VERSION_OTHER_ENGINE},
        {"redis", "7.1", "memcached", "1.6.22", VERSION_OTHER_ENGINE},
        {"memcached", "1.6.6", "memcached", "1.6.12", VERSION_UPGRADE},
        {"memcached", "1.5.16", "memcached", "1.6.6", VERSION_MAJOR_UPGRADE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum version_change change =
            engine_version_change(version(rows[i].engine, rows[i].from), version(rows[i].to_engine, rows[i].to));
        cr_expect_eq(change, rows[i].change, "%s %s to %s %s", rows[i].engine, rows[i].from, rows[i].to_engine, rows[i].to);
    }
}
