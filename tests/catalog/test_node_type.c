#include "catalog/node_type.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct engine_version *version(const char *engine, const char *name)
{
    return engine_version_find(engine_find(engine), name);
}

Test(node_type, is_found_by_its_name)
{
    const struct node_type *t = node_type_find("cache.r6g.large");
    cr_assert_not_null(t);
    cr_assert_eq(t->maxmemory, 14037181030);
    cr_assert_eq(t->memcached_mb, 13387);
    cr_assert_eq(t->vcpu, 2);
    cr_assert_eq(t->maxclients, 65000);
    cr_assert_str_eq(t->family->name, "r6g");
    cr_assert_str_eq(t->size, "large");
    cr_assert_null(node_type_find("cache.r6g.medium"));
    cr_assert_null(node_type_find("r6g.large"));
    cr_assert_null(node_type_find(""));
}

Test(node_type, is_found_whichever_it_is_and_in_order)
{
    for (size_t i = 0; i < NODE_TYPE_COUNT; i++) {
        cr_expect_eq(node_type_find(node_types[i].name), &node_types[i], "%s", node_types[i].name);
        if (i) cr_expect(strcmp(node_types[i - 1].name, node_types[i].name) < 0, "%s", node_types[i].name);
    }
}

Test(node_type, allows_fewer_clients_on_burstable_types)
{
    cr_expect_eq(node_type_find("cache.t2.medium")->maxclients, 20000);
    cr_expect_eq(node_type_find("cache.t3.micro")->maxclients, 20000);
    cr_expect_eq(node_type_find("cache.t3.small")->maxclients, 46000);
    cr_expect_eq(node_type_find("cache.t4g.micro")->maxclients, 20000);
    cr_expect_eq(node_type_find("cache.t4g.small")->maxclients, 65000);
}

Test(node_type, runs_the_engines_it_was_made_for)
{
    const struct {
        const char *type, *engine, *version;
        bool runs;
    } rows[] = {
        {"cache.m5.large", "redis", "5.0.6", true},
        {"cache.m7g.large", "redis", "6.0", false},
        {"cache.m7g.large", "redis", "6.2", true},
        {"cache.r8g.large", "redis", "7.1", false},
        {"cache.r8g.large", "valkey", "7.2", true},
        {"cache.r8g.large", "memcached", "1.6.6", true},
        {"cache.r8g.large", "memcached", "1.5.16", false},
        {"cache.r6gd.xlarge", "memcached", "1.6.22", false},
        {"cache.r6gd.xlarge", "redis", "6.2", true},
        {"cache.t4g.micro", "redis", "4.0.10", true},
        {"cache.t4g.small", "redis", "4.0.10", false},
        {"cache.m3.large", "valkey", "7.2", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(node_type_runs(node_type_find(rows[i].type), version(rows[i].engine, rows[i].version)), rows[i].runs,
            "%s with %s %s", rows[i].type, rows[i].engine, rows[i].version);
}

Test(node_type, joins_global_datastores_from_large_on)
{
    cr_expect(node_type_find("cache.m5.large")->global_datastores);
    cr_expect(node_type_find("cache.c8gn.16xlarge")->global_datastores);
    cr_expect(node_type_find("cache.r6gd.xlarge")->global_datastores);
    cr_expect_not(node_type_find("cache.m4.large")->global_datastores);
    cr_expect_not(node_type_find("cache.r4.16xlarge")->global_datastores);
    cr_expect_not(node_type_find("cache.t4g.medium")->global_datastores);
}

Test(node_type, has_memory_only_for_engines_that_run_on_it)
{
    cr_expect_eq(node_type_memory(node_type_find("cache.t3.micro"), ENGINE_REDIS), 536870912);
    cr_expect_eq(node_type_memory(node_type_find("cache.t3.micro"), ENGINE_MEMCACHED), 536870912);
    cr_expect_eq(node_type_memory(node_type_find("cache.r8g.large"), ENGINE_REDIS), 0);
    cr_expect_eq(node_type_memory(node_type_find("cache.r6gd.xlarge"), ENGINE_MEMCACHED), 0);
}

static bool contains(const struct node_type *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->name, name) == 0) return true;
    return false;
}

static bool goes_up(const struct node_type_moves *m, const char *name)
{
    return contains(m->up, m->n_up, name);
}

static bool goes_down(const struct node_type_moves *m, const char *name)
{
    return contains(m->down, m->n_down, name);
}

/* A list that Amazon shows holds types of the families it names only, as newer ones did not exist. */
static void expect_shown(const struct node_type *const *list, size_t n, const char *const *shown, size_t n_shown)
{
    static const char *const FAMILIES[] = {"m3", "m4", "m5", "r3", "r4", "r5", "t2", "t3", "t1", "m1", "m2", "c1"};
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < sizeof FAMILIES / sizeof *FAMILIES; f++) {
            if (strcmp(list[i]->family->name, FAMILIES[f]) != 0) continue;
            cr_assert_lt(at, n_shown, "%s is one too many", list[i]->name);
            cr_assert_str_eq(list[i]->name, shown[at++]);
        }
    cr_assert_eq(at, n_shown);
}

Test(node_type, moves_from_r5_xlarge_where_amazon_shows)
{
    static const char *const UP[] = {"cache.m5.12xlarge", "cache.m5.24xlarge", "cache.m5.4xlarge", "cache.r5.12xlarge",
        "cache.r5.24xlarge", "cache.r5.2xlarge", "cache.r5.4xlarge"};
    static const char *const DOWN[] = {"cache.m3.large", "cache.m3.medium", "cache.m3.xlarge", "cache.m4.large",
        "cache.m4.xlarge", "cache.m5.2xlarge", "cache.m5.large", "cache.m5.xlarge", "cache.r3.large", "cache.r4.large",
        "cache.r4.xlarge", "cache.r5.large", "cache.t2.medium", "cache.t2.micro", "cache.t2.small", "cache.t3.medium",
        "cache.t3.micro", "cache.t3.small"};
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.r5.xlarge"), version("redis", "5.0.6"), false, &m);
    expect_shown(m.up, m.n_up, UP, sizeof UP / sizeof *UP);
    expect_shown(m.down, m.n_down, DOWN, sizeof DOWN / sizeof *DOWN);
}

Test(node_type, moves_to_a_newer_generation_of_the_same_memory_upwards)
{
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.r5.large"), version("redis", "7.1"), false, &m);
    cr_expect(goes_up(&m, "cache.r7g.large"));
    cr_expect_not(goes_down(&m, "cache.r7g.large"));
    node_type_moves(node_type_find("cache.r7g.large"), version("redis", "7.1"), false, &m);
    cr_expect(goes_down(&m, "cache.r5.large"));
    cr_expect_not(goes_up(&m, "cache.r5.large"));
    cr_expect_not(goes_up(&m, "cache.r7g.large"));
    cr_expect_not(goes_down(&m, "cache.r7g.large"));
}

Test(node_type, moves_only_to_types_that_run_the_version)
{
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.m5.large"), version("redis", "7.1"), false, &m);
    cr_expect_not(goes_up(&m, "cache.m8g.xlarge"));
    node_type_moves(node_type_find("cache.m5.large"), version("valkey", "8.0"), false, &m);
    cr_expect(goes_up(&m, "cache.m8g.xlarge"));
    cr_expect_not(goes_down(&m, "cache.m3.medium"));
}

Test(node_type, stays_within_global_types_in_a_global_datastore)
{
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.m5.xlarge"), version("redis", "7.1"), true, &m);
    cr_expect(goes_down(&m, "cache.m5.large"));
    cr_expect(goes_up(&m, "cache.r5.large"));
    cr_expect_not(goes_down(&m, "cache.t3.medium"));
    cr_expect_not(goes_down(&m, "cache.m4.large"));
}

Test(node_type, moves_between_data_tiering_types_only)
{
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.r6gd.2xlarge"), version("redis", "7.1"), false, &m);
    cr_assert_eq(m.n_up, 4);
    cr_assert_eq(m.n_down, 1);
    cr_assert_str_eq(m.up[0]->name, "cache.r6gd.12xlarge");
    cr_assert_str_eq(m.down[0]->name, "cache.r6gd.xlarge");
    node_type_moves(node_type_find("cache.r6g.xlarge"), version("redis", "7.1"), false, &m);
    cr_expect_not(goes_up(&m, "cache.r6gd.2xlarge"));
}

Test(node_type, moves_memcached_by_its_own_memory)
{
    struct node_type_moves m;
    node_type_moves(node_type_find("cache.t3.small"), version("memcached", "1.6.22"), false, &m);
    cr_expect(goes_down(&m, "cache.t3.micro"));
    cr_expect(goes_up(&m, "cache.t3.medium"));
    cr_expect_not(goes_up(&m, "cache.r6gd.xlarge"));
}
