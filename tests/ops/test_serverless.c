#include "fixture.h"
#include <criterion/criterion.h>

TestSuite(serverless, .init = fixture_open, .fini = fixture_close);

#define HOME "us-east-1"
#define CREATE "CreateServerlessCache"
#define MODIFY "ModifyServerlessCache"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define STATE FAULT_INVALID_SERVERLESS_CACHE_STATE
#define ARN "arn:aws:elasticache:us-east-1:000000000000:"

Test(serverless, what_can_not_be_created_is_told)
{
    static const struct fixture_line table[] = {
        {CREATE, "ServerlessCacheName=-a&Engine=redis", VALUE, "The parameter ServerlessCacheName" BAD_ID},
        {CREATE, "ServerlessCacheName=a&Engine=none", VALUE, "Invalid Engine: none. ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&MajorEngineVersion=6", VALUE,
            "Cannot find major engine version 6 for redis."},
        {CREATE, "ServerlessCacheName=a&Engine=memcached", COMBINATION, "A serverless cache of memcached is not served ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&NetworkType=ipv6", COMBINATION, "IPv6 is not served ..."},
        {CREATE, "ServerlessCacheName=a&Engine=valkey&ConnectionType=public", COMBINATION, "A public endpoint is not served ..."},
        {"DescribeServerlessCaches", "MaxResults=51", VALUE, "Invalid value 51 for MaxResults. Must be between 1 and 50"},
        {"DescribeServerlessCacheSnapshots", "MaxResults=0", VALUE, "Invalid value 0 for MaxResults. Must be between 1 and 50"},
        {CREATE, "ServerlessCacheName=a&Engine=redis&SubnetIds.SubnetId.1=subnet-a", VALUE,
            "SubnetIds must have between 2 and 3 ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&SubnetIds.SubnetId.1=subnet-a&SubnetIds.SubnetId.2=subnet-ba", VALUE,
            "Each subnet must be in an availability zone of its own."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&CacheUsageLimits.ECPUPerSecond.Maximum=5", VALUE,
            "Invalid value for ECPUPerSecond limit. Must be between 1000 and 15000000. You can set the value to zero to remove "
            "the "
            "limit."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&DailySnapshotTime=7", VALUE, "Invalid DailySnapshotTime: 7. ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&SnapshotRetentionLimit=36", VALUE, "The snapshot retention limit ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&UserGroupId=none", FAULT_USER_GROUP_NOT_FOUND, "User group none not found."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=" ARN "user:x", VALUE,
            "Invalid snapshot ARN: ..."},
        {CREATE, "ServerlessCacheName=a&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=" ARN "serverlesscachesnapshot:x", VALUE,
            "Snapshot not found: x"},
        {CREATE, "ServerlessCacheName=a&Engine=redis", 0, NULL},
        {CREATE, "ServerlessCacheName=A&Engine=redis", FAULT_SERVERLESS_CACHE_ALREADY_EXISTS,
            "Serverless cache a already exists."},
    };
    CHECK(HOME, table);
}

Test(serverless, what_its_status_forbids_is_told)
{
    static const struct fixture_line creating[] = {
        {CREATE, "ServerlessCacheName=a&Engine=redis", 0, NULL},
        {MODIFY, "ServerlessCacheName=a&Description=d", STATE, "Serverless cache a is not in available state."},
        {"CreateServerlessCacheSnapshot", "ServerlessCacheName=a&ServerlessCacheSnapshotName=s", STATE,
            "Serverless cache a is not in available state."},
    };
    static const struct fixture_line deleting[] = {
        {MODIFY, "ServerlessCacheName=a&Engine=redis", VALUE,
            "This API supports only cross-engine upgrades to Valkey engine currently."},
        {MODIFY, "ServerlessCacheName=a", COMBINATION, "No modifications were requested"},
        {"CreateServerlessCacheSnapshot", "ServerlessCacheName=a&ServerlessCacheSnapshotName=s", 0, NULL},
        {"CopyServerlessCacheSnapshot", "SourceServerlessCacheSnapshotName=s&TargetServerlessCacheSnapshotName=t",
            FAULT_INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE, "Serverless cache snapshot s is not in available state."},
        {"DeleteServerlessCacheSnapshot", "ServerlessCacheSnapshotName=s", FAULT_INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE,
            "Serverless cache snapshot s is not in a valid state to be deleted."},
        {"DeleteServerlessCache", "ServerlessCacheName=a", 0, NULL},
        {"DeleteServerlessCache", "ServerlessCacheName=a", STATE,
            "Serverless cache a is not in a valid state to be deleted: ..."},
        {"AddTagsToResource", "ResourceName=" ARN "serverlesscache:a&Tags.Tag.1.Key=k", STATE,
            "Serverless cache a is being deleted."},
    };
    CHECK(HOME, creating);
    fixture_available(HOME, "0-a");
    CHECK(HOME, deleting);
}

Test(serverless, nobody_names_what_is_beneath)
{
    static const struct fixture_line table[] = {
        {CREATE, "ServerlessCacheName=a&Engine=redis", 0, NULL},
        {"DeleteReplicationGroup", "ReplicationGroupId=0-a", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup 0-a not found."},
        {"DeleteCacheCluster", "CacheClusterId=0-a-0001-001", FAULT_CACHE_CLUSTER_NOT_FOUND,
            "CacheCluster not found: 0-a-0001-001"},
        {"CreateSnapshot", "SnapshotName=s&ReplicationGroupId=0-a", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup 0-a not found."},
        {"DeleteSnapshot", "SnapshotName=0-s", FAULT_SNAPSHOT_NOT_FOUND, "Snapshot not found: 0-s"},
    };
    CHECK(HOME, table);
}
