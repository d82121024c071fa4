#include "fixture.h"
#include "plan/world.h"
#include <criterion/criterion.h>
#include <string.h>

/* "one" has one node, "two" has a primary and a replica with automatic failover, "three" has two replicas without it. All are available. */
static void make(const char *id, const char *more)
{
    struct arena a = {0};
    const char *form =
        arena_printf(&a, "ReplicationGroupId=%s&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&%s", id, more);
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup", form).fault, 0);
    fixture_available("us-east-1", id);
    arena_fini(&a);
}

static void setup(void)
{
    fixture_open();
    make("one", "");
    make("two", "NumCacheClusters=2&AutomaticFailoverEnabled=true");
    make("three", "NumCacheClusters=3");
}

TestSuite(scaling, .init = setup, .fini = fixture_close);

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define NOW "ApplyImmediately=true&"

Test(scaling, faults_of_changing_the_number_of_replicas)
{
    static const struct fixture_line table[] = {
        {"IncreaseReplicaCount", "ReplicationGroupId=three&NewReplicaCount=3&ApplyImmediately=false", VALUE,
            "The parameter ApplyImmediately must be true: this change can't wait for the maintenance window."},
        {"IncreaseReplicaCount", NOW "ReplicationGroupId=none&NewReplicaCount=3", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {"IncreaseReplicaCount", NOW "ReplicationGroupId=three", COMBINATION,
            "Exactly one of NewReplicaCount and ReplicaConfiguration must be given."},
        {"IncreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=6", VALUE,
            "The number of replicas per node group must be within 0 and 5."},
        {"IncreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=2", FAULT_NO_OPERATION,
            "Requested new replica count already matches current number of replicas."},
        {"IncreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=1", VALUE,
            "The new replica count must be greater than the current one, which is 2."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three", COMBINATION,
            "Exactly one of NewReplicaCount, ReplicaConfiguration and ReplicasToRemove must be given."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three&ReplicasToRemove.member.1=three-001", VALUE,
            "Cache cluster three-001 is serving as primary and can't be removed."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three&ReplicasToRemove.member.1=two-001", VALUE,
            "Cache cluster two-001 is not a member of replication group three."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=two&NewReplicaCount=0", VALUE,
            "Must have at least 1 replica when cluster mode is disabled with auto failover enabled."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=3", VALUE,
            "The new replica count must be less than the current one, which is 2."},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=1", 0, NULL},
        {"DecreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=0", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group must be in available state to modify."},
        {"IncreaseReplicaCount",
            NOW "ReplicationGroupId=one&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=0002"
                "&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=1",
            VALUE, "Node group 0002 not found."},
        {"IncreaseReplicaCount",
            NOW "ReplicationGroupId=one&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=0001"
                "&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=1",
            0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(scaling, faults_of_testing_a_failover)
{
    static const struct fixture_line table[] = {
        {"TestFailover", "ReplicationGroupId=none&NodeGroupId=0001", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {"TestFailover", "ReplicationGroupId=two&NodeGroupId=0002", FAULT_NODE_GROUP_NOT_FOUND, "Node group 0002 not found."},
        {"TestFailover", "ReplicationGroupId=three&NodeGroupId=0001", FAULT_TEST_FAILOVER_NOT_AVAILABLE,
            "Test Failover API is only available for replication groups with automatic failover enabled."},
    };
    CHECK("us-east-1", table);
    for (int i = 0; i < 15; i++)
        cr_assert_eq(fixture_run("us-east-1", "TestFailover", "ReplicationGroupId=two&NodeGroupId=0001").fault, 0);
    cr_assert_eq(fixture_run("us-east-1", "TestFailover", "ReplicationGroupId=two&NodeGroupId=0001").fault,
        FAULT_API_CALL_RATE_FOR_CUSTOMER_EXCEEDED);
}

#define LOG(n) "LogDeliveryConfigurations.LogDeliveryConfigurationRequest." #n "."

Test(scaling, faults_of_changing_what_there_is_not)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=two&IpDiscovery=ipv6", COMBINATION,
            "IPv6 is not served by this version of Meridian."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=two&CacheSecurityGroupNames.CacheSecurityGroupName.1=a", VALUE,
            "Use of cache security groups is not permitted in this API version for your account."},
        {"ModifyReplicationGroup",
            NOW "ReplicationGroupId=two&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogType=slow-log",
            COMBINATION, "DestinationType, DestinationDetails and LogFormat must be specified for log type slow-log."},
        {"ModifyReplicationGroup",
            NOW "ReplicationGroupId=two&" LOG(1) "LogType=slow-log&" LOG(1) "Enabled=false&" LOG(2) "LogType=slow-log&" LOG(
                2) "Enabled=false",
            COMBINATION, "Log type slow-log is specified more than once."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=two&" LOG(1) "Enabled=false", VALUE,
            "The parameter LogType must be provided and must not be null."},
        {"ModifyReplicationGroup",
            NOW "ReplicationGroupId=two&" LOG(1) "LogType=slow-log&" LOG(1) "LogFormat=json&" LOG(
                1) "DestinationType=kinesis-firehose&" LOG(1) "DestinationDetails.CloudWatchLogsDetails.LogGroup=g",
            COMBINATION,
            "DestinationDetails must have KinesisFirehoseDetails.DeliveryStream, and nothing else, for the "
            "destination type "
            "kinesis-firehose."},
        {"ModifyReplicationGroup",
            NOW "ReplicationGroupId=two&" LOG(1) "LogType=slow-log&" LOG(1) "LogFormat=json&" LOG(
                1) "DestinationType=cloudwatch-logs&" LOG(1) "DestinationDetails.CloudWatchLogsDetails.LogGroup=a%"
                                                             "20b",
            VALUE, "Invalid CloudWatchLogsDetails.LogGroup: a b."},
        {"ModifyReplicationGroup",
            "ReplicationGroupId=two&" LOG(1) "LogType=slow-log&" LOG(1) "LogFormat=json&" LOG(
                1) "DestinationType=cloudwatch-logs&" LOG(1) "DestinationDetails.CloudWatchLogsDetails.LogGroup=g",
            COMBINATION, "ApplyImmediately must be true for modifications of the log delivery configuration."},
        {"CreateReplicationGroup",
            "ReplicationGroupId=old&ReplicationGroupDescription=d&CacheNodeType=cache.r5.large&EngineVersion=6."
            "0&" LOG(1) "LogType=engine-log&" LOG(1) "LogFormat=json&" LOG(1) "DestinationType=cloudwatch-logs&" LOG(
                1) "DestinationDetails.CloudWatchLogsDetails.LogGroup=g",
            COMBINATION,
            "Log type engine-log is not supported for engine version 6.0.5. Please use engine version 6.2 or later."},
    };
    CHECK("us-east-1", table);
}

Test(scaling, faults_of_changing_what_processes_are)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=one&AutomaticFailoverEnabled=true", COMBINATION,
            "Replication group must have at least one read replica to enable autofailover."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&MultiAZEnabled=true", COMBINATION,
            "Automatic failover must be enabled to use Multi-AZ."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=two&PrimaryClusterId=two-002", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Cannot manually promote a new master cache cluster while autofailover is enabled"},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&PrimaryClusterId=two-002", VALUE,
            "Cache cluster two-002 is not a member of replication group three."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&CacheNodeType=cache.r6g.medium", VALUE,
            "Invalid Cache Node Type: cache.r6g.medium."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&EngineVersion=6.2", COMBINATION,
            "The engine can't be changed from redis 7.1 to redis 6.2."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&EngineVersion=7.1.0", VALUE,
            "Specific version selection is not allowed for '7.1.0', please use '7.1'"},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&Engine=memcached", VALUE,
            "Invalid Engine: memcached. A replication group's engine is redis or valkey."},
        {"ModifyReplicationGroup", NOW "ReplicationGroupId=three&CacheNodeType=cache.r7g.large", COMBINATION,
            "No modifications were requested"},
    };
    CHECK("us-east-1", table);
}

static int64_t failover_of(const char *id)
{
    struct row_replication_group *rg;
    struct arena a = {0};
    struct err e;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", id, &rg, &e), 0);
    int64_t state = rg->automatic_failover;
    arena_fini(&a);
    return state;
}

Test(scaling, automatic_failover_is_enabling_until_it_is_seen_to_be_so)
{
    struct answer a =
        fixture_run("us-east-1", "ModifyReplicationGroup", NOW "ReplicationGroupId=three&AutomaticFailoverEnabled=true");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_replication_group *g = ((const struct api_modify_replication_group_out *)a.out)->replication_group;
    cr_assert_str_eq(g->status, "modifying");
    cr_assert_str_eq(g->automatic_failover, "enabling");
    cr_assert_eq(failover_of("three"), FAILOVER_ENABLING);
}

static const char *pending_failover_of(const char *id)
{
    struct arena a = {0};
    const char *form = arena_printf(&a, "ReplicationGroupId=%s", id);
    struct answer answer = fixture_run("us-east-1", "DescribeReplicationGroups", form);
    arena_fini(&a);
    cr_assert_eq(answer.fault, 0, "%s", answer.message);
    const struct api_describe_replication_groups_out *out = answer.out;
    const char *status = out->replication_groups.items[0].pending_modified_values->automatic_failover_status;
    return status ? status : "nothing";
}

static void modify_three(const char *what, int fault)
{
    struct arena a = {0};
    struct answer answer =
        fixture_run("us-east-1", "ModifyReplicationGroup", arena_printf(&a, "ReplicationGroupId=three&%s", what));
    arena_fini(&a);
    cr_assert_eq(answer.fault, fault, "%s: %s", what, answer.message);
}

Test(scaling, automatic_failover_waits_for_the_window_unless_it_is_asked_for_at_once)
{
    modify_three("AutomaticFailoverEnabled=true", 0);
    cr_assert_str_eq(pending_failover_of("three"), "enabled");
    cr_assert_eq(failover_of("three"), FAILOVER_DISABLED);
    modify_three("AutomaticFailoverEnabled=true", 0); /* as often as the client likes */
    modify_three("AutomaticFailoverEnabled=false", 0);
    cr_assert_str_eq(pending_failover_of("three"), "nothing", "a new request takes the place of one that waits");
    modify_three("AutomaticFailoverEnabled=false", COMBINATION);
    modify_three("MultiAZEnabled=true", COMBINATION);
    modify_three("AutomaticFailoverEnabled=true", 0);
    modify_three("ApplyImmediately=true", 0);
    struct row_replication_group *rg;
    struct arena a = {0};
    struct err e;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", "three", &rg, &e), 0);
    cr_assert_eq(rg->pending_due, 1);
    arena_fini(&a);
}

/* What waits is older than what is made at once: it must not be made after it. */
Test(scaling, a_version_that_waits_goes_with_another_one_that_is_taken_at_once)
{
    modify_three("Engine=valkey&EngineVersion=7.2", 0);
    modify_three("Engine=valkey&EngineVersion=8.0&ApplyImmediately=true", 0);
    struct row_cache_cluster *c;
    struct arena a = {0};
    struct err e;
    cr_assert_eq(q_cluster_get(fixture_store(), &a, "us-east-1", "three-001", &c, &e), 0);
    cr_assert_null(c->pending_engine_version);
    arena_fini(&a);
}

Test(scaling, new_replicas_are_members_at_once_and_stand_in_the_emptiest_zones)
{
    struct answer a = fixture_run("us-east-1", "IncreaseReplicaCount", NOW "ReplicationGroupId=three&NewReplicaCount=4");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_replication_group *g = ((const struct api_increase_replica_count_out *)a.out)->replication_group;
    cr_assert_eq(g->member_clusters.n, 5u);
    cr_assert_str_eq(g->member_clusters.items[4], "three-005");
    a = fixture_run("us-east-1", "DescribeCacheClusters", "CacheClusterId=three-005");
    cr_assert_str_eq(
        ((const struct api_describe_cache_clusters_out *)a.out)->cache_clusters.items->preferred_availability_zone, "us-east-1e");
}

Test(scaling, allowed_node_types_are_told_for_groups_and_clusters)
{
    struct answer a = fixture_run("us-east-1", "ListAllowedNodeTypeModifications", "ReplicationGroupId=one");
    const struct api_list_allowed_node_type_modifications_out *out = a.out;
    cr_assert_eq(a.fault, 0, "%s", a.message);
    cr_assert_gt(out->scale_up_modifications.n, 0u);
    for (size_t i = 1; i < out->scale_up_modifications.n; i++)
        cr_assert_lt(strcmp(out->scale_up_modifications.items[i - 1], out->scale_up_modifications.items[i]), 0);
    cr_assert_eq(fixture_run("us-east-1", "ListAllowedNodeTypeModifications", "CacheClusterId=one-001").fault, 0);
    cr_assert_eq(fixture_run("us-east-1", "ListAllowedNodeTypeModifications", "").fault, COMBINATION);
}
