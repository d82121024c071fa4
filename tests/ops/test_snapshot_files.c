#include "fixture.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
/* Snapshots of groups in cluster mode, and those that come from a bucket or go to one. Nothing runs here. */

#define HOME "us-east-1"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define RG "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId="
#define ARN(n, key) "SnapshotArns.SnapshotArn." #n "=arn:aws:s3:::bucket/" key "&"

static struct arena a;
static struct err e;

static const void *run(const char *action, const char *form)
{
    struct answer answer = fixture_run(HOME, action, form);
    cr_assert_eq(answer.fault, 0, "%s %s: %s", action, form, answer.message);
    return answer.out;
}

static void be_whole(const char *name)
{
    struct row_snapshot *s;
    struct row_snapshot_part *parts;
    size_t n;
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, name, &s, &e), 0);
    cr_assert_eq(q_snapshot_parts(fixture_store(), &a, HOME, name, &parts, &n, &e), 0);
    s->status = SNAPSHOT_AVAILABLE;
    for (size_t i = 0; i < n; i++) {
        parts[i].seen_state = PART_WHOLE;
        cr_assert_eq(q_snapshot_part_put(fixture_store(), &parts[i], &e), 0);
    }
    cr_assert_eq(q_snapshot_put(fixture_store(), s, &e), 0);
}

/* "c" has two shards with a replica each; "s" is its snapshot. */
static void setup(void)
{
    fixture_open();
    fixture_config.snapshot_import_dir = fixture_config.snapshot_export_dir = scratch_dir();
    cr_assert_eq(mkdir(scratch_path("bucket"), 0700), 0);
    run("CreateReplicationGroup", RG "c&NumNodeGroups=2&ReplicasPerNodeGroup=1");
    fixture_available(HOME, "c");
    run("CreateSnapshot", "SnapshotName=s&ReplicationGroupId=c");
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(snapshot_files, .init = setup, .fini = teardown);

Test(snapshot_files, a_group_in_cluster_mode_gives_one_file_for_each_shard)
{
    be_whole("s");
    const struct api_describe_snapshots_out *out = run("DescribeSnapshots", "ReplicationGroupId=c&ShowNodeGroupConfig=true");
    cr_assert_eq(out->snapshots.n, 1);
    const struct api_snapshot *s = &out->snapshots.items[0];
    cr_expect_str_eq(s->replication_group_id, "c");
    cr_expect_str_eq(s->automatic_failover, "enabled");
    cr_expect_eq(s->num_node_groups.v, 2);
    cr_assert_eq(s->node_snapshots.n, 2);
    const struct api_node_group_configuration *g = s->node_snapshots.items[1].node_group_configuration;
    cr_assert_not_null(g);
    cr_expect_str_eq(g->node_group_id, "0002");
    cr_expect_str_eq(g->slots, "8192-16383");
    cr_expect_eq(g->replica_count.v, 1);
    cr_expect_eq(g->replica_availability_zones.n, 1);
    out = run("DescribeSnapshots", "SnapshotName=s");
    cr_expect_null(out->snapshots.items[0].node_snapshots.items[0].node_group_configuration, "nobody has asked for it");
}

static size_t count_nodes(const char *rg_id)
{
    struct row_node *nodes;
    size_t n;
    cr_assert_eq(q_node_list_by_rg(fixture_store(), &a, HOME, rg_id, &nodes, &n, &e), 0);
    return n;
}

Test(snapshot_files, a_group_that_is_restored_has_the_shards_of_its_snapshot)
{
    be_whole("s");
    run("CreateReplicationGroup", RG "again&SnapshotName=s");
    cr_expect_eq(count_nodes("again"), 4);
    run("CreateReplicationGroup", RG "other&SnapshotName=s&NumNodeGroups=3&ReplicasPerNodeGroup=0");
    cr_expect_eq(count_nodes("other"), 3);
    run("CreateReplicationGroup", RG "fewer&SnapshotName=s&ReplicasPerNodeGroup=0");
    cr_expect_eq(count_nodes("fewer"), 2);
    cr_expect_neq(fixture_run(HOME, "CreateCacheCluster", "CacheClusterId=x&SnapshotName=s&NumCacheNodes=1").fault, 0,
        "a cluster has one shard");
}

Test(snapshot_files, lists_of_snapshots_come_in_pages)
{
    size_t n = 0;
    char form[300] = "MaxRecords=20";
    for (int i = 0; i < 25; i++) {
        char copy[80];
        be_whole("s");
        snprintf(copy, sizeof copy, "SourceSnapshotName=s&TargetSnapshotName=copy%02d", i);
        run("CopySnapshot", copy);
    }
    for (bool more = true; more;) {
        const struct api_describe_snapshots_out *out = run("DescribeSnapshots", form);
        n += out->snapshots.n;
        more = out->marker != NULL;
        if (more) snprintf(form, sizeof form, "MaxRecords=20&Marker=%s", out->marker);
    }
    cr_expect_eq(n, 26);
}

Test(snapshot_files, one_is_exported_to_a_bucket_that_is_there)
{
    be_whole("s");
    static const struct fixture_line faults[] = {
        {"CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=out&TargetBucket=none", VALUE,
            "The S3 bucket none does not exist."},
        {"CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=out&TargetBucket=bucket/..", VALUE,
            "The S3 bucket bucket/.. does not exist."},
    };
    CHECK(HOME, faults);
    scratch_write("bucket/out-0002.rdb", "", 0600);
    cr_expect_neq(fixture_run(HOME, "CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=out&TargetBucket=bucket").fault, 0,
        "it is there already");
    const struct api_copy_snapshot_out *out =
        run("CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=new&TargetBucket=bucket");
    cr_expect_str_eq(out->snapshot->snapshot_status, "exporting");
    fixture_config.snapshot_export_dir = NULL;
    be_whole("s");
    cr_expect_neq(fixture_run(HOME, "CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=n&TargetBucket=bucket").fault, 0,
        "there are no buckets");
}

Test(snapshot_files, files_of_a_bucket_are_looked_at_before_they_are_taken)
{
    scratch_write("bucket/good.rdb", "REDIS0011", 0600);
    scratch_write("bucket/bad.rdb", "PK\x03\x04", 0600);
    scratch_write("bucket/folder/x", "", 0600);
    static const struct fixture_line faults[] = {
        {"CreateReplicationGroup", RG "x&" ARN(1, "none.rdb"), VALUE, "arn:aws:s3:::bucket/none.rdb can't be restored: ..."},
        {"CreateReplicationGroup", RG "x&" ARN(1, "bad.rdb"), VALUE,
            "arn:aws:s3:::bucket/bad.rdb can't be restored: it is no RDB file."},
        {"CreateReplicationGroup", RG "x&" ARN(1, "folder"), VALUE,
            "arn:aws:s3:::bucket/folder can't be restored: it is no file."},
        {"CreateReplicationGroup", RG "x&" ARN(1, "../bucket/good.rdb"), VALUE, "..."},
    };
    CHECK(HOME, faults);
    run("CreateReplicationGroup", RG "one&" ARN(1, "good.rdb"));
    run("CreateCacheCluster",
        "CacheClusterId=alone&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1&" ARN(1, "good.rdb"));
    struct row_seed_file *files;
    size_t n;
    cr_assert_eq(q_seed_file_all(fixture_store(), &a, &files, &n, &e), 0);
    cr_assert_eq(n, 2);
    cr_expect_str_eq(files[0].root, scratch_dir());
    cr_expect_str_eq(files[0].path, "bucket/good.rdb");
    fixture_config.snapshot_import_dir = NULL;
    cr_expect_eq(fixture_run(HOME, "CreateReplicationGroup", RG "x&" ARN(1, "good.rdb")).fault, VALUE);
}
