#include "agent/memcached/memcached.h"
#include "agent/redis/redis.h"
#include "agent/session/engines.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct engine_map map;
static struct err e;
static char programs[8][96];

static void setup(void)
{
    scratch_open();
    setenv("PATH", scratch_dir(), 1); /* what is installed here is none of the test's engines */
    e = (struct err){0};
}

TestSuite(engine, .init = setup, .fini = scratch_close);

/* A program that prints 'text', whatever it is asked. */
static const char *program(int i, const char *text)
{
    char name[16], script[128];
    snprintf(name, sizeof name, "program-%d", i);
    snprintf(script, sizeof script, "#!/bin/sh\necho '%s'\n", text);
    scratch_write(name, script, 0755);
    snprintf(programs[i], sizeof programs[i], "%s", scratch_path(name));
    return programs[i];
}

Test(engine, reads_what_programs_print_for_their_version)
{
    static const struct {
        const struct engine_kind *kind;
        const char *text, *name, *version; /* NULL: it is none */
    } rows[] = {
        {&redis_kind, "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n", "redis", "7.0.15"},
        {&redis_kind, "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0\n", "valkey", "8.0.1"},
        {&redis_kind, "Server v=7.2.5 sha=00000000:0\n", "valkey", "7.2.5"},
        {&redis_kind, "KeyDB server v=6.3.4 sha=00000000:0\n", "keydb", "6.3.4"},
        {&redis_kind, "dragonfly v1.21.2-0f4a1b2\nbuild time: then\n", "dragonfly", "1.21.2"},
        {&redis_kind, "memcached 1.6.18\n", NULL, NULL},
        {&redis_kind, "Redis server v=\n", NULL, NULL},
        {&redis_kind, "true (GNU coreutils) 9.1\n", NULL, NULL},
        {&redis_kind, "", NULL, NULL},
        {&memcached_kind, "memcached 1.6.18\n", "memcached", "1.6.18"},
        {&memcached_kind, "Redis server v=7.0.15\n", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct engine_program g = {.kind = rows[i].kind};
        cr_assert_eq(engine_read_version(&g, rows[i].text), rows[i].name != NULL, "%s", rows[i].text);
        if (rows[i].name == NULL) continue;
        cr_assert_str_eq(g.name, rows[i].name);
        cr_assert_str_eq(g.version, rows[i].version);
    }
}

static bool is_enough(const char *name, const char *version)
{
    struct engine_program g = {.kind = strcmp(name, "memcached") == 0 ? &memcached_kind : &redis_kind};
    snprintf(g.name, sizeof g.name, "%s", name);
    snprintf(g.version, sizeof g.version, "%s", version);
    return engine_new_enough(&g);
}

Test(engine, is_new_enough_from_the_version_on_that_has_what_is_needed)
{
    cr_assert(is_enough("redis", "7.0.0") && is_enough("redis", "10.1") && is_enough("valkey", "7.2.5"));
    cr_assert(!is_enough("redis", "6.2.14") && !is_enough("keydb", "6.3.4"));
    cr_assert(is_enough("memcached", "1.5.0") && is_enough("memcached", "2.0") && !is_enough("memcached", "1.4.34"));
    cr_assert(is_enough("dragonfly", "1.21.2"));
}

Test(engine, a_program_that_is_not_there_is_named)
{
    struct engine_program g = {.kind = &redis_kind, .given = "/nonexistent/redis-server"};
    cr_assert_eq(engine_locate(&g, &e), ERR_USAGE);
    cr_assert(strstr(e.msg, "/nonexistent/redis-server") && strstr(e.msg, "install"));
    cr_assert_str_eq(g.path, "");
}

Test(engine, a_program_that_is_something_else_is_refused)
{
    struct engine_program g = {.kind = &redis_kind, .given = "true"};
    cr_assert_eq(engine_locate(&g, &e), ERR_USAGE);
    cr_assert_str_eq(g.path, "");
}

Test(engine, an_entry_has_an_engine_a_version_and_a_program)
{
    static const char *const wrong[] = {"", "redis", "redis:7", "redis=/x", ":7=/x", "redis:=/x", "redis:7=", "redis:7.=/x",
        "redis:.7=/x", "redis:7.1.0.1=/x", "redis:x=/x", "mysql:8=/x", "redis:7:1=/x"};
    struct engine_program g;
    cr_assert(engine_read_entry(agent_engines, "valkey:8.1=/opt/a=b:c", &g));
    cr_assert_str_eq(g.for_name, "valkey");
    cr_assert_str_eq(g.for_version, "8.1");
    cr_assert_str_eq(g.given, "/opt/a=b:c");
    cr_assert(engine_read_entry(agent_engines, "memcached:1.6.22=memcached", &g) && g.kind == &memcached_kind);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(engine_read_entry(agent_engines, wrong[i], &g), "%s", wrong[i]);
}

static const char *pick(const char *engine, const char *version)
{
    struct engine_program *g;
    return engine_pick(&map, engine, version, &g, &e) == 0 ? g->path : "none";
}

static void make_map(const char *redis_server)
{
    char entries[512];
    snprintf(entries, sizeof entries, "redis:7=%s\nredis:7.1=%s\nvalkey:8=%s\nvalkey:8.1.0=%s",
        program(1, "Redis server v=7.2.4 x"), program(2, "Redis server v=7.4.0 x"), program(3, "Valkey server v=8.0.1 x"),
        program(4, "Valkey server v=8.1.0 x"));
    agent_engines_init(&map, redis_server, NULL, entries);
}

Test(engine, what_runs_a_version_is_the_most_exact_that_was_named_then_the_nearest)
{
    static const struct {
        const char *engine, *version;
        int program;
    } rows[] = {
        {"redis", "7.1.0", 2},
        {"redis", "7.0.7", 1},
        {"redis", "6.2.6", 1}, /* 7 begins with 7.0, which is nearer than 7.1 */
        {"valkey", "8.1.0", 4},
        {"valkey", "8.2.0", 3},
        {"valkey", "8.1.5", 3},
        {"valkey", "7.2.6", 3}, /* another major version, but the engine */
        {"valkey", "9.0.0", 4},
    };
    make_map(program(0, "Redis server v=7.0.15 x"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_str_eq(
            pick(rows[i].engine, rows[i].version), programs[rows[i].program], "%s %s", rows[i].engine, rows[i].version);
}

Test(engine, redis_stands_in_for_valkey_and_the_other_way_round)
{
    agent_engines_init(&map, program(0, "Redis server v=7.0.15 x"), NULL, NULL);
    cr_assert_str_eq(pick("valkey", "8.0.1"), programs[0]);
    agent_engines_init(&map, program(0, "Valkey server v=8.0.1 x"), NULL, NULL);
    cr_assert_str_eq(pick("redis", "7.1.0"), programs[0]);
}

Test(engine, what_cannot_run_is_passed_over)
{
    make_map(program(0, "Redis server v=7.0.15 x"));
    program(2, "Redis server v=6.2.14 x");
    cr_assert_str_eq(pick("redis", "7.1.0"), programs[1]);
    agent_engines_init(&map, program(0, "Redis server v=6.2.14 x"), NULL, NULL);
    cr_assert_str_eq(pick("redis", "6.2.6"), "none");
    cr_assert_not_null(strstr(e.msg, "is redis version 6.2.14: version 7.0 or later is needed"), "%s", e.msg);
}

Test(engine, nothing_stands_in_for_a_program_that_somebody_named)
{
    scratch_write("valkey-server", "#!/bin/sh\necho 'Valkey server v=8.0.1 x'\n", 0755);
    agent_engines_init(&map, NULL, NULL, NULL);
    cr_assert_str_eq(pick("redis", "7.1.0"), scratch_path("valkey-server"));
    agent_engines_init(&map, "/nonexistent/redis-server", NULL, NULL);
    cr_assert_str_eq(pick("redis", "7.1.0"), "none");
    cr_assert_not_null(strstr(e.msg, "there is no program \"/nonexistent/redis-server\""), "%s", e.msg);
    cr_assert_str_eq(pick("valkey", "8.0.1"), "none");
}

Test(engine, memcached_is_no_stand_in_for_redis)
{
    agent_engines_init(&map, "/nonexistent/redis-server", program(0, "memcached 1.6.18"), NULL);
    cr_assert_str_eq(pick("redis", "7.1.0"), "none");
    cr_assert_str_eq(pick("memcached", "1.6.22"), programs[0]);
}
