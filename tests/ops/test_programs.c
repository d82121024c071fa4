#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>
/* What the program of --engine lacks is refused by name. */

#define NEW "ReplicationGroupDescription=d&CacheNodeType=cache.r6g.large&Engine=valkey&EngineVersion=8.1&ReplicationGroupId="
#define MODIFY "ReplicationGroupId=one&ApplyImmediately=true&"
#define LACK(part)                       \
    FAULT_INVALID_PARAMETER_COMBINATION, \
        "The server that runs valkey version 8.1 here has no " part ": dragonfly 1.21.2 lacks SOME COMMAND."

static bool lacks[PART__COUNT];

static const char *lack_of(void *arg, struct arena *a, const char *engine, const char *version, enum engine_part part)
{
    (void)arg, (void)a;
    bool runs = strcmp(engine, "valkey") == 0 && strcmp(version, "8.1.0") == 0;
    return runs && lacks[part] ? "dragonfly 1.21.2 lacks SOME COMMAND" : NULL;
}

static void setup(void)
{
    fixture_open();
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup", NEW "one").fault, 0);
    fixture_available("us-east-1", "one");
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupDescription=d&CacheNodeType=cache.r6g.large&Engine=redis&ReplicationGroupId=other")
                     .fault,
        0);
    fixture_available("us-east-1", "other");
    fixture_config.engine_lack = lack_of;
    for (int i = 0; i < PART__COUNT; i++) lacks[i] = true;
    lacks[PART_NODES] = lacks[PART_ENDPOINTS] = false;
}

static void teardown(void)
{
    memset(lacks, 0, sizeof lacks);
    fixture_close();
}

TestSuite(programs, .init = setup, .fini = teardown);

Test(programs, each_part_that_is_lacking_refuses_what_needs_it)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", NEW "a", 0, NULL},
        {"CreateReplicationGroup", NEW "b&NumCacheClusters=2", LACK("replicas")},
        {"CreateReplicationGroup", NEW "c&NumNodeGroups=2&ReplicasPerNodeGroup=0&AutomaticFailoverEnabled=true",
            LACK("cluster mode")},
        {"CreateReplicationGroup", NEW "d&TransitEncryptionEnabled=true", LACK("encryption in transit")},
        {"CreateReplicationGroup", NEW "e&SnapshotRetentionLimit=1", LACK("snapshots")},
        {"CreateReplicationGroup",
            NEW
            "f&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogType=slow-log"
            "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.DestinationType=cloudwatch-logs"
            "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogFormat=text"
            "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.DestinationDetails.CloudWatchLogsDetails.LogGroup=g",
            LACK("slow logs")},
        {"IncreaseReplicaCount", MODIFY "NewReplicaCount=1", LACK("replicas")},
        {"CreateSnapshot", "ReplicationGroupId=one&SnapshotName=s", LACK("snapshots")},
        {"ModifyReplicationGroup", MODIFY "SnapshotRetentionLimit=2&SnapshottingClusterId=one-001", LACK("snapshots")},
        {"ModifyReplicationGroup", MODIFY "TransitEncryptionEnabled=true&TransitEncryptionMode=preferred",
            LACK("encryption in transit")},
        {"ModifyReplicationGroup", MODIFY "UserGroupIdsToAdd.member.1=g", LACK("users and AUTH tokens")},
        {"ModifyReplicationGroup", MODIFY "ClusterMode=compatible", LACK("cluster mode")},
        {"ModifyReplicationGroup", "ReplicationGroupId=other&ApplyImmediately=true&Engine=valkey&EngineVersion=8.1",
            LACK("replicas")},
    };
    CHECK("us-east-1", table);
}

Test(programs, without_endpoints_there_is_no_replication_group)
{
    lacks[PART_ENDPOINTS] = true;
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", NEW "a", LACK("endpoints of replication groups")},
    };
    CHECK("us-east-1", table);
}
