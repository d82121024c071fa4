#include "main/engines.h"
#include "base/arena.h"
#include "base/err.h"
#include "main/options.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_7 "#!/bin/sh\necho Redis server v=7.2.4 sha=0:0 malloc=libc bits=64 build=0\n"
#define REDIS_6 "#!/bin/sh\necho Redis server v=6.0.16 sha=0:0 malloc=libc bits=64 build=0\n"

static struct options o;
static struct engines_known known;
static struct err e;

static void setup(void)
{
    scratch_open();
    setenv("PATH", scratch_dir(), 1);
    strcpy(o.redis_server, "redis-server");
    strcpy(o.memcached, "memcached");
}

TestSuite(engines, .init = setup, .fini = scratch_close);

Test(engines, redis_server_has_to_be_there)
{
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE);
    cr_expect(strstr(e.msg, "there is no program \"redis-server\": install redis-server"), "%s", e.msg);
    scratch_write("redis-server", "", 0755);
    cr_expect_eq(engines_check(&o, &known, &e), 0, "that it is there is enough: %s", e.msg);
    scratch_write("valkey-server", "", 0755);
    snprintf(o.redis_server, sizeof o.redis_server, "%s", scratch_path("other"));
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE, "another program is no answer to one that somebody named");
    strcpy(o.redis_server, "redis-server");
    snprintf(o.memcached, sizeof o.memcached, "%s", scratch_path("other"));
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE);
}

Test(engines, those_that_are_named_are_asked_what_they_are)
{
    scratch_write("redis-7", REDIS_7, 0755);
    snprintf(o.engines, sizeof o.engines, "redis:7=%s", scratch_path("redis-7"));
    cr_expect_eq(engines_check(&o, &known, &e), 0, "it will do where no other is: %s", e.msg);
    scratch_write("redis-7", REDIS_6, 0755);
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE);
    cr_expect(strncmp(e.msg, "--engine redis:7=/", 18) == 0 && strstr(e.msg, "version 6.0.16"), "%s", e.msg);
    scratch_write("redis-7", "#!/bin/sh\necho hello\n", 0755);
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE);
    snprintf(o.engines, sizeof o.engines, "redis:7=/nowhere");
    cr_expect_eq(engines_check(&o, &known, &e), ERR_USAGE);
    cr_expect(strncmp(e.msg, "--engine redis:7=/nowhere: there is no program", 45) == 0, "%s", e.msg);
}

Test(engines, one_that_is_neither_redis_nor_valkey_is_tried)
{
    _arena_ struct arena a = {0};
    scratch_write("dragonfly", "#!/bin/sh\necho dragonfly v1.21.2-0f4a1b2\n", 0755);
    scratch_write("redis-7", REDIS_7, 0755);
    snprintf(o.engines, sizeof o.engines, "valkey:9=%s\nredis:7=%s", scratch_path("dragonfly"), scratch_path("redis-7"));
    setenv("TMPDIR", scratch_dir(), 1);
    cr_assert_eq(engines_check(&o, &known, &e), 0, "%s", e.msg);
    cr_assert_eq(engines_try(&known, &e), 0, "%s", e.msg);
    cr_expect_str_eq(engines_lack(&known, &a, "valkey", "9.0.0", PART_NODES), "dragonfly 1.21.2 lacks PING");
    cr_expect_null(engines_lack(&known, &a, "redis", "7.0.7", PART_NODES));
    setenv("TMPDIR", "/nowhere", 1);
    cr_expect_eq(engines_try(&known, &e), ERR_IO);
}
