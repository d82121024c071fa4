#include "catalog/parameter.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct parameter *find(const char *family, const char *name)
{
    return parameter_find(family_find(family), name);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

Test(parameter, families_are_found_by_name)
{
    static const char *const NAMES[] = {"memcached1.4", "memcached1.5", "memcached1.6", "redis2.6", "redis2.8", "redis3.2",
        "redis4.0", "redis5.0", "redis6.x", "redis7", "valkey7", "valkey8", "valkey9"};
    cr_assert_eq(n_parameter_families, sizeof NAMES / sizeof *NAMES);
    for (size_t i = 0; i < n_parameter_families; i++) {
        cr_expect_str_eq(parameter_families[i].name, NAMES[i]);
        cr_expect_eq(family_find(NAMES[i]), &parameter_families[i]);
    }
    cr_assert_null(family_find("redis6"));
    cr_assert_str_eq(family_find("valkey8")->engine->name, "valkey");
}

Test(parameter, a_setting_is_known_by_the_name_that_its_engine_has_for_it)
{
    cr_expect(setting_is_known("redis", "maxmemory") && setting_is_known("redis", "client-output-buffer-limit"));
    cr_expect(setting_is_known("valkey", "maxmemory") && setting_is_known("memcached", "max_item_size"));
    cr_expect_not(setting_is_known("memcached", "maxmemory") || setting_is_known("redis", "max_item_size"));
    cr_expect_not(setting_is_known("redis", "rename-commands"), "the engine has none of that name");
    cr_expect_not(setting_is_known("redis", "reserved-memory-percent") || setting_is_known("redis", "loadmodule"));
    cr_expect_not(setting_is_known("nothing", "maxmemory"));
}

Test(parameter, every_engine_version_has_its_family)
{
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct parameter_family *f = family_find(engine_versions[i].family);
        cr_expect(f && f->engine == engine_versions[i].engine, "%s", engine_versions[i].description);
    }
}

static void expect_order(const struct parameter_family *f)
{
    for (size_t i = 0; i < f->n_parameters; i++) {
        const char *name = parameter_at(f, i)->name;
        cr_expect_eq(parameter_find(f, name), parameter_at(f, i), "%s in %s", name, f->name);
        if (i) cr_expect(strcmp(parameter_at(f, i - 1)->name, name) < 0, "%s in %s", name, f->name);
    }
    for (size_t i = 1; i < f->n_node_parameters; i++)
        cr_expect(strcmp(node_parameter_at(f, i - 1)->name, node_parameter_at(f, i)->name) < 0, "%s", f->name);
}

Test(parameter, comes_in_the_order_of_names)
{
    for (size_t i = 0; i < n_parameter_families; i++) expect_order(&parameter_families[i]);
}

struct fact {
    const char *family, *name;
    bool there;
    const char *value, *allowed;
};

static void expect_fact(const struct fact *row)
{
    const struct parameter *p = find(row->family, row->name);
    cr_expect_eq(p != NULL, row->there, "%s in %s", row->name, row->family);
    if (!p || !row->there) return;
    cr_expect(same(p->value, row->value), "%s in %s is %s", row->name, row->family, p->value ? p->value : "absent");
    if (row->allowed) cr_expect_str_eq(p->allowed, row->allowed, "%s in %s", row->name, row->family);
}

Test(parameter, differs_between_families)
{
    const struct fact rows[] = {
        {"redis2.6", "maxmemory-policy", true, "volatile-lru",
            "volatile-lru,allkeys-lru,volatile-random,allkeys-random,volatile-ttl,noeviction"},
        {"redis7", "maxmemory-policy", true, "volatile-lru",
            "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"},
        {"redis2.8", "tcp-keepalive", true, "0", "0-"},
        {"redis3.2", "tcp-keepalive", true, "300", "0-"},
        {"redis5.0", "databases", true, "16", "1-1200000"},
        {"redis6.x", "databases", true, "16", "1-10000"},
        {"valkey7", "maxmemory-samples", true, "3", "1-"},
        {"valkey9", "maxmemory-samples", true, "3", "1-64"},
        {"redis7", "repl-backlog-size", true, "1048576", "16384-"},
        {"valkey8", "repl-backlog-size", true, "10485760", "16384-"},
        {"redis2.8", "reserved-memory", true, "0", "0-"},
        {"redis7", "reserved-memory", true, NULL, "0-"},
        {"redis2.8", "reserved-memory-percent", false, NULL, NULL},
        {"redis7", "reserved-memory-percent", true, "25", "0-100"},
        {"redis4.0", "min-slaves-to-write", true, "0", "0-"},
        {"redis4.0", "min-replicas-to-write", false, NULL, NULL},
        {"redis5.0", "min-slaves-to-write", false, NULL, NULL},
        {"redis4.0", "stream-node-max-bytes", false, NULL, NULL},
        {"redis3.2", "activedefrag", false, NULL, NULL},
        {"redis6.x", "hash-max-ziplist-entries", true, "512", "0-"},
        {"redis7", "hash-max-ziplist-entries", false, NULL, NULL},
        {"redis7", "hash-max-listpack-entries", true, "512", "0-"},
        {"redis6.x", "activerehashing", true, "yes", "yes,no"},
        {"redis7", "activerehashing", false, NULL, NULL},
        {"valkey7", "lazyfree-lazy-user-del", true, "no", "yes,no"},
        {"valkey8", "lazyfree-lazy-user-del", false, NULL, NULL},
        {"valkey8", "cluster-databases", false, NULL, NULL},
        {"valkey9", "cluster-databases", true, "0", "1-10000"},
        {"redis7", "maxmemory", false, NULL, NULL},
        {"memcached1.4", "modern", true, "1", "0,1"},
        {"memcached1.5", "modern", false, NULL, NULL},
        {"memcached1.6", "chunk_size_growth_factor", true, "1.25", "1-"},
        {"memcached1.6", "hash_algorithm", true, "jenkins", "jenkins,murmur3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_fact(&rows[i]);
}

Test(parameter, is_the_same_in_redis7_and_valkey7)
{
    const struct parameter_family *a = family_find("redis7"), *b = family_find("valkey7");
    cr_assert_eq(a->n_parameters, b->n_parameters);
    for (size_t i = 0; i < a->n_parameters; i++) cr_expect_eq(parameter_at(a, i), parameter_at(b, i));
}

Test(parameter, tells_how_it_may_be_changed)
{
    cr_expect_eq(find("redis7", "timeout")->modifiable, PARAMETER_MODIFIABLE);
    cr_expect_eq(find("redis7", "appendonly")->modifiable, PARAMETER_FIXED);
    cr_expect_eq(find("redis7", "databases")->modifiable, PARAMETER_WHILE_UNUSED);
    cr_expect(find("redis7", "databases")->needs_reboot);
    cr_expect_not(find("redis7", "timeout")->needs_reboot);
    cr_expect(find("memcached1.6", "slab_reassign")->needs_reboot);
    cr_expect_not(find("memcached1.6", "watch")->needs_reboot);
    cr_expect_str_eq(parameter_type_name(find("redis7", "activedefrag")), "string");
    cr_expect_str_eq(parameter_type_name(find("memcached1.6", "cas_disabled")), "boolean");
    cr_expect_str_eq(parameter_type_name(find("memcached1.6", "chunk_size_growth_factor")), "float");
}

Test(parameter, tells_the_lowest_version_that_has_it)
{
    const struct {
        const char *family, *name, *version;
    } rows[] = {
        {"redis5.0", "timeout", "5.0.0"},
        {"redis5.0", "rename-commands", "5.0.3"},
        {"redis7", "rename-commands", "7.0.4"},
        {"redis6.x", "acl-pubsub-default", "6.2.6"},
        {"valkey8", "search-default-timeout-ms", "8.2.0"},
        {"valkey9", "search-default-timeout-ms", "9.0.0"},
        {"memcached1.4", "hash_algorithm", "1.4.24"},
        {"memcached1.5", "hash_algorithm", "1.5.10"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct parameter_family *f = family_find(rows[i].family);
        cr_expect_str_eq(parameter_min_version(f, parameter_find(f, rows[i].name)), rows[i].version, "%s", rows[i].name);
    }
}

Test(parameter, tells_the_engine_s_own_setting)
{
    const struct parameter *p = find("redis7", "client-output-buffer-limit-pubsub-soft-limit");
    cr_expect_str_eq(p->engine_name, "client-output-buffer-limit");
    cr_expect_str_eq(p->engine_class, "pubsub");
    cr_expect_eq(p->engine_field, 1);
    cr_expect_str_eq(find("redis7", "timeout")->engine_name, "timeout");
    cr_expect_null(find("redis7", "timeout")->engine_class);
    cr_expect_null(find("redis7", "close-on-replica-write")->engine_name);
    cr_expect_null(find("redis7", "cluster-enabled")->engine_name);
    cr_expect_null(find("valkey8", "commandlog-reply-larger-than")->engine_name);
    cr_expect_null(find("memcached1.6", "max_item_size")->engine_name);
}

static void expect_node_value(const char *family, size_t i, const char *name, const char *type, int64_t value)
{
    const struct parameter *p = node_parameter_at(family_find(family), i);
    cr_expect_str_eq(p->name, name);
    cr_expect_eq(parameter_node_value(p, node_type_find(type)), value, "%s on %s", name, type);
    cr_expect_eq(p->modifiable, PARAMETER_FIXED);
}

Test(parameter, depends_on_the_node_type)
{
    cr_assert_eq(family_find("redis7")->n_node_parameters, 3);
    expect_node_value("redis7", 0, "client-output-buffer-limit-replica-hard-limit", "cache.m4.large", 689259315);
    expect_node_value("redis7", 1, "client-output-buffer-limit-replica-soft-limit", "cache.m4.large", 689259315);
    expect_node_value("redis7", 2, "maxmemory", "cache.m4.large", 6892593152);
    expect_node_value("redis4.0", 0, "client-output-buffer-limit-slave-hard-limit", "cache.m4.large", 689259315);
    expect_node_value("memcached1.6", 0, "max_cache_memory", "cache.m4.large", 6573);
    expect_node_value("memcached1.6", 1, "num_threads", "cache.m4.xlarge", 4);
}

Test(parameter, families_run_on_the_types_of_their_versions)
{
    cr_expect(family_runs_on(family_find("redis6.x"), node_type_find("cache.m7g.large")));
    cr_expect_not(family_runs_on(family_find("redis5.0"), node_type_find("cache.m7g.large")));
    cr_expect_not(family_runs_on(family_find("redis7"), node_type_find("cache.r8g.large")));
    cr_expect(family_runs_on(family_find("valkey8"), node_type_find("cache.r8g.large")));
    cr_expect_not(family_runs_on(family_find("memcached1.6"), node_type_find("cache.r6gd.xlarge")));
    cr_expect(family_runs_on(family_find("redis2.8"), node_type_find("cache.m1.small")));
}

Test(parameter, groups_exist_from_the_start)
{
    cr_assert_eq(n_default_groups, 21);
    const struct default_group *g = default_group_find("default.redis7.cluster.on");
    cr_assert_not_null(g);
    cr_assert(g->cluster_on);
    cr_assert_eq(g->family, family_find("redis7"));
    cr_assert_str_eq(g->description, "Customized default parameter group for redis7 with cluster mode on");
    cr_assert_str_eq(default_group_find("default.memcached1.6")->description, "Default parameter group for memcached1.6");
    cr_assert_null(default_group_find("default.memcached1.6.cluster.on"));
    cr_assert_null(default_group_find("default.redis2.8.cluster.on"));
    cr_assert_null(default_group_find("default.valkey7.2"));
    for (size_t i = 1; i < n_default_groups; i++) cr_expect(strcmp(default_groups[i - 1].name, default_groups[i].name) < 0);
}

Test(parameter, cluster_mode_is_all_that_tells_default_groups_apart)
{
    const struct parameter_family *f = family_find("redis7");
    const struct default_group *off = default_group_find("default.redis7");
    const struct default_group *on = default_group_find("default.redis7.cluster.on");
    for (size_t i = 0; i < f->n_parameters; i++) {
        const struct parameter *p = parameter_at(f, i);
        bool is_mode = strcmp(p->name, "cluster-enabled") == 0;
        cr_expect_eq(same(default_group_value(off, p), default_group_value(on, p)), !is_mode, "%s", p->name);
    }
    cr_expect_str_eq(default_group_value(on, parameter_find(f, "cluster-enabled")), "yes");
    cr_expect_str_eq(default_group_value(off, parameter_find(f, "cluster-enabled")), "no");
}
