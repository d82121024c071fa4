#include "fixture.h"
#include "agent/snapshots/shelf.h"
#include "base/buf.h"
#include "model/operation.h"
#include "model/xml.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

/*
 * Every operation as an account that owns nothing asks for it, of what another one owns: it is answered as if that was not there. The names
 * of what is owned begin with OURS, and stand so in the requests below.
 */
#define HOME "us-east-1"
#define OWNER "111111111111"
#define OURS "mine"
#define NOBODYS "gone"
#define ARN "arn:aws:elasticache:us-east-1:"

static struct arena a;
static struct err e;

/* Who asks: the account that keys don't name, and one that they name. */
static const char *const strangers[] = {"000000000000", "222222222222"};

/* ---- what is owned ---- */

static const struct {
    const char *action, *form;
} creations[] = {
    {"CreateCacheParameterGroup", "CacheParameterGroupName=mine-parameters&CacheParameterGroupFamily=redis7&Description=d"},
    {"ModifyCacheParameterGroup",
        "CacheParameterGroupName=mine-parameters&ParameterNameValues.ParameterNameValue.1.ParameterName=maxmemory-policy"
        "&ParameterNameValues.ParameterNameValue.1.ParameterValue=allkeys-lru"},
    {"CreateCacheSubnetGroup",
        "CacheSubnetGroupName=mine-subnets&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-a"},
    {"CreateUser", "UserId=mine-user&UserName=default&Engine=redis&AccessString=on&NoPasswordRequired=true"},
    {"CreateUserGroup", "UserGroupId=mine-users&Engine=redis&UserIds.member.1=mine-user"},
    {"CreateReplicationGroup",
        "ReplicationGroupId=mine-group&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&Engine=redis&EngineVersion=7.0"
        "&NumCacheClusters=2&CacheParameterGroupName=mine-parameters&CacheSubnetGroupName=mine-subnets"
        "&TransitEncryptionEnabled=true&UserGroupIds.member.1=mine-users&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v"},
    {"CreateReplicationGroup",
        "ReplicationGroupId=mine-shards&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&EngineVersion=7.0"
        "&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true"},
    {"CreateReplicationGroup",
        "ReplicationGroupId=mine-prim&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&EngineVersion=7.0"},
    {"CreateCacheCluster", "CacheClusterId=mine-cluster&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1"},
    {"CreateServerlessCache", "ServerlessCacheName=mine-cache&Engine=redis"},
    {"PurchaseReservedCacheNodesOffering", "ReservedCacheNodeId=mine-reserved&ReservedCacheNodesOfferingId=%s"},
};

static const struct {
    const char *action, *form;
} creations_of_what_is_there[] = {
    {"CreateSnapshot", "ReplicationGroupId=mine-group&SnapshotName=mine-snapshot"},
    {"CreateServerlessCacheSnapshot", "ServerlessCacheName=mine-cache&ServerlessCacheSnapshotName=mine-copy"},
    {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=mine&PrimaryReplicationGroupId=mine-prim"},
};

static const char *offering_id(void)
{
    struct answer answer = fixture_run_as(OWNER, HOME, "DescribeReservedCacheNodesOfferings",
        "CacheNodeType=cache.r6g.large&Duration=P1Y&OfferingType=All%20Upfront&ProductDescription=redis");
    const struct api_describe_reserved_cache_nodes_offerings_out *out = answer.out;
    cr_assert_eq(out->reserved_cache_nodes_offerings.n, 1);
    return out->reserved_cache_nodes_offerings.items[0].reserved_cache_nodes_offering_id;
}

static void must(const char *account, const char *action, const char *form)
{
    if (strstr(form, "%s")) form = arena_printf(&a, "%.*s%s", (int)(strlen(form) - 2), form, offering_id());
    struct answer answer = fixture_run_as(account, HOME, action, form);
    cr_assert_eq(answer.fault, 0, "%s %s of %s: %s", action, form, account, answer.message);
}

/* Nothing runs here. */
static void make_active(const char *account)
{
    struct row_user_group *g;
    store_act_for(fixture_store(), account, &a);
    cr_assert_eq(q_user_group_get(fixture_store(), &a, HOME, "mine-users", &g, &e), 0);
    g->status = USER_GROUP_ACTIVE;
    cr_assert_eq(q_user_group_put(fixture_store(), g, &e), 0);
    store_act_for(fixture_store(), NULL, NULL);
}

static void make_whole(const char *account)
{
    struct row_snapshot *s;
    store_act_for(fixture_store(), account, &a);
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, "mine-snapshot", &s, &e), 0);
    s->status = SNAPSHOT_AVAILABLE;
    cr_assert_eq(q_snapshot_put(fixture_store(), s, &e), 0);
    store_act_for(fixture_store(), NULL, NULL);
}

static void make_available(const char *account)
{
    store_act_for(fixture_store(), account, &a);
    fixture_available(HOME, "mine-group");
    fixture_available(HOME, "mine-shards");
    fixture_available(HOME, "mine-prim");
    fixture_available(HOME, "0-mine-cache");
    fixture_cluster_available(HOME, "mine-cluster");
    store_act_for(fixture_store(), NULL, NULL);
}

static void create_all(const char *account)
{
    for (size_t i = 0; i < sizeof creations / sizeof *creations; i++) {
        must(account, creations[i].action, creations[i].form);
        if (strcmp(creations[i].action, "CreateUserGroup") == 0) make_active(account);
    }
    make_available(account);
    for (size_t i = 0; i < sizeof creations_of_what_is_there / sizeof *creations_of_what_is_there; i++)
        must(account, creations_of_what_is_there[i].action, creations_of_what_is_there[i].form);
    make_whole(account);
}

static void setup(void)
{
    fixture_open();
    create_all(OWNER);
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(accounts, .init = setup, .fini = teardown);

/* ---- requests ---- */

#define GROUP "ReplicationGroupId=mine-group"
#define GLOBAL "GlobalReplicationGroupId=ldgnf-mine"
#define UPDATE "ServiceUpdateName=elasticache-redis-7-0"

/* Each operation at least once; those that name something of the owner's, as its owner, answer otherwise than 'fault'. */
static const struct {
    const char *action, *form;
    int fault; /* 0: it lists what there is, or names nothing of an account */
} requests[] = {
    {"AddTagsToResource", "ResourceName=" ARN "%A:replicationgroup:mine-group&Tags.Tag.1.Key=k",
        FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"AddTagsToResource", "ResourceName=" ARN "%A:snapshot:mine-snapshot&Tags.Tag.1.Key=k", FAULT_SNAPSHOT_NOT_FOUND},
    {"AuthorizeCacheSecurityGroupIngress", "CacheSecurityGroupName=mine&EC2SecurityGroupName=e&EC2SecurityGroupOwnerId=1", 0},
    {"BatchApplyUpdateAction", UPDATE "&ReplicationGroupIds.member.1=mine-group", 0},
    {"BatchStopUpdateAction", UPDATE "&CacheClusterIds.member.1=mine-cluster", 0},
    {"CopyServerlessCacheSnapshot", "SourceServerlessCacheSnapshotName=mine-copy&TargetServerlessCacheSnapshotName=other",
        FAULT_SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND},
    {"CopySnapshot", "SourceSnapshotName=mine-snapshot&TargetSnapshotName=other", FAULT_SNAPSHOT_NOT_FOUND},
    {"CreateCacheCluster", "CacheClusterId=other&ReplicationGroupId=mine-group", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"CreateCacheCluster",
        "CacheClusterId=other&Engine=redis&NumCacheNodes=1&CacheNodeType=cache.r7g.large&SnapshotName=mine-snapshot",
        FAULT_INVALID_PARAMETER_VALUE},
    {"CreateCacheCluster",
        "CacheClusterId=other&Engine=redis&NumCacheNodes=1&CacheNodeType=cache.r7g.large&CacheSubnetGroupName=mine-subnets",
        FAULT_CACHE_SUBNET_GROUP_NOT_FOUND},
    {"CreateCacheParameterGroup", "CacheParameterGroupName=other&CacheParameterGroupFamily=redis7&Description=d", 0},
    {"CreateCacheSecurityGroup", "CacheSecurityGroupName=mine&Description=d", 0},
    {"CreateCacheSubnetGroup", "CacheSubnetGroupName=other&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-a",
        0},
    {"CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=other&PrimaryReplicationGroupId=mine-group",
        FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"CreateReplicationGroup", "ReplicationGroupId=other&ReplicationGroupDescription=d&PrimaryClusterId=mine-cluster",
        FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"CreateReplicationGroup",
        "ReplicationGroupId=other&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large"
        "&CacheParameterGroupName=mine-parameters",
        FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"CreateReplicationGroup", "ReplicationGroupId=other&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-mine",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"CreateReplicationGroup",
        "ReplicationGroupId=other&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&TransitEncryptionEnabled=true"
        "&UserGroupIds.member.1=mine-users",
        FAULT_USER_GROUP_NOT_FOUND},
    {"CreateServerlessCache", "ServerlessCacheName=other&Engine=redis&UserGroupId=mine-users", FAULT_USER_GROUP_NOT_FOUND},
    {"CreateServerlessCacheSnapshot", "ServerlessCacheName=mine-cache&ServerlessCacheSnapshotName=other",
        FAULT_SERVERLESS_CACHE_NOT_FOUND},
    {"CreateSnapshot", "ReplicationGroupId=mine-group&SnapshotName=other", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"CreateSnapshot", "CacheClusterId=mine-group-001&SnapshotName=other", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"CreateUser", "UserId=other&UserName=other&Engine=redis&AccessString=on&NoPasswordRequired=true", 0},
    {"CreateUserGroup", "UserGroupId=other&Engine=redis&UserIds.member.1=mine-user", FAULT_USER_NOT_FOUND},
    {"DecreaseNodeGroupsInGlobalReplicationGroup", GLOBAL "&NodeGroupCount=1&ApplyImmediately=true",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"DecreaseReplicaCount", GROUP "&NewReplicaCount=0&ApplyImmediately=true", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"DescribeCacheClusters", "", 0},
    {"DescribeCacheClusters", "ShowCacheClustersNotInReplicationGroups=true", 0},
    {"DescribeCacheClusters", "CacheClusterId=mine-cluster", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"DescribeCacheEngineVersions", "", 0},
    {"DescribeCacheParameterGroups", "", 0},
    {"DescribeCacheParameterGroups", "CacheParameterGroupName=mine-parameters", FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"DescribeCacheParameters", "CacheParameterGroupName=mine-parameters", FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"DescribeCacheSecurityGroups", "", 0},
    {"DescribeCacheSubnetGroups", "", 0},
    {"DescribeCacheSubnetGroups", "CacheSubnetGroupName=mine-subnets", FAULT_CACHE_SUBNET_GROUP_NOT_FOUND},
    {"DescribeEngineDefaultParameters", "CacheParameterGroupFamily=redis7", 0},
    {"DescribeEvents", "", 0},
    {"DescribeEvents", "SourceType=cache-parameter-group", 0},
    {"DescribeEvents", "SourceType=replication-group&SourceIdentifier=mine-group", 0},
    {"DescribeGlobalReplicationGroups", "ShowMemberInfo=true", 0},
    {"DescribeGlobalReplicationGroups", GLOBAL, FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"DescribeReplicationGroups", "", 0},
    {"DescribeReplicationGroups", GROUP, FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"DescribeReservedCacheNodes", "", 0},
    {"DescribeReservedCacheNodes", "ReservedCacheNodeId=mine-reserved", FAULT_RESERVED_CACHE_NODE_NOT_FOUND},
    {"DescribeReservedCacheNodesOfferings", "", 0},
    {"DescribeServerlessCacheSnapshots", "", 0},
    {"DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshotName=mine-copy", FAULT_SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND},
    {"DescribeServerlessCaches", "", 0},
    {"DescribeServerlessCaches", "ServerlessCacheName=mine-cache", FAULT_SERVERLESS_CACHE_NOT_FOUND},
    {"DescribeServiceUpdates", "", 0},
    {"DescribeSnapshots", "", 0},
    {"DescribeSnapshots", "ReplicationGroupId=mine-group", 0},
    {"DescribeSnapshots", "SnapshotName=mine-snapshot", FAULT_SNAPSHOT_NOT_FOUND},
    {"DescribeUpdateActions", "", 0},
    {"DescribeUpdateActions", "ReplicationGroupIds.member.1=mine-group", 0},
    {"DescribeUserGroups", "", 0},
    {"DescribeUserGroups", "UserGroupId=mine-users", FAULT_USER_GROUP_NOT_FOUND},
    {"DescribeUsers", "", 0},
    {"DescribeUsers", "UserId=mine-user", FAULT_USER_NOT_FOUND},
    {"DisassociateGlobalReplicationGroup", GLOBAL "&ReplicationGroupId=mine-prim&ReplicationGroupRegion=us-east-1",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"ExportServerlessCacheSnapshot", "ServerlessCacheSnapshotName=mine-copy&S3BucketName=b",
        FAULT_SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND},
    {"FailoverGlobalReplicationGroup", GLOBAL "&PrimaryRegion=us-east-1&PrimaryReplicationGroupId=mine-prim",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"IncreaseNodeGroupsInGlobalReplicationGroup", GLOBAL "&NodeGroupCount=2&ApplyImmediately=true",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"IncreaseReplicaCount", GROUP "&NewReplicaCount=2&ApplyImmediately=true", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ListAllowedNodeTypeModifications", GROUP, FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ListAllowedNodeTypeModifications", "CacheClusterId=mine-cluster", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"ListTagsForResource", "ResourceName=" ARN "%A:replicationgroup:mine-group", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ModifyCacheCluster", "CacheClusterId=mine-cluster&AutoMinorVersionUpgrade=true", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"ModifyCacheParameterGroup",
        "CacheParameterGroupName=mine-parameters&ParameterNameValues.ParameterNameValue.1.ParameterName=maxmemory-policy"
        "&ParameterNameValues.ParameterNameValue.1.ParameterValue=noeviction",
        FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=mine-subnets&CacheSubnetGroupDescription=e",
        FAULT_CACHE_SUBNET_GROUP_NOT_FOUND},
    {"ModifyGlobalReplicationGroup", GLOBAL "&ApplyImmediately=true&GlobalReplicationGroupDescription=e",
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"ModifyReplicationGroup", GROUP "&ReplicationGroupDescription=e", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=mine-shards&NodeGroupCount=3&ApplyImmediately=true",
        FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ModifyServerlessCache", "ServerlessCacheName=mine-cache&Description=e", FAULT_SERVERLESS_CACHE_NOT_FOUND},
    {"ModifyUser", "UserId=mine-user&AccessString=off", FAULT_USER_NOT_FOUND},
    {"ModifyUserGroup", "UserGroupId=mine-users&Engine=valkey", FAULT_USER_GROUP_NOT_FOUND},
    {"PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=none", 0},
    {"RebalanceSlotsInGlobalReplicationGroup", GLOBAL "&ApplyImmediately=true", FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"RebootCacheCluster", "CacheClusterId=mine-cluster&CacheNodeIdsToReboot.CacheNodeId.1=0001", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"RemoveTagsFromResource", "ResourceName=" ARN "%A:replicationgroup:mine-group&TagKeys.member.1=k",
        FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"ResetCacheParameterGroup", "CacheParameterGroupName=mine-parameters&ResetAllParameters=true",
        FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"RevokeCacheSecurityGroupIngress", "CacheSecurityGroupName=mine&EC2SecurityGroupName=e&EC2SecurityGroupOwnerId=1", 0},
    {"TestFailover", "ReplicationGroupId=mine-shards&NodeGroupId=0001", FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"DeleteCacheCluster", "CacheClusterId=mine-cluster", FAULT_CACHE_CLUSTER_NOT_FOUND},
    {"DeleteCacheParameterGroup", "CacheParameterGroupName=mine-parameters", FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND},
    {"DeleteCacheSecurityGroup", "CacheSecurityGroupName=mine", 0},
    {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=mine-subnets", FAULT_CACHE_SUBNET_GROUP_NOT_FOUND},
    {"DeleteGlobalReplicationGroup", GLOBAL "&RetainPrimaryReplicationGroup=true", FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND},
    {"DeleteReplicationGroup", GROUP, FAULT_REPLICATION_GROUP_NOT_FOUND},
    {"DeleteServerlessCache", "ServerlessCacheName=mine-cache", FAULT_SERVERLESS_CACHE_NOT_FOUND},
    {"DeleteServerlessCacheSnapshot", "ServerlessCacheSnapshotName=mine-copy", FAULT_SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND},
    {"DeleteSnapshot", "SnapshotName=mine-snapshot", FAULT_SNAPSHOT_NOT_FOUND},
    {"DeleteUser", "UserId=mine-user", FAULT_USER_NOT_FOUND},
    {"DeleteUserGroup", "UserGroupId=mine-users", FAULT_USER_GROUP_NOT_FOUND},
};
enum { REQUESTS = sizeof requests / sizeof *requests };

static const char *replaced(const char *text, const char *from, const char *to)
{
    _buf_ struct buf out = {0};
    for (const char *at; (at = strstr(text, from)) != NULL; text = at + strlen(from))
        buf_printf(&out, "%.*s%s", (int)(at - text), text, to);
    buf_puts(&out, text);
    return arena_strdup(&a, out.data);
}

/* The account's answer as a client gets it, with the names that the request has for OURS; what it writes is taken back. */
static const char *answer_to(const char *account, size_t i, const char *name, int *fault)
{
    const struct operation *o = operation_find(api_operations, api_n_operations, requests[i].action);
    struct answer answer =
        fixture_run_as(account, HOME, requests[i].action, replaced(replaced(requests[i].form, "%A", account), OURS, name));
    _buf_ struct buf xml = {0};
    *fault = answer.fault;
    if (answer.fault) xml_error(&xml, answer.fault, answer.message, "id");
    else xml_response(&xml, o, answer.out, "id");
    return arena_strdup(&a, xml.data);
}

/* All that its owner is told of it. */
static const char *whole(void)
{
    int fault;
    _buf_ struct buf out = {0};
    for (size_t i = 0; i < REQUESTS; i++)
        if (strncmp(requests[i].action, "Describe", 8) == 0 || strncmp(requests[i].action, "List", 4) == 0)
            buf_puts(&out, answer_to(OWNER, i, OURS, &fault));
    return arena_strdup(&a, out.data);
}

Test(accounts, each_operation_is_asked)
{
    for (size_t k = 0; k < api_n_operations; k++) {
        size_t i = 0;
        while (i < REQUESTS && strcmp(requests[i].action, api_operations[k].name) != 0) i++;
        cr_expect(i < REQUESTS || api_operations[k].run == NULL, "%s is not asked", api_operations[k].name);
    }
}

Test(accounts, nobody_sees_or_changes_what_is_another_s)
{
    const char *before = whole();
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < REQUESTS; i++) {
            int fault, fault_of_nothing;
            if (strncmp(requests[i].action, "Create", 6) == 0 && requests[i].fault == 0) continue;
            const char *theirs = answer_to(strangers[k], i, OURS, &fault);
            const char *nothing = answer_to(strangers[k], i, NOBODYS, &fault_of_nothing);
            cr_expect_str_eq(replaced(theirs, OURS, NOBODYS), nothing, "%s %s", requests[i].action, requests[i].form);
            if (requests[i].fault)
                cr_expect_str_eq(api_faults[fault].code, api_faults[requests[i].fault].code, "%s %s: %s", requests[i].action,
                    requests[i].form, theirs);
        }
    cr_expect_str_eq(whole(), before);
}

Test(accounts, nobody_is_led_to_another_s_by_its_key)
{
    const char *before = whole();
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < REQUESTS; i++) {
            int fault;
            if (requests[i].fault == 0) continue;
            const char *answer = answer_to(strangers[k], i, OWNER "~" OURS, &fault);
            cr_expect(fault == requests[i].fault || fault == FAULT_INVALID_PARAMETER_VALUE || fault == FAULT_INVALID_ARN,
                "%s %s: %s", requests[i].action, requests[i].form, answer);
        }
    cr_expect_str_eq(whole(), before);
}

Test(accounts, the_user_default_of_each_tells_of_its_own_groups_alone)
{
    must(OWNER, "CreateUserGroup", "UserGroupId=all-mine&Engine=redis&UserIds.member.1=default");
    const char *const askers[] = {OWNER, "222222222222", "000000000000"};
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        struct answer answer = fixture_run_as(askers[i], HOME, "DescribeUsers", "UserId=default");
        const struct api_describe_users_out *out = answer.out;
        cr_assert_eq(out->users.n, 1);
        cr_expect_eq(out->users.items[0].user_group_ids.n, i == 0, "%s", askers[i]);
    }
}

Test(accounts, no_parameter_group_is_called_as_what_all_share)
{
    struct answer answer = fixture_run_as(OWNER, HOME, "CreateCacheParameterGroup",
        "CacheParameterGroupName=Default&CacheParameterGroupFamily=redis7&Description=d");
    cr_expect_eq(answer.fault, FAULT_INVALID_PARAMETER_VALUE);
}

Test(accounts, arns_of_another_account_are_refused)
{
    static const struct {
        const char *action, *form;
    } t[] = {
        {"AddTagsToResource", "Tags.Tag.1.Key=k&ResourceName=" ARN OWNER ":replicationgroup:mine-group"},
        {"RemoveTagsFromResource", "TagKeys.member.1=k&ResourceName=" ARN OWNER ":cluster:mine-cluster"},
        {"ListTagsForResource", "ResourceName=" ARN OWNER ":user:mine-user"},
        {"ListTagsForResource", "ResourceName=" ARN OWNER ":none:none"},
        {"CreateServerlessCache", "ServerlessCacheName=other&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=" ARN OWNER
                                  ":serverlesscachesnapshot:mine-copy"},
        {"CreateServerlessCache",
            "ServerlessCacheName=other&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=" ARN OWNER ":snapshot:mine-snapshot"},
    };
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
            struct answer answer = fixture_run_as(strangers[k], HOME, t[i].action, t[i].form);
            cr_expect_eq(answer.fault, FAULT_INVALID_PARAMETER_VALUE, "%s %s: %s", t[i].action, t[i].form, answer.message);
        }
}

/* A marker says where a list goes on, and not whose it is. */
Test(accounts, a_marker_of_another_account_leads_to_nothing_of_it)
{
    for (int i = 0; i < 24; i++)
        must(OWNER, "CreateCacheParameterGroup",
            arena_printf(&a, "CacheParameterGroupName=mine-%02d&CacheParameterGroupFamily=redis7&Description=d", i));
    struct answer answer = fixture_run_as(OWNER, HOME, "DescribeCacheParameterGroups", "MaxRecords=30");
    const struct api_describe_cache_parameter_groups_out *out = answer.out;
    cr_assert(out->marker);
    for (size_t k = 0; k < 2; k++) {
        answer = fixture_run_as(strangers[k], HOME, "DescribeCacheParameterGroups", arena_printf(&a, "Marker=%s", out->marker));
        const struct api_describe_cache_parameter_groups_out *theirs = answer.out;
        cr_assert_eq(answer.fault, 0, "%s", answer.message);
        for (size_t i = 0; i < theirs->cache_parameter_groups.n; i++)
            cr_expect(strstr(theirs->cache_parameter_groups.items[i].cache_parameter_group_name, OURS) == NULL);
    }
}

/* So each request of the table would tell if it was answered to a stranger. */
Test(accounts, owners_are_answered_otherwise)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        int fault;
        const char *answer = answer_to(OWNER, i, OURS, &fault);
        if (requests[i].fault) cr_expect(fault != requests[i].fault, "%s %s: %s", requests[i].action, requests[i].form, answer);
        cr_expect(strstr(answer, OWNER "~") == NULL, "%s %s: %s", requests[i].action, requests[i].form, answer);
    }
}

Test(accounts, the_same_ids_of_others_are_things_of_their_own)
{
    int64_t n, all;
    for (size_t k = 0; k < 2; k++) create_all(strangers[k]);
    struct row_node *nodes;
    size_t n_nodes;
    cr_assert_eq(q_node_all(fixture_store(), &a, &nodes, &n_nodes, &e), 0);
    cr_expect_eq(n_nodes % 3, 0);
    for (size_t i = 0; i < n_nodes; i++)
        for (size_t k = 0; k < i; k++) cr_expect_str_neq(nodes[i].id, nodes[k].id);
    all = 0;
    for (size_t k = 0; k < 3; k++) {
        store_act_for(fixture_store(), k < 2 ? strangers[k] : OWNER, &a);
        cr_assert_eq(q_node_count(fixture_store(), HOME, &n, &e), 0);
        store_act_for(fixture_store(), NULL, NULL);
        cr_expect_eq(n, 8, "quotas count what an account has itself: %lld", (long long)n);
        all += n;
    }
    cr_expect_eq(all, 24);
}

/* ---- databases of before ---- */

/* All rows of all tables; whatever 'each' makes of a column's table and name is run, too. */
static const char *content(sqlite3 *db, const char *each)
{
    sqlite3_stmt *columns, *values;
    _buf_ struct buf out = {0};
    static const char sql[] =
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND "
        "t.name <> 'moved_file' ORDER BY 1, 2";
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &columns, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(columns, 0),
                   *column = (const char *)sqlite3_column_text(columns, 1);
        char *read = sqlite3_mprintf("SELECT %s FROM %s", column, table), *change = sqlite3_mprintf(each, table, column, column);
        cr_assert_eq(sqlite3_exec(db, change, NULL, NULL, NULL), SQLITE_OK, "%s: %s", change, sqlite3_errmsg(db));
        cr_assert_eq(sqlite3_prepare_v2(db, read, -1, &values, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
        while (sqlite3_step(values) == SQLITE_ROW) {
            const char *text = (const char *)sqlite3_column_text(values, 0);
            buf_printf(&out, "%s.%s %s\n", table, column, text ? text : "null");
        }
        sqlite3_finalize(values);
        sqlite3_free(read);
        sqlite3_free(change);
    }
    sqlite3_finalize(columns);
    return arena_strdup(&a, out.data);
}

static void run_sql(sqlite3 *db, const char *sql)
{
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
}

/* Once, accounts shared the ids of a region: rows of that time get the keys that they would have been given now. */
Test(accounts, rows_of_before_get_the_keys_of_their_accounts)
{
    sqlite3 *db;
    must("000000000000", "CreateUser", "UserId=theirs&UserName=theirs&Engine=redis&AccessString=on&NoPasswordRequired=true");
    must("000000000000", "CreateReplicationGroup",
        "ReplicationGroupId=theirs&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=2");
    must(OWNER, "CreateReplicationGroup",
        "ReplicationGroupId=mine-again&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&SnapshotName=mine-snapshot");
    must(OWNER, "TestFailover", "ReplicationGroupId=mine-shards&NodeGroupId=0001");
    cr_assert_eq(store_back_up(fixture_store(), &e), 0, "%s", e.msg);
    cr_assert_eq(sqlite3_open(scratch_path("meridian.db.backup"), &db), SQLITE_OK);
    run_sql(db, "INSERT INTO snapshot_schedule VALUES ('us-east-1', 'rg." OWNER "~mine-group', 1);"
                "UPDATE cache_cluster SET parameters_in_force = parameter_group || char(10) || 'a=b';"
                "UPDATE node_group SET switch_node_id = primary_node_id, failed_node_id = primary_node_id;"
                "UPDATE replication_group SET snapshotting_cluster_id = (SELECT min(c.id) FROM cache_cluster c WHERE c.rg_id = "
                "replication_group.id)");
    const char *now = content(db, "SELECT '%s %s %s'");
    cr_assert(strstr(now, "seed_file.file " OWNER "~mine-snapshot.0001"), "%s", now);
    const char *before = content(db, "UPDATE %s SET %s = replace(%s, '" OWNER "~', '')");
    cr_assert(strstr(before, "node.id mine-group-001.0001"));
    cr_assert(strstr(before, "~mine") == NULL);
    run_sql(db, "DROP TABLE moved_file");
    for (int i = 0; i < sql_migrations_count; i++)
        if (strstr(sql_migrations[i].name, "keys_of_accounts")) run_sql(db, sql_migrations[i].sql);
    cr_expect_str_eq(content(db, "SELECT '%s %s %s'"), now);
    static const char *const moved[][2] = {{"mine-group-001.0001", OWNER "~mine-group-001.0001"},
        {SHELF_FOLDER "/mine-snapshot.0001.rdb", SHELF_FOLDER "/" OWNER "~mine-snapshot.0001.rdb"}};
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        sqlite3_stmt *st;
        char *sql = sqlite3_mprintf("SELECT 1 FROM moved_file WHERE was = %Q AND name = %Q", moved[i][0], moved[i][1]);
        cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        cr_expect_eq(sqlite3_step(st), SQLITE_ROW, "%s", moved[i][0]);
        sqlite3_finalize(st);
        sqlite3_free(sql);
    }
    sqlite3_close(db);
}
