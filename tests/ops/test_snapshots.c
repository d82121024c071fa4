#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HOME "us-east-1"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define GROUP "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId="

static void run(const char *action, const char *form)
{
    struct answer a = fixture_run(HOME, action, form);
    cr_assert_eq(a.fault, 0, "%s %s: %s", action, form, a.message);
}

/* Nothing runs here: a snapshot is made available by hand. */
static void make_available(const char *name)
{
    struct arena a = {0};
    struct err e;
    struct row_snapshot *s;
    struct row_snapshot_part *parts;
    size_t n;
    cr_assert_eq(store_begin(fixture_store(), true, &e), 0);
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, name, &s, &e), 0);
    cr_assert_eq(q_snapshot_parts(fixture_store(), &a, HOME, name, &parts, &n, &e), 0);
    s->status = SNAPSHOT_AVAILABLE;
    for (size_t i = 0; i < n; i++) {
        parts[i].seen_state = PART_WHOLE;
        parts[i].seen_size = 5 << 20;
        q_snapshot_part_put(fixture_store(), &parts[i], &e);
    }
    cr_assert_eq(q_snapshot_put(fixture_store(), s, &e), 0);
    cr_assert_eq(store_commit(fixture_store(), &e), 0);
    arena_fini(&a);
}

static void setup(void)
{
    fixture_open();
    run("CreateReplicationGroup", GROUP "there&NumCacheClusters=2");
    run("CreateReplicationGroup", GROUP "young");
    run("CreateReplicationGroup", GROUP "taken");
    run("CreateCacheCluster", "CacheClusterId=alone&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    run("CreateCacheCluster", "CacheClusterId=mem&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    fixture_available(HOME, "there");
    fixture_cluster_available(HOME, "there-001");
    fixture_cluster_available(HOME, "there-002");
    fixture_available(HOME, "taken");
    fixture_cluster_available(HOME, "alone");
    fixture_cluster_available(HOME, "mem");
    run("CreateSnapshot", "SnapshotName=done&ReplicationGroupId=taken");
    make_available("done");
    run("CreateSnapshot", "SnapshotName=busy&CacheClusterId=alone");
}

TestSuite(snapshots, .init = setup, .fini = fixture_close);

Test(snapshots, faults_of_creating_one)
{
    static const struct fixture_line table[] = {
        {"CreateSnapshot", "ReplicationGroupId=there", VALUE,
            "The parameter SnapshotName must be provided and must not be null."},
        {"CreateSnapshot", "SnapshotName=x", COMBINATION, "One of CacheClusterId or ReplicationGroupId must be provided."},
        {"CreateSnapshot", "SnapshotName=x&ReplicationGroupId=there&CacheClusterId=alone", COMBINATION,
            "Only one of CacheClusterId or ReplicationGroupId can be provided."},
        {"CreateSnapshot", "SnapshotName=x--y&ReplicationGroupId=there", VALUE, "The parameter SnapshotName" BAD_ID},
        {"CreateSnapshot", "SnapshotName=../x&ReplicationGroupId=there", VALUE, "The parameter SnapshotName" BAD_ID},
        {"CreateSnapshot", "SnapshotName=x%0Ay&ReplicationGroupId=there", VALUE, "The parameter SnapshotName" BAD_ID},
        {"CreateSnapshot", "SnapshotName=automatic.x&ReplicationGroupId=there", VALUE, "The parameter SnapshotName" BAD_ID},
        {"CreateSnapshot", "SnapshotName=DONE&ReplicationGroupId=there", FAULT_SNAPSHOT_ALREADY_EXISTS,
            "Snapshot with specified name already exists."},
        {"CreateSnapshot", "SnapshotName=x&ReplicationGroupId=nope", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup nope not found."},
        {"CreateSnapshot", "SnapshotName=x&CacheClusterId=nope", FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: nope"},
        {"CreateSnapshot", "SnapshotName=x&ReplicationGroupId=young", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group young is not in available state."},
        {"CreateSnapshot", "SnapshotName=x&CacheClusterId=alone", FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster alone is not in available state."},
        {"CreateSnapshot", "SnapshotName=x&CacheClusterId=mem", FAULT_SNAPSHOT_FEATURE_NOT_SUPPORTED,
            "Snapshots are not supported for engine memcached."},
        {"CreateSnapshot", "SnapshotName=x&ReplicationGroupId=there&Tags.Tag.1.Key=aws:x", VALUE,
            "Tag keys that begin with aws: are reserved for system use."},
    };
    CHECK(HOME, table);
}

Test(snapshots, what_is_taken_allows_nothing_else_meanwhile)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", "ReplicationGroupId=there&ReplicationGroupDescription=x",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify."},
        {"DeleteReplicationGroup", "ReplicationGroupId=there", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group there is not in a valid state to be deleted"},
        {"IncreaseReplicaCount", "ReplicationGroupId=there&NewReplicaCount=3&ApplyImmediately=true",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify."},
        {"DeleteCacheCluster", "CacheClusterId=alone", FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster alone is not in a valid state to be deleted"},
        {"CreateSnapshot", "SnapshotName=x&CacheClusterId=there-002", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group there is not in available state."},
    };
    run("CreateSnapshot", "SnapshotName=one&CacheClusterId=there-001");
    CHECK(HOME, table);
}

Test(snapshots, faults_of_describing_copying_and_deleting)
{
    static const struct fixture_line table[] = {
        {"DescribeSnapshots", "SnapshotName=nope", FAULT_SNAPSHOT_NOT_FOUND, "Snapshot not found: nope"},
        {"DescribeSnapshots", "SnapshotSource=manual", VALUE,
            "Invalid SnapshotSource: manual. Valid values are system and user."},
        {"DescribeSnapshots", "MaxRecords=51", VALUE, "Invalid value 51 for MaxRecords. Must be between 20 and 50"},
        {"CopySnapshot", "SourceSnapshotName=nope&TargetSnapshotName=x", FAULT_SNAPSHOT_NOT_FOUND, "Snapshot not found: nope"},
        {"CopySnapshot", "SourceSnapshotName=busy&TargetSnapshotName=x", FAULT_INVALID_SNAPSHOT_STATE,
            "Snapshot busy is not in available state."},
        {"CopySnapshot", "SourceSnapshotName=done&TargetSnapshotName=done", FAULT_SNAPSHOT_ALREADY_EXISTS,
            "Snapshot with specified name already exists."},
        {"CopySnapshot", "SourceSnapshotName=done&TargetSnapshotName=x.y", VALUE, "The parameter TargetSnapshotName" BAD_ID},
        {"CopySnapshot", "SourceSnapshotName=done&TargetSnapshotName=x&TargetBucket=b", VALUE,
            "The S3 bucket b does not exist..."},
        {"DeleteSnapshot", "SnapshotName=nope", FAULT_SNAPSHOT_NOT_FOUND, "Snapshot not found: nope"},
        {"DeleteSnapshot", "SnapshotName=busy", FAULT_INVALID_SNAPSHOT_STATE,
            "Snapshot busy is not in a valid state to be deleted."},
    };
    CHECK(HOME, table);
}

Test(snapshots, one_that_is_being_copied_stays)
{
    static const struct fixture_line table[] = {
        {"DeleteSnapshot", "SnapshotName=done", FAULT_INVALID_SNAPSHOT_STATE,
            "Snapshot done is not in a valid state to be deleted."},
    };
    run("CopySnapshot", "SourceSnapshotName=done&TargetSnapshotName=copy");
    CHECK(HOME, table);
}

Test(snapshots, faults_of_restoring)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&SnapshotName=nope", VALUE,
            "Snapshot not found: nope"},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&SnapshotName=busy", VALUE,
            "Snapshot busy is not in available state."},
        {"CreateReplicationGroup", GROUP "x&SnapshotName=done&SnapshotArns.SnapshotArn.1=arn:aws:s3:::b/k", COMBINATION,
            "SnapshotName can't be used together with SnapshotArns."},
        {"CreateReplicationGroup", GROUP "x&SnapshotName=done&EngineVersion=6.2", COMBINATION,
            "Snapshot done of redis 7.1.0 can't be restored to redis 6.2.6."},
        {"CreateReplicationGroup", GROUP "x&SnapshotArns.SnapshotArn.1=/etc/passwd", VALUE,
            "Invalid snapshot ARN /etc/passwd: expected arn:aws:s3:::bucket/key.rdb."},
        {"CreateReplicationGroup", GROUP "x&SnapshotArns.SnapshotArn.1=arn:aws:s3:::bucket", VALUE,
            "Invalid snapshot ARN arn:aws:s3:::bucket: expected..."},
        {"CreateReplicationGroup", GROUP "x&SnapshotArns.SnapshotArn.1=arn:aws:s3:::b/a,b.rdb", VALUE,
            "The object name of a snapshot ARN cannot contain any commas..."},
        {"CreateReplicationGroup", GROUP "x&SnapshotArns.SnapshotArn.1=arn:aws:s3:::b/k.rdb", VALUE,
            "arn:aws:s3:::b/k.rdb can't be restored: serve was not given a directory of buckets with --snapshot-import-dir."},
        {"CreateReplicationGroup", GROUP "x&SnapshotName=done&NumNodeGroups=2&ClusterMode=disabled", COMBINATION,
            "Cluster mode must be enabled for a replication group with more than one node group."},
        {"CreateCacheCluster", "CacheClusterId=x&SnapshotName=done&Engine=memcached&CacheNodeType=cache.r7g.large", COMBINATION,
            "Snapshots are not supported for engine memcached."},
        {"CreateCacheCluster", "CacheClusterId=x&ReplicationGroupId=there&SnapshotName=done", COMBINATION,
            "Cannot specify additional cache cluster parameters when creating a replica cluster"},
    };
    CHECK(HOME, table);
}

Test(snapshots, faults_of_deleting_what_is_to_leave_something)
{
    static const struct fixture_line table[] = {
        {"DeleteReplicationGroup", "ReplicationGroupId=there&FinalSnapshotIdentifier=done", FAULT_SNAPSHOT_ALREADY_EXISTS,
            "Snapshot with specified name already exists."},
        {"DeleteReplicationGroup", "ReplicationGroupId=there&FinalSnapshotIdentifier=-x", VALUE,
            "The parameter FinalSnapshotIdentifier" BAD_ID},
        {"DeleteReplicationGroup", "ReplicationGroupId=young&FinalSnapshotIdentifier=x", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group young is not in available state: no final snapshot of it can be taken."},
        {"DeleteReplicationGroup", "ReplicationGroupId=young&RetainPrimaryCluster=true", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group young is not in available state: its primary can't be retained."},
        {"DeleteReplicationGroup", "ReplicationGroupId=there&RetainPrimaryCluster=true&FinalSnapshotIdentifier=x", COMBINATION,
            "FinalSnapshotIdentifier can't be used together with RetainPrimaryCluster, which keeps the data."},
        {"DeleteCacheCluster", "CacheClusterId=there-001&FinalSnapshotIdentifier=x", FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster there-001 is serving as primary for replication group there and cannot be deleted"},
    };
    CHECK(HOME, table);
}

Test(snapshots, twenty_a_day_may_be_taken_of_a_node_deleted_ones_too)
{
    for (int i = 0; i < 20; i++) {
        char form[80], name[20];
        snprintf(name, sizeof name, "s%d", i);
        snprintf(form, sizeof form, "SnapshotName=%s&CacheClusterId=there-001", name);
        run("CreateSnapshot", form);
        make_available(name);
        snprintf(form, sizeof form, "SnapshotName=%s", name);
        run("DeleteSnapshot", form);
        fixture_available(HOME, "there");
        fixture_cluster_available(HOME, "there-001");
    }
    static const struct fixture_line table[] = {
        {"CreateSnapshot", "SnapshotName=x&CacheClusterId=there-001", FAULT_SNAPSHOT_QUOTA_EXCEEDED,
            "The maximum number of manual snapshots for this cluster taken within 24 hours has been reached"},
    };
    CHECK(HOME, table);
    run("CreateSnapshot", "SnapshotName=x&CacheClusterId=there-002");
}

Test(snapshots, a_group_with_automatic_ones_names_the_replica_that_they_are_taken_of)
{
    struct answer a = fixture_run(
        HOME, "CreateReplicationGroup", GROUP "auto&NumCacheClusters=3&SnapshotRetentionLimit=2&SnapshotWindow=03:00-04:00");
    const struct api_create_replication_group_out *out = a.out;
    cr_assert_str_eq(out->replication_group->snapshotting_cluster_id, "auto-002");
}

static const struct api_tag_list *tags_of(const char *arn)
{
    struct arena a = {0};
    struct answer answer = fixture_run(
        HOME, "ListTagsForResource", arena_printf(&a, "ResourceName=arn:aws:elasticache:us-east-1:000000000000:%s", arn));
    arena_fini(&a);
    cr_assert_eq(answer.fault, 0, "%s: %s", arn, answer.message);
    return &((const struct api_list_tags_for_resource_out *)answer.out)->tag_list;
}

/* The request's own win. */
Test(snapshots, what_is_restored_has_the_tags_of_its_snapshot)
{
    run("CreateSnapshot", "SnapshotName=tagged&ReplicationGroupId=there&Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b");
    make_available("tagged");
    run("CreateReplicationGroup", GROUP "again&SnapshotName=tagged&Tags.Tag.1.Key=b&Tags.Tag.1.Value=2");
    fixture_available(HOME, "again");
    const char *const arns[] = {"replicationgroup:again", "cluster:again-001"};
    for (int i = 0; i < 2; i++) {
        const struct api_tag_list *tags = tags_of(arns[i]);
        cr_assert_eq(tags->n, 2u);
        cr_assert_str_eq(tags->items[0].value, "1");
        cr_assert_str_eq(tags->items[1].value, "2");
    }
    make_available("tagged");
    run("CreateCacheCluster", "CacheClusterId=single&SnapshotName=tagged");
    fixture_cluster_available(HOME, "single");
    cr_assert_eq(tags_of("cluster:single")->n, 2u);
}
