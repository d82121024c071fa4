#include "fixture.h"
#include <criterion/criterion.h>

static void setup(void)
{
    fixture_open();
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=there&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large")
                     .fault,
        0);
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=small&ReplicationGroupDescription=d&CacheNodeType=cache.t3.micro")
                     .fault,
        0);
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=young&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large")
                     .fault,
        0);
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=prim&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large")
                     .fault,
        0);
    fixture_available("us-east-1", "there");
    fixture_available("us-east-1", "small");
    fixture_available("us-east-1", "prim");
    cr_assert_eq(fixture_run("us-east-1", "CreateGlobalReplicationGroup",
                     "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim")
                     .fault,
        0);
}

TestSuite(faults, .init = setup, .fini = fixture_close);

#define RG "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION

Test(faults, of_creating_a_replication_group)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", RG "ReplicationGroupId=1x", VALUE, "The parameter ReplicationGroupId" BAD_ID},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x-", VALUE, "The parameter ReplicationGroupId" BAD_ID},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x--y", VALUE, "The parameter ReplicationGroupId" BAD_ID},
        {"CreateReplicationGroup", RG "ReplicationGroupId=../../etc", VALUE, "The parameter ReplicationGroupId" BAD_ID},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x%0Ay", VALUE, "The parameter ReplicationGroupId" BAD_ID},
        {"CreateReplicationGroup", RG "ReplicationGroupId=aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", VALUE,
            "The parameter ReplicationGroupId must be at most 40..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=THERE", FAULT_REPLICATION_GROUP_ALREADY_EXISTS,
            "Replication group there already exists."},
        {"CreateReplicationGroup", "ReplicationGroupId=x", VALUE,
            "The parameter ReplicationGroupDescription must be provided and must not be null."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d", VALUE,
            "The parameter CacheNodeType must be provided and must not be null."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&CacheNodeType=cache.r6g.medium", VALUE,
            "Invalid Cache Node Type: cache.r6g.medium."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&Engine=memcached", VALUE, "Invalid Engine: memcached..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&EngineVersion=6.2.6", VALUE,
            "Specific version selection is not allowed for '6.2.6', please use '6.2'"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&SecurityGroupIds.SecurityGroupId.1=sg_b", VALUE,
            "Invalid security group id: sg_b."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NotificationTopicArn=arn:aws:sqs:us-east-1:000000000000:t", VALUE,
            "Invalid topic ARN: arn:aws:sqs:us-east-1:000000000000:t."},
        {"CreateReplicationGroup",
            RG "ReplicationGroupId=x&PreferredMaintenanceWindow=sun:23:00-mon:01:00&SnapshotWindow=00:30-01:30", VALUE,
            "The snapshot window and the maintenance window must not overlap."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&EngineVersion=99", COMBINATION, "Cannot find version 99 for redis"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumCacheClusters=0", VALUE,
            "The number of cache clusters must be within 1 and 6."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumCacheClusters=7", VALUE,
            "The number of cache clusters must be within 1 and 6."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&ReplicasPerNodeGroup=6", VALUE,
            "The number of replicas per node group must be within 0 and 5."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumCacheClusters=2&ReplicasPerNodeGroup=1", COMBINATION,
            "NumCacheClusters can't be used together..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&AutomaticFailoverEnabled=true", COMBINATION,
            "When using automatic failover, there must be at least 2 cache clusters in the replication group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumCacheClusters=2&MultiAZEnabled=true", COMBINATION,
            "Automatic failover must be enabled to use Multi-AZ."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&AuthToken=0123456789abcdef", COMBINATION,
            "The AUTH token is only supported when encryption-in-transit is enabled"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&UserGroupIds.member.1=u", COMBINATION,
            "User group based access control requires encryption-in-transit to be enabled on the replication group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&KmsKeyId=k", COMBINATION,
            "Please enable encryption at rest to use Customer Managed CMK"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheParameterGroupName=nope", FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND,
            "CacheParameterGroup not found: nope"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheParameterGroupName=default.redis5.0", COMBINATION,
            "Expected a parameter group of family redis7 but found one of family redis5.0"},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheSubnetGroupName=main", FAULT_CACHE_SUBNET_GROUP_NOT_FOUND,
            "Cache Subnet Group main does not exist."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&SnapshotWindow=05:00-05:30", VALUE,
            "Snapshot window must be at least 60 minutes."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&SnapshotWindow=25:00-26:30", VALUE, "Invalid snapshot window..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&PreferredMaintenanceWindow=sun:05:00-sun:05:30", VALUE,
            "Maintenance window must be at least 60 minutes."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&PreferredMaintenanceWindow=whenever", VALUE,
            "Invalid maintenance window..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&SnapshotRetentionLimit=36", VALUE,
            "The snapshot retention limit must be within 0 and 35."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&Port=70000", VALUE, "Invalid port 70000..."},
        {"CreateReplicationGroup",
            RG "ReplicationGroupId=x&NumCacheClusters=2&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1a", COMBINATION,
            "The number of preferred availability zones..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&PreferredCacheClusterAZs.AvailabilityZone.1=eu-west-1a", VALUE,
            "eu-west-1a is not a valid availability zone of us-east-1."},
        {"CreateReplicationGroup",
            RG "ReplicationGroupId=x&CacheSecurityGroupNames.CacheSecurityGroupName.1=a&SecurityGroupIds.SecurityGroupId.1=sg-b",
            COMBINATION,
            "Use of cache security groups is not permitted along with cache subnet group and/or security group Ids."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&Tags.Tag.1.Key=aws:x&Tags.Tag.1.Value=y", VALUE,
            "Tag keys that begin with aws: are reserved..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&GlobalReplicationGroupId=ldgnf-none",
            FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND, "Global replication group ldgnf-none not found."},
        {"DescribeReplicationGroups", "ReplicationGroupId=x", FAULT_REPLICATION_GROUP_NOT_FOUND, "ReplicationGroup x not found."},
    };
    CHECK("us-east-1", table);
}

Test(faults, of_changing_and_deleting_a_replication_group)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", "ReplicationGroupId=none", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {"ModifyReplicationGroup", "ReplicationGroupId=there", COMBINATION, "No modifications were requested"},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&ReplicationGroupDescription=d", COMBINATION,
            "No modifications were requested"},
        {"ModifyReplicationGroup", "ReplicationGroupId=young&ReplicationGroupDescription=e",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify."},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&SnapshotRetentionLimit=3", COMBINATION,
            "Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots"},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&SnapshotRetentionLimit=3&SnapshottingClusterId=small-001", VALUE,
            "Cache cluster small-001 is not a member..."},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&SnapshotWindow=01:00-01:10", VALUE,
            "Snapshot window must be at least 60 minutes."},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&ReplicationGroupDescription=e", 0, NULL},
        {"DeleteReplicationGroup", "ReplicationGroupId=none", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {"DeleteReplicationGroup", "ReplicationGroupId=THERE", 0, NULL},
        {"DeleteReplicationGroup", "ReplicationGroupId=there", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group there is not in a valid state to be deleted"},
        {"ModifyReplicationGroup", "ReplicationGroupId=there&ReplicationGroupDescription=f",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify."},
    };
    CHECK("us-east-1", table);
}

Test(faults, of_global_datastores)
{
    static const struct fixture_line table[] = {
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=h&PrimaryReplicationGroupId=none",
            FAULT_REPLICATION_GROUP_NOT_FOUND, "ReplicationGroup none not found."},
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=h&PrimaryReplicationGroupId=small", VALUE,
            "Global replication group is not supported for the node type."},
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=h&PrimaryReplicationGroupId=young",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group young is not in available state."},
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=there",
            FAULT_GLOBAL_REPLICATION_GROUP_ALREADY_EXISTS, "Global replication group ldgnf-g already exists."},
        {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=a/b&PrimaryReplicationGroupId=there", VALUE,
            "The parameter GlobalReplicationGroupIdSuffix" BAD_ID},
        {"DescribeGlobalReplicationGroups", "GlobalReplicationGroupId=ldgnf-none", FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND,
            "Global replication group ldgnf-none not found."},
        {"FailoverGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=prim", VALUE,
            "Replication group prim in region us-east-1 is already the primary..."},
        {"FailoverGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=prim", VALUE,
            "Replication group prim in region eu-west-1 is not associated with Global Replication Group ldgnf-g."},
        {"DisassociateGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-g&ReplicationGroupRegion=us-east-1&ReplicationGroupId=there", VALUE,
            "Replication group there in region us-east-1 is not associated with Global Replication Group ldgnf-g."},
        {"DisassociateGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-g&ReplicationGroupRegion=us-east-1&ReplicationGroupId=prim", VALUE,
            "The primary replication group prim can't be disassociated..."},
        {"DeleteGlobalReplicationGroup", "GlobalReplicationGroupId=ldgnf-g&RetainPrimaryReplicationGroup=true",
            FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE, "Cannot delete a global replication group in creating state"},
        {"DeleteReplicationGroup", "ReplicationGroupId=prim", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Cluster [prim] is part of a global cluster [ldgnf-g]. Request rejected."},
        {"CreateReplicationGroup", "ReplicationGroupDescription=d&ReplicationGroupId=x&GlobalReplicationGroupId=ldgnf-g",
            FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE,
            "Global replication group ldgnf-g is not available or in primary-only state."},
    };
    CHECK("us-east-1", table);
}

/* Every parameter that a secondary inherits is refused, whatever its value. */
Test(faults, of_a_secondary_that_names_what_it_inherits)
{
    static const char *const forbidden[] = {"PrimaryClusterId=a", "AutomaticFailoverEnabled=false", "NumNodeGroups=1",
        "CacheParameterGroupName=default.redis7", "CacheNodeType=cache.r7g.large", "Engine=redis", "EngineVersion=7.1",
        "TransitEncryptionEnabled=false", "AtRestEncryptionEnabled=false", "SnapshotName=s",
        "SnapshotArns.SnapshotArn.1=arn:aws:s3:::b/k"};
    struct row_global_replication_group *g;
    struct arena a = {0};
    struct err e;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    g->status = GLOBAL_PRIMARY_ONLY;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        const char *form = arena_printf(
            &a, "ReplicationGroupId=sec&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-g&%s", forbidden[i]);
        struct fixture_line l = {"CreateReplicationGroup", form, COMBINATION,
            "Cannot use the given parameters when creating new replication group in an existing global replication group."};
        fixture_check("eu-west-1", &l, 1);
    }
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", "ReplicationGroupId=sec&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-g", VALUE,
            "Global replication group ldgnf-g already has a member in region us-east-1."},
    };
    CHECK("us-east-1", table);
    arena_fini(&a);
}

Test(faults, of_tags)
{
    static const struct fixture_line table[] = {
        {"ListTagsForResource", "ResourceName=there", FAULT_INVALID_ARN, "Input ARN string does not have 7 components."},
        {"ListTagsForResource", "ResourceName=arn:aws-cn:elasticache:us-east-1:000000000000:replicationgroup:there",
            FAULT_INVALID_ARN, "partition field is wrong. Expected value is aws"},
        {"ListTagsForResource", "ResourceName=arn:aws:rds:us-east-1:000000000000:replicationgroup:there", FAULT_INVALID_ARN,
            "service field is wrong. Expected value is elasticache"},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:eu-west-1:000000000000:replicationgroup:there", VALUE,
            "Unauthorized call. Please check the region or customer id"},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:111111111111:replicationgroup:there", VALUE,
            "The resource ARN does not belong to the caller's account."},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:none",
            FAULT_REPLICATION_GROUP_NOT_FOUND, "ReplicationGroup none not found."},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:cluster:none",
            FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: none"},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:parametergroup:none",
            FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "none is not present"},
        {"AddTagsToResource",
            "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:young&Tags.Tag.1.Key=a&Tags.Tag.1.Value=b",
            FAULT_INVALID_REPLICATION_GROUP_STATE, "Cluster not in available state to perform tagging operations."},
        {"AddTagsToResource",
            "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:THERE&Tags.Tag.1.Key=a&Tags.Tag.1.Value=b",
            0, NULL},
        {"RemoveTagsFromResource",
            "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:there&TagKeys.member.1=z",
            FAULT_TAG_NOT_FOUND, "The tag z is not on this resource."},
        {"RemoveTagsFromResource",
            "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:there&TagKeys.member.1=a", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(faults, of_lists)
{
    static const struct fixture_line table[] = {
        {"DescribeReplicationGroups", "MaxRecords=19", VALUE, "Invalid value 19 for MaxRecords. Must be between 20 and 100"},
        {"DescribeReplicationGroups", "MaxRecords=101", VALUE, "Invalid value 101 for MaxRecords. Must be between 20 and 100"},
        {"DescribeReplicationGroups", "MaxRecords=x", VALUE, "..."},
        {"DescribeReplicationGroups", "Marker=zz", VALUE, "The marker zz is not valid."},
        {"DescribeReplicationGroups", "Marker=616", VALUE, "The marker 616 is not valid."},
        {"DescribeReplicationGroups", "Marker=1f", VALUE, "The marker 1f is not valid."},
        {"DescribeCacheClusters", "CacheClusterId=none", FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: none"},
        {"DescribeEvents", "Duration=0", VALUE, "Invalid value 0 for Duration. Must be between 1 and 20160"},
        {"DescribeEvents", "SourceType=star", VALUE, "..."},
        {"DescribeReplicationGroups", "", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(faults, a_region_nobody_knows)
{
    static const struct fixture_line table[] = {
        {"DescribeReplicationGroups", "", VALUE, "Region mars-north-1 is not one that this service knows."}};
    CHECK("mars-north-1", table);
}
