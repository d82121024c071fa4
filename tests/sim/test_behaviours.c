#include "behaviour.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The models do what the engines do: the same files run on real ones in test_behaviours_live.py. */

static void all_hold(const char *file, enum model_kind kind)
{
    char path[600];
    struct behaviour_tally tally;
    snprintf(path, sizeof path, "%s/%s", getenv("BEHAVIOURS"), file);
    behaviours_run(path, kind, &tally);
    cr_expect_eq(tally.failed, 0, "%s: %d of %d: %s", file, tally.failed, tally.failed + tally.passed, tally.first);
    cr_expect_gt(tally.passed, 0);
}

Test(behaviours, a_redis_alone)
{
    all_hold("alone.txt", MODEL_REDIS);
}

Test(behaviours, a_valkey_alone)
{
    all_hold("alone.txt", MODEL_VALKEY);
}

Test(behaviours, replication)
{
    all_hold("replication.txt", MODEL_REDIS);
}

Test(behaviours, replication_of_valkey)
{
    all_hold("replication.txt", MODEL_VALKEY);
}

Test(behaviours, redis_in_cluster_mode)
{
    all_hold("cluster.txt", MODEL_REDIS);
}

Test(behaviours, valkey_in_cluster_mode)
{
    all_hold("cluster.txt", MODEL_VALKEY);
}

Test(behaviours, a_memcached)
{
    all_hold("memcached.txt", MODEL_MEMCACHED);
}
