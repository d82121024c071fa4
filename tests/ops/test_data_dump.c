#include "ops/dump/data_dump.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

#define GROUP "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&EngineVersion=7.0&ReplicationGroupId="

static struct arena a;
static struct err e;

static void ask(const char *region, const char *action, const char *form)
{
    struct answer answer = fixture_run(region, action, form);
    cr_assert_eq(answer.fault, 0, "%s %s: %s", action, form, answer.message);
}

static void setup(void)
{
    fixture_open();
    ask("us-east-1", "CreateReplicationGroup", GROUP "prim&NumCacheClusters=2");
    ask("us-east-1", "CreateReplicationGroup",
        GROUP "shards&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true");
    ask("us-east-1", "CreateCacheCluster", "CacheClusterId=alone&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    ask("us-east-1", "CreateCacheCluster", "CacheClusterId=mem&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    fixture_available("us-east-1", "prim");
    fixture_available("us-east-1", "shards");
    fixture_cluster_available("us-east-1", "alone");
    ask("us-east-1", "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim");
    struct row_global_replication_group *g;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    g->status = GLOBAL_PRIMARY_ONLY;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
    fixture_available("us-east-1", "prim");
    ask("eu-west-1", "CreateReplicationGroup",
        "ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-g&ReplicationGroupId=sec");
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(data_dump, .init = setup, .fini = teardown);

static struct data_dump look(void)
{
    struct data_dump d;
    cr_assert_eq(data_dump_look(fixture_store(), &a, &d, &e), 0, "%s", e.msg);
    return d;
}

static void set_snapshots(enum snapshot_status status)
{
    struct row_snapshot *all;
    size_t n;
    cr_assert_eq(q_snapshot_all(fixture_store(), &a, &all, &n, &e), 0);
    for (size_t i = 0; i < n; i++) {
        all[i].status = status;
        cr_assert_eq(q_snapshot_put(fixture_store(), &all[i], &e), 0);
    }
}

Test(data_dump, takes_each_primary_once_and_nothing_of_memcached_or_a_secondary)
{
    static const char *const sources[] = {"cluster.alone", "rg.prim", "rg.shards", "rg.shards"};
    cr_assert_eq(data_dump_begin(fixture_store(), 1000, &e), 0, "%s", e.msg);
    struct data_dump d = look();
    cr_assert_eq(d.n, sizeof sources / sizeof *sources);
    cr_expect(!d.whole && d.failed == NULL);
    for (size_t i = 0; i < d.n; i++) cr_expect_str_eq(d.files[i].source_id, sources[i]);
    cr_expect_str_eq(d.files[3].node_group_id, "0002");
    cr_expect_str_eq(d.files[3].file, "dump.1000.rg.shards.0002");
    set_snapshots(SNAPSHOT_AVAILABLE);
    cr_expect(look().whole);
    set_snapshots(SNAPSHOT_FAILED);
    cr_expect_not_null(look().failed);
}

Test(data_dump, is_nothing_that_an_operation_finds)
{
    cr_assert_eq(data_dump_begin(fixture_store(), 1000, &e), 0, "%s", e.msg);
    set_snapshots(SNAPSHOT_AVAILABLE);
    const struct api_describe_snapshots_out *out = fixture_run("us-east-1", "DescribeSnapshots", "").out;
    cr_expect_eq(out->snapshots.n, 0);
    cr_expect_eq(fixture_run("us-east-1", "DescribeSnapshots", "SnapshotName=dump.1000.rg.prim").fault, FAULT_SNAPSHOT_NOT_FOUND);
    cr_expect_eq(fixture_run("us-east-1", "DeleteSnapshot", "SnapshotName=dump.1000.rg.prim").fault, FAULT_SNAPSHOT_NOT_FOUND);
}

Test(data_dump, is_not_begun_while_something_changes)
{
    ask("us-east-1", "IncreaseReplicaCount", "ReplicationGroupId=shards&NewReplicaCount=2&ApplyImmediately=true");
    cr_expect_eq(data_dump_begin(fixture_store(), 1000, &e), ERR_IN_USE);
    cr_expect(strstr(e.msg, "Replication group shards of us-east-1 is modifying"), "%s", e.msg);
    cr_expect_eq(look().n, 0, "nothing was begun");
}

Test(data_dump, leaves_nothing_once_it_is_ended)
{
    cr_assert_eq(data_dump_begin(fixture_store(), 1000, &e), 0, "%s", e.msg);
    cr_assert_eq(data_dump_end(fixture_store(), &e), 0, "%s", e.msg);
    cr_expect_eq(look().n, 0);
    cr_assert_eq(data_dump_end(fixture_store(), &e), 0, "%s", e.msg);
}
