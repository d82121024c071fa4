#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(durability, .init = fixture_open, .fini = fixture_close);

#define HOME "us-east-1"
#define RG "CreateReplicationGroup"
#define MODIFY "ModifyReplicationGroup"
#define VALKEY "&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumNodeGroups=2&Engine=valkey&EngineVersion="
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION

static const struct api_replication_group *described(const char *id)
{
    char form[64];
    snprintf(form, sizeof form, "ReplicationGroupId=%s", id);
    struct answer a = fixture_run(HOME, "DescribeReplicationGroups", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return ((const struct api_describe_replication_groups_out *)a.out)->replication_groups.items;
}

Test(durability, what_can_not_be_durable_is_told)
{
    static const struct fixture_line table[] = {
        {RG, "ReplicationGroupId=a&Durability=sync" VALKEY "8.2&TransitEncryptionEnabled=true", COMBINATION,
            "Durability is not supported for valkey version 8.2. Please use valkey version 9.0 or later."},
        {RG, "ReplicationGroupId=a&Durability=async&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&Engine=redis",
            COMBINATION, "Durability is not supported for redis version 7.1. Please use valkey version 9.0 or later."},
        {RG,
            "ReplicationGroupId=a&Durability=async&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&Engine=valkey"
            "&EngineVersion=9.0&TransitEncryptionEnabled=true",
            COMBINATION, "Durability is only supported with cluster mode enabled."},
        {RG, "ReplicationGroupId=a&Durability=sync" VALKEY "9.0", COMBINATION,
            "Durability is only supported when encryption-in-transit is enabled."},
        {RG, "ReplicationGroupId=a&Durability=sync&AtRestEncryptionEnabled=false" VALKEY "9.0&TransitEncryptionEnabled=true",
            COMBINATION, "Durability requires encryption at rest."},
        {RG, "ReplicationGroupId=a&Durability=default" VALKEY "9.0", 0, NULL},
        {RG, "ReplicationGroupId=b&Durability=disabled" VALKEY "9.0", 0, NULL},
        {RG, "ReplicationGroupId=c&Durability=async" VALKEY "9.1&TransitEncryptionEnabled=true", 0, NULL},
    };
    static const struct fixture_line changes[] = {
        {MODIFY, "ReplicationGroupId=a&ApplyImmediately=true&Durability=sync", COMBINATION,
            "Durability cannot currently be enabled on non-durable clusters"},
        {MODIFY, "ReplicationGroupId=c&ApplyImmediately=true&Durability=default", COMBINATION,
            "Durability cannot currently be disabled on durable clusters"},
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=c",
            FAULT_INVALID_PARAMETER_VALUE, "Global replication group is not supported for durable clusters."},
        {"CreateSnapshot", "ReplicationGroupId=c&SnapshotName=s", 0, NULL},
        {MODIFY, "ReplicationGroupId=d&ApplyImmediately=true&Durability=sync", 0, NULL},
    };
    CHECK(HOME, table);
    struct answer d = fixture_run(HOME, RG, "ReplicationGroupId=d&Durability=async" VALKEY "9.0&TransitEncryptionEnabled=true");
    cr_assert_eq(d.fault, 0, "%s", d.message);
    for (const char *const *id = (const char *const[]){"a", "c", "d", NULL}; *id; id++) fixture_available(HOME, *id);
    CHECK(HOME, changes);
    cr_expect_str_eq(described("c")->effective_durability, "async");
    cr_expect_str_eq(described("d")->effective_durability, "sync");
    struct answer s = fixture_run(HOME, "DescribeSnapshots", "SnapshotName=s");
    cr_expect_str_eq(((const struct api_describe_snapshots_out *)s.out)->snapshots.items[0].durability, "async");
    cr_expect_str_eq(described("a")->durability, "default");
    cr_expect_str_eq(described("a")->effective_durability, "disabled");
    cr_expect_str_eq(described("b")->durability, "disabled");
}

Test(durability, what_encrypts_at_rest_is_shown)
{
    static const struct fixture_line table[] = {
        {RG, "ReplicationGroupId=a" VALKEY "9.0", 0, NULL},
        {RG, "ReplicationGroupId=b&AtRestEncryptionEnabled=false" VALKEY "9.0", 0, NULL},
        {RG, "ReplicationGroupId=c&KmsKeyId=k" VALKEY "9.0", 0, NULL},
    };
    CHECK(HOME, table);
    cr_expect_str_eq(described("a")->storage_encryption_type, "sse-elasticache");
    cr_expect_str_eq(described("b")->storage_encryption_type, "none");
    cr_expect_str_eq(described("c")->storage_encryption_type, "sse-kms");
}

#define REDIS "&ReplicationGroupDescription=d&CacheNodeType="

Test(durability, data_tiering_goes_with_the_node_type)
{
    static const struct fixture_line table[] = {
        {RG, "ReplicationGroupId=a" REDIS "cache.r6gd.xlarge", COMBINATION,
            "DataTieringEnabled must be true for the node type cache.r6gd.xlarge."},
        {RG, "ReplicationGroupId=a&DataTieringEnabled=true" REDIS "cache.r6g.large", COMBINATION,
            "Data tiering is not supported for the node type cache.r6g.large."},
        {RG, "ReplicationGroupId=a&DataTieringEnabled=true&EngineVersion=6.0" REDIS "cache.r6gd.xlarge", COMBINATION,
            "The node type cache.r6gd.xlarge does not support redis version 6.0."},
        {"CreateCacheCluster", "CacheClusterId=c&Engine=redis&NumCacheNodes=1&CacheNodeType=cache.r6gd.xlarge", COMBINATION,
            "The node type cache.r6gd.xlarge is for replication groups with data tiering only."},
        {RG, "ReplicationGroupId=a&DataTieringEnabled=true" REDIS "cache.r6gd.xlarge", 0, NULL},
    };
    CHECK(HOME, table);
    fixture_available(HOME, "a");
    cr_expect_str_eq(described("a")->data_tiering, "enabled");
    struct answer a = fixture_run(HOME, "CreateSnapshot", "ReplicationGroupId=a&SnapshotName=s");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    cr_expect_str_eq(((const struct api_create_snapshot_out *)a.out)->snapshot->data_tiering, "enabled");
    cr_expect_str_eq(((const struct api_create_snapshot_out *)a.out)->snapshot->durability, "disabled");
}
