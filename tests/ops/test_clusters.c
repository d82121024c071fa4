#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define STATE FAULT_INVALID_CACHE_CLUSTER_STATE
#define REDIS "Engine=redis&CacheNodeType=cache.r7g.large&"
#define MEMCACHED "Engine=memcached&CacheNodeType=cache.r7g.large&"
#define ZONE "PreferredAvailabilityZones.PreferredAvailabilityZone."

static const struct api_cache_cluster *create(const char *form)
{
    struct answer a = fixture_run("us-east-1", "CreateCacheCluster", form);
    cr_assert_eq(a.fault, 0, "%s: %s", form, a.message);
    return ((const struct api_create_cache_cluster_out *)a.out)->cache_cluster;
}

static const struct api_cache_cluster *modify(const char *form)
{
    struct answer a = fixture_run("us-east-1", "ModifyCacheCluster", form);
    cr_assert_eq(a.fault, 0, "%s: %s", form, a.message);
    return ((const struct api_modify_cache_cluster_out *)a.out)->cache_cluster;
}

static const struct api_cache_cluster *describe(const char *id)
{
    char form[100];
    snprintf(form, sizeof form, "ShowCacheNodeInfo=true&CacheClusterId=%s", id);
    struct answer a = fixture_run("us-east-1", "DescribeCacheClusters", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return ((const struct api_describe_cache_clusters_out *)a.out)->cache_clusters.items;
}

static void setup(void)
{
    fixture_open();
    create(REDIS "CacheClusterId=there");
    create(MEMCACHED "CacheClusterId=three&NumCacheNodes=3");
    create(REDIS "CacheClusterId=young");
    fixture_cluster_available("us-east-1", "there");
    fixture_cluster_available("us-east-1", "three");
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=rg&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=2")
                     .fault,
        0);
    fixture_available("us-east-1", "rg");
    fixture_cluster_available("us-east-1", "rg-001");
    fixture_cluster_available("us-east-1", "rg-002");
}

TestSuite(clusters, .init = setup, .fini = fixture_close);

Test(clusters, faults_of_creating_one)
{
    static const struct fixture_line table[] = {
        {"CreateCacheCluster", REDIS "CacheClusterId=1x", VALUE, "The parameter CacheClusterIdentifier" BAD_ID},
        {"CreateCacheCluster", REDIS "CacheClusterId=x--y", VALUE, "The parameter CacheClusterIdentifier" BAD_ID},
        {"CreateCacheCluster", REDIS "CacheClusterId=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeef", VALUE,
            "The parameter CacheClusterIdentifier must be at most 50..."},
        {"CreateCacheCluster", REDIS "CacheClusterId=THERE", FAULT_CACHE_CLUSTER_ALREADY_EXISTS,
            "Cache cluster there already exists"},
        {"CreateCacheCluster", REDIS "CacheClusterId=rg-001", FAULT_CACHE_CLUSTER_ALREADY_EXISTS,
            "Cache cluster rg-001 already exists"},
        {"CreateCacheCluster", "CacheClusterId=x&CacheNodeType=cache.r7g.large", VALUE,
            "The parameter Engine must be provided and must not be null."},
        {"CreateCacheCluster", "CacheClusterId=x&CacheNodeType=cache.r7g.large&Engine=mysql", VALUE, "Invalid Engine: mysql..."},
        {"CreateCacheCluster", "CacheClusterId=x&CacheNodeType=cache.r7g.large&Engine=valkey", VALUE,
            "This API doesn't support Valkey engine. Please use CreateReplicationGroup API for Valkey cluster creation."},
        {"CreateCacheCluster", "CacheClusterId=x&Engine=redis", VALUE,
            "The parameter CacheNodeType must be provided and must not be null."},
        {"CreateCacheCluster", "CacheClusterId=x&Engine=redis&CacheNodeType=cache.r6g.medium", VALUE,
            "Invalid Cache Node Type: cache.r6g.medium."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&EngineVersion=6.2.6", VALUE,
            "Specific version selection is not allowed for '6.2.6', please use '6.2'"},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&CacheParameterGroupName=default.redis7.cluster.on", COMBINATION,
            "Cluster mode should be disabled in parameter group, but found it is enabled."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&CacheParameterGroupName=default.redis5.0", COMBINATION,
            "Expected a parameter group of family redis7 but found one of family redis5.0"},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&CacheParameterGroupName=default.valkey7.2",
            FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup not found: default.valkey7.2"},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&CacheSubnetGroupName=main", FAULT_CACHE_SUBNET_GROUP_NOT_FOUND,
            "Cache Subnet Group main does not exist."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&NumCacheNodes=2", VALUE,
            "Cannot create a Redis cluster with a NumCacheNodes parameter greater than 1."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&NumCacheNodes=0", VALUE, "The number of cache nodes must be at least 1."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&NumCacheNodes=41", FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
            "Cluster node quota exceeded. Each cluster can have at most 40 nodes in this region."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&TransitEncryptionEnabled=true", COMBINATION,
            "Encryption feature is not supported for engine REDIS."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&EngineVersion=1.6.6&TransitEncryptionEnabled=true", COMBINATION,
            "Encryption features are not supported for engine version 1.6.6. Please use engine version 1.6.12"},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&TransitEncryptionEnabled=true&AuthToken=0123456789abcdef", COMBINATION,
            "AUTH token is not supported for engine memcached."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&AuthToken=0123456789abcdef", VALUE,
            "The AUTH token is only supported when encryption-in-transit is enabled"},
        {"CreateCacheCluster",
            REDIS "CacheClusterId=x&CacheSecurityGroupNames.CacheSecurityGroupName.1=a&SecurityGroupIds.SecurityGroupId.1=sg-b",
            COMBINATION,
            "Use of cache security groups is not permitted along with cache subnet group and/or security group Ids."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&CacheSecurityGroupNames.CacheSecurityGroupName.1=a", VALUE,
            "Use of cache security groups is not permitted in this API version for your account."},
        {"CreateCacheCluster", "CacheClusterId=x&Engine=redis&EngineVersion=5.0.6&CacheNodeType=cache.t1.micro", VALUE,
            "Invalid Cache Node Type: cache.t1.micro."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&SnapshotRetentionLimit=1", COMBINATION,
            "Snapshots are not supported for engine memcached."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&SnapshotWindow=05:00-05:30", VALUE,
            "Snapshot window must be at least 60 minutes."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&SnapshotRetentionLimit=36", VALUE,
            "The snapshot retention limit must be within 0 and 35."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&Port=0", VALUE, "Invalid port 0..."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&SnapshotName=s", VALUE, "Snapshot not found: s"},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&Tags.Tag.1.Key=aws:x", VALUE,
            "Tag keys that begin with aws: are reserved..."},
        {"CreateCacheCluster", "CacheClusterId=x&ReplicationGroupId=rg&Engine=redis", COMBINATION,
            "Cannot specify additional cache cluster parameters when creating a replica cluster"},
        {"CreateCacheCluster", "CacheClusterId=x&ReplicationGroupId=none", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {"DescribeCacheClusters", "CacheClusterId=rg", FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: rg"},
    };
    CHECK("us-east-1", table);
}

Test(clusters, faults_of_placing_nodes)
{
    static const struct fixture_line table[] = {
        {"CreateCacheCluster", REDIS "CacheClusterId=x&AZMode=cross-az", COMBINATION,
            "AZMode cross-az needs at least 2 cache nodes."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&" ZONE "1=us-east-1a", COMBINATION,
            "PreferredAvailabilityZones can only be used with the engine memcached..."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&PreferredAvailabilityZone=eu-west-1a", VALUE,
            "eu-west-1a is not a valid availability zone of us-east-1."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&NumCacheNodes=2&" ZONE "1=us-east-1a", COMBINATION,
            "Must specify the same number of preferred availability zones as requested number of nodes."},
        {"CreateCacheCluster",
            MEMCACHED "CacheClusterId=x&NumCacheNodes=2&AZMode=single-az&" ZONE "1=us-east-1a&" ZONE "2=us-east-1b", COMBINATION,
            "AZMode single-az can't be used with more than one availability zone."},
        {"CreateCacheCluster",
            MEMCACHED "CacheClusterId=x&NumCacheNodes=2&AZMode=cross-az&" ZONE "1=us-east-1a&" ZONE "2=us-east-1a", COMBINATION,
            "AZMode cross-az needs more than one availability zone."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&NumCacheNodes=2&AZMode=cross-az&PreferredAvailabilityZone=us-east-1a",
            COMBINATION, "AZMode cross-az needs more than one availability zone."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&NumCacheNodes=2&" ZONE "1=us-east-1a&" ZONE "2=us-east-1z", VALUE,
            "us-east-1z is not a valid availability zone of us-east-1."},
        {"CreateCacheCluster", MEMCACHED "CacheClusterId=x&PreferredAvailabilityZone=us-east-1a&" ZONE "1=us-east-1a",
            COMBINATION, "PreferredAvailabilityZone can't be used together with PreferredAvailabilityZones."},
        {"CreateCacheCluster", REDIS "CacheClusterId=x&AZMode=single-az", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(clusters, faults_of_changing_one)
{
    static const struct fixture_line table[] = {
        {"ModifyCacheCluster", "CacheClusterId=none", FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: none"},
        {"ModifyCacheCluster", "CacheClusterId=young&AutoMinorVersionUpgrade=false", STATE,
            "Cache cluster young is not in a valid state to be modified"},
        {"ModifyCacheCluster", "CacheClusterId=there", COMBINATION, "No modifications were requested"},
        {"ModifyCacheCluster", "CacheClusterId=there&NumCacheNodes=1&CacheNodeType=cache.r7g.large", COMBINATION,
            "No modifications were requested"},
        {"ModifyCacheCluster", "CacheClusterId=there&NumCacheNodes=2", VALUE,
            "Cannot modify a Redis cluster to have more than 1 cache node."},
        {"ModifyCacheCluster", "CacheClusterId=there&EngineVersion=6.2", COMBINATION,
            "The engine can't be changed from redis 7.1 to redis 6.2."},
        {"ModifyCacheCluster", "CacheClusterId=there&Engine=valkey", COMBINATION,
            "The engine of a cache cluster can't be changed from redis to valkey."},
        {"ModifyCacheCluster", "CacheClusterId=there&CacheNodeType=cache.nope", VALUE, "Invalid Cache Node Type: cache.nope."},
        {"ModifyCacheCluster", "CacheClusterId=there&CacheNodeType=cache.r6gd.xlarge", VALUE,
            "The node type cache.r7g.large can't be changed to cache.r6gd.xlarge..."},
        {"ModifyCacheCluster", "CacheClusterId=there&CacheParameterGroupName=none", FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND,
            "CacheParameterGroup not found: none"},
        {"ModifyCacheCluster", "CacheClusterId=there&CacheParameterGroupName=default.redis7.cluster.on", COMBINATION,
            "Cluster mode should be disabled in parameter group, but found it is enabled."},
        {"ModifyCacheCluster", "CacheClusterId=there&SnapshotWindow=01:00-01:10", VALUE,
            "Snapshot window must be at least 60 minutes."},
        {"ModifyCacheCluster", "CacheClusterId=there&PreferredMaintenanceWindow=mon:01:00-mon:01:10", VALUE,
            "Maintenance window must be at least 60 minutes."},
        {"ModifyCacheCluster", "CacheClusterId=there&NotificationTopicStatus=maybe", VALUE,
            "Invalid NotificationTopicStatus: maybe..."},
        {"ModifyCacheCluster", "CacheClusterId=there&CacheNodeIdsToRemove.CacheNodeId.1=0001", COMBINATION,
            "CacheNodeIdsToRemove and NewAvailabilityZones can only be used with NumCacheNodes."},
        {"ModifyCacheCluster", "CacheClusterId=three&SnapshotRetentionLimit=1", COMBINATION,
            "Snapshots are not supported for engine memcached."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=0", VALUE, "The number of cache nodes must be at least 1."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=41", FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
            "Cluster node quota exceeded..."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=2", COMBINATION,
            "The number of cache node ids to remove (0) must match the number of nodes that the cluster loses (1)."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=2&CacheNodeIdsToRemove.CacheNodeId.1=0004", VALUE,
            "Cache node 0004 is not one of cache cluster three, or named twice."},
        {"ModifyCacheCluster",
            "CacheClusterId=three&NumCacheNodes=1&CacheNodeIdsToRemove.CacheNodeId.1=0001&CacheNodeIdsToRemove.CacheNodeId.2="
            "0001",
            VALUE, "Cache node 0001 is not one of cache cluster three, or named twice."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=4&CacheNodeIdsToRemove.CacheNodeId.1=0001", COMBINATION,
            "CacheNodeIdsToRemove can only be used where the number of cache nodes goes down."},
        {"ModifyCacheCluster",
            "CacheClusterId=three&NumCacheNodes=4&NewAvailabilityZones.PreferredAvailabilityZone.1=us-east-1a&"
            "NewAvailabilityZones.PreferredAvailabilityZone.2=us-east-1a",
            COMBINATION, "The number of new availability zones must match the number of new cache nodes."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=4&NewAvailabilityZones.PreferredAvailabilityZone.1=nowhere",
            VALUE, "nowhere is not a valid availability zone of us-east-1."},
        {"ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=1&AZMode=cross-az", COMBINATION,
            "AZMode cross-az needs at least 2 cache nodes."},
        {"ModifyCacheCluster", "CacheClusterId=rg-001&CacheNodeType=cache.r7g.xlarge", COMBINATION,
            "Cache cluster rg-001 is a member of replication group rg: use ModifyReplicationGroup."},
        {"ModifyCacheCluster", "CacheClusterId=rg-001&PreferredMaintenanceWindow=mon:01:00-mon:02:00", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(clusters, faults_of_rebooting_and_deleting_one)
{
    static const struct fixture_line table[] = {
        {"RebootCacheCluster", "CacheClusterId=none&CacheNodeIdsToReboot.CacheNodeId.1=0001", FAULT_CACHE_CLUSTER_NOT_FOUND,
            "CacheCluster not found: none"},
        {"RebootCacheCluster", "CacheClusterId=there&CacheNodeIdsToReboot=", VALUE,
            "The parameter CacheNodeIdsToReboot must be provided and must not be null."},
        {"RebootCacheCluster", "CacheClusterId=there&CacheNodeIdsToReboot.CacheNodeId.1=0002", VALUE,
            "Cache node 0002 is not one of cache cluster there."},
        {"RebootCacheCluster", "CacheClusterId=young&CacheNodeIdsToReboot.CacheNodeId.1=0001", STATE,
            "Cache cluster young is not in a valid state to be rebooted"},
        {"RebootCacheCluster", "CacheClusterId=there&CacheNodeIdsToReboot.CacheNodeId.1=0001", 0, NULL},
        {"ModifyCacheCluster", "CacheClusterId=there&AutoMinorVersionUpgrade=false", STATE,
            "Cache cluster there is not in a valid state to be modified"},
        {"DeleteCacheCluster", "CacheClusterId=there", STATE, "Cache cluster there is not in a valid state to be deleted"},
        {"DeleteCacheCluster", "CacheClusterId=none", FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: none"},
        {"DeleteCacheCluster", "CacheClusterId=three&FinalSnapshotIdentifier=s", FAULT_SNAPSHOT_FEATURE_NOT_SUPPORTED,
            "Snapshots are not supported for engine memcached."},
        {"DeleteCacheCluster", "CacheClusterId=young&FinalSnapshotIdentifier=s", FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster young is not in a valid state to be deleted"},
        {"DeleteCacheCluster", "CacheClusterId=rg-001", STATE, "Cache cluster rg-001 is serving as primary..."},
        {"DeleteCacheCluster", "CacheClusterId=THREE", 0, NULL},
        {"DeleteCacheCluster", "CacheClusterId=three", STATE, "Cache cluster three is not in a valid state to be deleted"},
        {"DeleteCacheCluster", "CacheClusterId=young", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(clusters, the_regions_node_quota_counts_all_clusters)
{
    char form[160];
    for (int i = 0; i < 7; i++) {
        snprintf(form, sizeof form, MEMCACHED "NumCacheNodes=40&CacheClusterId=big-%d", i);
        create(form);
    }
    cr_expect_eq(fixture_run("us-east-1", "CreateCacheCluster", MEMCACHED "CacheClusterId=more&NumCacheNodes=14").fault,
        FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED);
    cr_expect_eq(fixture_run("us-east-1", "ModifyCacheCluster", "CacheClusterId=three&NumCacheNodes=17").fault,
        FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED);
    cr_expect_eq(fixture_run("us-east-1", "CreateCacheCluster", MEMCACHED "CacheClusterId=more&NumCacheNodes=13").fault, 0);
}

Test(clusters, a_memcached_cluster_is_filled_in_as_the_service_does)
{
    const struct api_cache_cluster *c = create(MEMCACHED "CacheClusterId=Mem&NumCacheNodes=4&AZMode=cross-az");
    cr_assert_str_eq(c->cache_cluster_id, "mem");
    cr_assert_null(c->preferred_availability_zone, "not told before it is provisioned");
    cr_assert_null(c->configuration_endpoint);
    fixture_cluster_available("us-east-1", "mem");
    c = describe("mem");
    cr_assert_str_eq(c->preferred_availability_zone, "Multiple");
    cr_assert_null(c->snapshot_window);
    cr_assert_eq(c->cache_nodes.n, 4u);
    cr_assert_str_eq(c->cache_nodes.items[3].cache_node_id, "0004");
    cr_assert_str_neq(c->cache_nodes.items[0].customer_availability_zone, c->cache_nodes.items[1].customer_availability_zone);
    cr_assert_eq(c->cache_nodes.items[0].endpoint->port.v, 11211);
}

Test(clusters, nodes_stand_together_unless_told_otherwise)
{
    create(MEMCACHED "CacheClusterId=a&NumCacheNodes=2&PreferredAvailabilityZone=us-east-1b");
    create(MEMCACHED "CacheClusterId=b&NumCacheNodes=2&" ZONE "1=us-east-1c&" ZONE "2=us-east-1a");
    fixture_cluster_available("us-east-1", "a");
    fixture_cluster_available("us-east-1", "b");
    cr_assert_str_eq(describe("a")->preferred_availability_zone, "us-east-1b");
    cr_assert_str_eq(describe("a")->cache_nodes.items[1].customer_availability_zone, "us-east-1b");
    cr_assert_str_eq(describe("b")->preferred_availability_zone, "Multiple");
    cr_assert_str_eq(describe("b")->cache_nodes.items[0].customer_availability_zone, "us-east-1c");
}

Test(clusters, a_newer_request_takes_the_place_of_a_waiting_one)
{
    const struct api_cache_cluster *c = modify("CacheClusterId=three&NumCacheNodes=5");
    cr_assert_eq(c->pending_modified_values->num_cache_nodes.v, 5);
    c = modify("CacheClusterId=three&NumCacheNodes=2&CacheNodeIdsToRemove.CacheNodeId.1=0002");
    cr_assert_eq(c->pending_modified_values->num_cache_nodes.v, 2);
    cr_assert_str_eq(c->pending_modified_values->cache_node_ids_to_remove.items[0], "0002");
    cr_assert_eq(c->num_cache_nodes.v, 3);
    cr_assert_str_eq(c->cache_cluster_status, "available");
}

Test(clusters, the_number_there_is_cancels_a_waiting_one)
{
    modify("CacheClusterId=three&NumCacheNodes=2&CacheNodeIdsToRemove.CacheNodeId.1=0002");
    const struct api_cache_cluster *c = modify("CacheClusterId=three&NumCacheNodes=3");
    cr_assert_not(c->pending_modified_values->num_cache_nodes.set);
    cr_assert_eq(c->pending_modified_values->cache_node_ids_to_remove.n, 0u);
}

Test(clusters, another_familys_parameter_group_waits_with_the_version)
{
    create(REDIS "CacheClusterId=old&EngineVersion=6.2");
    fixture_cluster_available("us-east-1", "old");
    const struct api_cache_cluster *c = modify("CacheClusterId=old&EngineVersion=7.1");
    cr_assert_str_eq(c->pending_modified_values->engine_version, "7.1.0");
    cr_assert_str_eq(c->engine_version, "6.2.6");
    cr_assert_str_eq(c->cache_parameter_group->cache_parameter_group_name, "default.redis6.x");
    struct answer a = fixture_run("us-east-1", "ModifyCacheCluster", "CacheClusterId=old&CacheParameterGroupName=default.redis7");
    cr_assert_eq(a.fault, COMBINATION, "%s", a.message);
}

Test(clusters, only_chosen_nodes_show_that_they_reboot)
{
    struct answer a =
        fixture_run("us-east-1", "RebootCacheCluster", "CacheClusterId=three&CacheNodeIdsToReboot.CacheNodeId.1=0002");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_cache_cluster *c = describe("three");
    cr_assert_str_eq(c->cache_cluster_status, "rebooting cluster nodes");
    cr_assert_str_eq(c->cache_nodes.items[0].cache_node_status, "available");
    cr_assert_str_eq(c->cache_nodes.items[1].cache_node_status, "rebooting");
}

Test(clusters, faults_of_adopting_one)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=none",
            FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheCluster not found: none"},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=young", STATE,
            "Cache cluster young is not in available state."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=rg-001", STATE,
            "Cache cluster rg-001 is already a member of replication group rg."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=three", VALUE,
            "Cache cluster three can't be a replication group's primary: its engine is memcached."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=there&NumCacheClusters=2",
            COMBINATION, "PrimaryClusterId can't be used together with NumCacheClusters..."},
        {"CreateReplicationGroup",
            "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=there&CacheNodeType=cache.r7g.xlarge",
            COMBINATION, "CacheNodeType is cache.r7g.large, as the primary cluster has it: it can't be cache.r7g.xlarge."},
        {"CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=there&Port=7000",
            COMBINATION, "Port is 6379, as the primary cluster has it."},
        {"CreateReplicationGroup",
            "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=there&AutomaticFailoverEnabled=true",
            COMBINATION, "When using automatic failover, there must be at least 2 cache clusters in the replication group."},
        {"CreateReplicationGroup",
            "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=THERE&Engine=redis&EngineVersion=7.1", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(clusters, an_adopted_one_keeps_its_id_and_gives_the_group_its_settings_and_tags)
{
    create(REDIS "CacheClusterId=base&EngineVersion=6.2&Port=7000&PreferredAvailabilityZone=us-east-1c&Tags.Tag.1.Key=k&Tags.Tag."
                 "1.Value=v");
    fixture_cluster_available("us-east-1", "base");
    struct answer a = fixture_run(
        "us-east-1", "CreateReplicationGroup", "ReplicationGroupId=x&ReplicationGroupDescription=d&PrimaryClusterId=base");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_replication_group *g = ((const struct api_create_replication_group_out *)a.out)->replication_group;
    cr_assert_eq(g->member_clusters.n, 1u);
    cr_assert_str_eq(g->member_clusters.items[0], "base");
    cr_assert_str_eq(describe("base")->replication_group_id, "x");
    cr_assert_str_eq(describe("base")->engine_version, "6.2.6");
    a = fixture_run(
        "us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:x");
    cr_assert_eq(a.fault, FAULT_INVALID_REPLICATION_GROUP_STATE, "it is creating");
    fixture_available("us-east-1", "x");
    a = fixture_run(
        "us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:x");
    cr_assert_str_eq(((const struct api_list_tags_for_resource_out *)a.out)->tag_list.items[0].key, "k");
}

Test(clusters, the_quota_of_a_region_counts_stand_alone_nodes_and_can_be_raised)
{
    static const char form[] = MEMCACHED "CacheClusterId=c%d&NumCacheNodes=40";
    char text[sizeof form + 8];
    for (int i = 0; i < 7; i++) {
        snprintf(text, sizeof text, form, i);
        create(text);
    }
    snprintf(text, sizeof text, form, 7);
    cr_expect_eq(fixture_run("us-east-1", "CreateCacheCluster", text).fault, FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED);
    fixture_config.large_groups = true;
    create(text);
}

static bool told(const char *form, const char *message)
{
    struct answer a = fixture_run("us-east-1", "DescribeEvents", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_event_list *events = &((const struct api_describe_events_out *)a.out)->events;
    for (size_t i = 0; i < events->n; i++)
        if (strcmp(events->items[i].message, message) == 0) return true;
    return false;
}

Test(clusters, other_security_groups_are_told)
{
    create(REDIS "CacheClusterId=guarded");
    fixture_cluster_available("us-east-1", "guarded");
    cr_assert_not(told("SourceIdentifier=guarded&SourceType=cache-cluster", "Applied change to security group"));
    struct answer a = fixture_run("us-east-1", "ModifyCacheCluster",
        "CacheClusterId=guarded&SecurityGroupIds.SecurityGroupId.1=sg-1&ApplyImmediately=true");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    cr_assert(told("SourceIdentifier=guarded&SourceType=cache-cluster", "Applied change to security group"));
}
