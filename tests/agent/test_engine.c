#include "agent/engine.h"
#include <criterion/criterion.h>
#include <string.h>

Test(engine, reads_the_version_of_a_redis_server)
{
    char v[16];
    cr_assert_eq(engine_parse_version(
                     ENGINE_REDIS_SERVER, "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n", v, sizeof v),
        0);
    cr_assert_str_eq(v, "7.0.15");
    cr_assert_lt(engine_parse_version(ENGINE_REDIS_SERVER, "memcached 1.6.18\n", v, sizeof v), 0);
    cr_assert_lt(engine_parse_version(ENGINE_REDIS_SERVER, "Redis server v=\n", v, sizeof v), 0);
    cr_assert_lt(engine_parse_version(ENGINE_REDIS_SERVER, "", v, sizeof v), 0);
}

Test(engine, is_new_enough_from_seven_on)
{
    cr_assert(engine_new_enough(ENGINE_REDIS_SERVER, "7.0.0"));
    cr_assert(engine_new_enough(ENGINE_REDIS_SERVER, "10.1"));
    cr_assert(!engine_new_enough(ENGINE_REDIS_SERVER, "6.2.14"));
}

Test(engine, reads_the_version_of_a_memcached)
{
    char v[16];
    cr_assert_eq(engine_parse_version(ENGINE_MEMCACHED_SERVER, "memcached 1.6.18\n", v, sizeof v), 0);
    cr_assert_str_eq(v, "1.6.18");
    cr_assert_lt(engine_parse_version(ENGINE_MEMCACHED_SERVER, "Redis server v=7.0.15\n", v, sizeof v), 0);
    cr_assert(engine_new_enough(ENGINE_MEMCACHED_SERVER, "1.5.0"));
    cr_assert(engine_new_enough(ENGINE_MEMCACHED_SERVER, "2.0"));
    cr_assert(!engine_new_enough(ENGINE_MEMCACHED_SERVER, "1.4.34"));
}

Test(engine, a_program_that_is_not_there_is_named)
{
    struct engine g = {.kind = ENGINE_REDIS_SERVER, .name = "/nonexistent/redis-server"};
    struct err e = {0};
    cr_assert_eq(engine_locate(&g, &e), ERR_USAGE);
    cr_assert(strstr(e.msg, "/nonexistent/redis-server") && strstr(e.msg, "install"));
    cr_assert_str_eq(g.path, "");
}

Test(engine, a_program_that_is_something_else_is_refused)
{
    struct engine g = {.kind = ENGINE_REDIS_SERVER, .name = "true"};
    struct err e = {0};
    cr_assert_eq(engine_locate(&g, &e), ERR_USAGE);
    cr_assert_str_eq(g.path, "");
}
