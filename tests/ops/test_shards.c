#include "base/slots.h"
#include "fixture.h"
#include "ops/replication_group/shard_slots.h"
#include <criterion/criterion.h>
#include <string.h>

/* "c" has three shards with a replica each, in cluster mode; "one" is a group with cluster mode disabled. Both are available. */
#define RG "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"
#define NOW "ReplicationGroupId=c&ApplyImmediately=true&"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION

static struct arena a;

static void run(const char *action, const char *form)
{
    struct answer answer = fixture_run("us-east-1", action, form);
    cr_assert_eq(answer.fault, 0, "%s %s: %s", action, form, answer.message);
}

static void setup(void)
{
    fixture_open();
    run("CreateReplicationGroup", RG "ReplicationGroupId=c&NumNodeGroups=3&ReplicasPerNodeGroup=1");
    run("CreateReplicationGroup", RG "ReplicationGroupId=one");
    fixture_available("us-east-1", "c");
    fixture_available("us-east-1", "one");
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(shards, .init = setup, .fini = teardown);

#define NG(n, rest) "NodeGroupConfiguration.NodeGroupConfiguration." #n "." rest "&"

Test(shards, faults_of_creating_a_group_in_cluster_mode)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=0", VALUE,
            "The number of node groups must be at least 1."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=91",
            FAULT_NODE_GROUPS_PER_REPLICATION_GROUP_QUOTA_EXCEEDED, "The replication group can't have more than 90 node groups."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=46&ReplicasPerNodeGroup=1",
            FAULT_NODE_QUOTA_FOR_CLUSTER_EXCEEDED,
            "Cluster node quota exceeded. Each cluster can have at most 90 nodes in this region."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&ReplicasPerNodeGroup=6", VALUE,
            "The number of replicas per node group must be within 0 and 5."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&NumCacheClusters=2", COMBINATION,
            "NumCacheClusters can't be used together with NumNodeGroups or ReplicasPerNodeGroup."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&ClusterMode=disabled", COMBINATION,
            "Cluster mode must be enabled for a replication group with more than one node group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&CacheParameterGroupName=default.redis7", COMBINATION,
            "Cluster mode should be enabled in parameter group, but found it is disabled."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&ClusterMode=enabled&CacheParameterGroupName=default.redis7",
            COMBINATION, "Cluster mode should be enabled in parameter group, but found it is disabled."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&AutomaticFailoverEnabled=false", VALUE,
            "Redis with cluster mode enabled cannot be created with auto failover turned off."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=2&MultiAZEnabled=true", COMBINATION,
            "Multi-AZ requires at least one replica in each node group."},
        {"CreateReplicationGroup",
            RG "ReplicationGroupId=x&ClusterMode=enabled&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1a", COMBINATION,
            "PreferredCacheClusterAZs can only be specified for one node group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&NumNodeGroups=3&" NG(1, "ReplicaCount=1") NG(2, "ReplicaCount=1"),
            COMBINATION, "The number of node group configurations must match the number of node groups."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "ReplicaCount=1") NG(2, "ReplicaCount=6"), VALUE,
            "The number of replicas per node group must be within 0 and 5."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "NodeGroupId=0007") NG(2, "NodeGroupId=0007"), VALUE,
            "The node group id 0007 is given twice."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "NodeGroupId=seven") NG(2, "NodeGroupId=0007"), VALUE, "..."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "PrimaryAvailabilityZone=eu-west-1a") NG(2, "ReplicaCount=0"),
            VALUE, "eu-west-1a is not a valid availability zone of us-east-1."},
        {"CreateReplicationGroup",
            RG "ReplicationGroupId=x&ReplicasPerNodeGroup=2&" NG(1, "ReplicaAvailabilityZones.AvailabilityZone.1=us-east-1a")
                NG(2, "ReplicaCount=0"),
            COMBINATION, "The number of replica availability zones must match the number of replicas."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=c&NumNodeGroups=2", FAULT_REPLICATION_GROUP_ALREADY_EXISTS,
            "Replication group c already exists."},
    };
    CHECK("us-east-1", table);
}

Test(shards, faults_of_giving_slots)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191") NG(2, "Slots=8191-16383"), VALUE,
            "Invalid slots: slot 8191 is given to more than one node group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8190") NG(2, "Slots=8192-16383"), VALUE,
            "Invalid slots: slot 8191 is given to no node group."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191") NG(2, "Slots=8192-16384"), VALUE,
            "Invalid slots: 8192-16384. The highest slot is 16383."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191") NG(2, "Slots=8192-9000,8192"), VALUE,
            "Invalid slots: 8192-9000,8192. A slot is given twice."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191") NG(2, "Slots=the rest"), VALUE,
            "Invalid slots: the rest. Slots are ranges like 0-5460,5462."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-16383") NG(2, "Slots="), VALUE,
            "Invalid slots: every node group must have at least one slot."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191") NG(2, "ReplicaCount=1"), COMBINATION,
            "Slots must be given for every node group, or for none."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-16383"), COMBINATION,
            "Slots can only be given with cluster mode enabled."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&" NG(1, "Slots=0-8191,16383") NG(2, "Slots=8192-16382"), 0, NULL},
    };
    CHECK("us-east-1", table);
}

#define SHAPE "ModifyReplicationGroupShardConfiguration"
#define REMOVE(n, id) "&NodeGroupsToRemove.NodeGroupToRemove." #n "=" id
#define RETAIN(n, id) "&NodeGroupsToRetain.NodeGroupToRetain." #n "=" id
#define PLACE(n, rest) "&ReshardingConfiguration.ReshardingConfiguration." #n "." rest

Test(shards, faults_of_changing_their_number)
{
    static const struct fixture_line table[] = {
        {SHAPE, "ReplicationGroupId=c&NodeGroupCount=4&ApplyImmediately=false", VALUE,
            "The parameter ApplyImmediately must be true: this change can't wait for the maintenance window."},
        {SHAPE, "ReplicationGroupId=none&NodeGroupCount=4&ApplyImmediately=true", FAULT_REPLICATION_GROUP_NOT_FOUND,
            "ReplicationGroup none not found."},
        {SHAPE, "ReplicationGroupId=one&NodeGroupCount=2&ApplyImmediately=true", VALUE,
            "Operation is only applicable for cluster mode enabled replication groups."},
        {SHAPE, NOW "NodeGroupCount=0", VALUE, "The number of node groups must be at least 1."},
        {SHAPE, NOW "NodeGroupCount=91", FAULT_NODE_GROUPS_PER_REPLICATION_GROUP_QUOTA_EXCEEDED,
            "The replication group can't have more than 90 node groups."},
        {SHAPE, NOW "NodeGroupCount=90", FAULT_NODE_QUOTA_FOR_CUSTOMER_EXCEEDED, "..."},
        {SHAPE, NOW "NodeGroupCount=2", COMBINATION,
            "One of NodeGroupsToRemove and NodeGroupsToRetain must be given to decrease the number of node groups."},
        {SHAPE, NOW "NodeGroupCount=2" REMOVE(1, "0001") RETAIN(1, "0002"), COMBINATION,
            "Only one of NodeGroupsToRemove and NodeGroupsToRetain can be given."},
        {SHAPE, NOW "NodeGroupCount=2" REMOVE(1, "0001") REMOVE(2, "0002"), COMBINATION,
            "The number of node groups to remove or retain must match NodeGroupCount, which is 2."},
        {SHAPE, NOW "NodeGroupCount=1" RETAIN(1, "0001") RETAIN(2, "0002"), COMBINATION,
            "The number of node groups to remove or retain must match NodeGroupCount, which is 1."},
        {SHAPE, NOW "NodeGroupCount=2" REMOVE(1, "0009"), VALUE, "Node group 0009 not found."},
        {SHAPE, NOW "NodeGroupCount=1" REMOVE(1, "0001") REMOVE(2, "0001"), VALUE, "The node group id 0001 is given twice."},
        {SHAPE, NOW "NodeGroupCount=2" RETAIN(1, "0001") RETAIN(2, "0001"), VALUE, "The node group id 0001 is given twice."},
        {SHAPE, NOW "NodeGroupCount=4" REMOVE(1, "0001"), COMBINATION,
            "NodeGroupsToRemove and NodeGroupsToRetain can only be given with a NodeGroupCount less than the current one."},
        {SHAPE, NOW "NodeGroupCount=3" PLACE(1, "NodeGroupId=0009"), COMBINATION,
            "ReshardingConfiguration can only be given to increase the number of node groups."},
        {SHAPE, NOW "NodeGroupCount=5" PLACE(1, "NodeGroupId=0009"), COMBINATION,
            "ReshardingConfiguration must have an entry for every new node group, or for every node group."},
        {SHAPE, NOW "NodeGroupCount=4" PLACE(1, "NodeGroupId=0001"), VALUE, "The node group id 0001 is given twice."},
        {SHAPE, NOW "NodeGroupCount=4" PLACE(1, "PreferredAvailabilityZones.AvailabilityZone.1=us-east-1a"), COMBINATION,
            "The number of preferred availability zones must be 2, the number of nodes of a new node group."},
        {SHAPE,
            NOW "NodeGroupCount=4" PLACE(1, "PreferredAvailabilityZones.AvailabilityZone.1=us-east-1a")
                PLACE(1, "PreferredAvailabilityZones.AvailabilityZone.2=eu-west-1a"),
            VALUE, "eu-west-1a is not a valid availability zone of us-east-1."},
        {SHAPE, NOW "NodeGroupCount=4", 0, NULL},
        {SHAPE, NOW "NodeGroupCount=5", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Replication group must be in available state to modify."},
    };
    CHECK("us-east-1", table);
}

Test(shards, faults_of_what_does_not_go_with_the_mode)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", NOW "AutomaticFailoverEnabled=false", COMBINATION,
            "Turning off automatic failover for replication group with cluster mode enabled is not supported."},
        {"ModifyReplicationGroup", NOW "SnapshotRetentionLimit=3&SnapshottingClusterId=c-001", COMBINATION,
            "Cannot set snapshotting cluster for cluster mode enabled replication group"},
        {"ModifyReplicationGroup", NOW "CacheParameterGroupName=default.redis7", COMBINATION,
            "Cluster mode should be enabled in parameter group, but found it is disabled."},
        {"ModifyReplicationGroup", NOW "PrimaryClusterId=c-0001-002", FAULT_INVALID_REPLICATION_GROUP_STATE,
            "Cannot manually promote a new master cache cluster while autofailover is enabled"},
        {"CreateCacheCluster", "CacheClusterId=more&ReplicationGroupId=c", VALUE,
            "Operation is only applicable for cluster mode disabled replication groups."},
        {"DeleteCacheCluster", "CacheClusterId=c-0001-002", FAULT_INVALID_CACHE_CLUSTER_STATE,
            "Cache cluster c-0001-002 is a member of replication group c with cluster mode enabled and can't be deleted by "
            "itself."},
        {"TestFailover", "ReplicationGroupId=c&NodeGroupId=0004", FAULT_NODE_GROUP_NOT_FOUND, "Node group 0004 not found."},
        {"TestFailover", "ReplicationGroupId=c&NodeGroupId=0003", 0, NULL},
        {"ModifyReplicationGroup", NOW "SnapshotRetentionLimit=3", 0, NULL},
    };
    CHECK("us-east-1", table);
}

/* What its module has told of the engine. */
static void tell_unable(const char *node_id, const char *why)
{
    struct err e;
    struct row_node *n;
    cr_assert_eq(q_node_get(fixture_store(), &a, "us-east-1", node_id, &n, &e), 0);
    cr_assert_not_null(n);
    n->seen_unable = why;
    cr_assert_eq(q_node_put(fixture_store(), n, &e), 0);
}

Test(shards, become_a_datastore_s_where_the_engine_lets_them_follow_another_region)
{
#define GLOBAL "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=c"
    static const struct fixture_line refused[] = {
        {"CreateGlobalReplicationGroup", GLOBAL, VALUE,
            "Global replication group is not supported with cluster mode enabled for the engine that c-0002-001 runs: release "
            "9.9 is "
            "not known."},
    };
    tell_unable("c-0002-001.0001", "release 9.9 is not known");
    CHECK("us-east-1", refused);
    tell_unable("c-0002-001.0001", NULL);
    run("CreateGlobalReplicationGroup", GLOBAL);
    fixture_available("us-east-1", "c");
    static const struct fixture_line member[] = {
        {"ModifyReplicationGroupShardConfiguration", NOW "NodeGroupCount=4", VALUE,
            "Cluster [c] is part of a global cluster [ldgnf-g]. Request rejected."},
    };
    CHECK("us-east-1", member);
}

#define SHARD(n, id, count)                                                                                 \
    "ReplicaConfiguration.ConfigureShard." #n ".NodeGroupId=" id "&ReplicaConfiguration.ConfigureShard." #n \
    ".NewReplicaCount=" #count "&"

Test(shards, faults_of_changing_their_replicas)
{
    static const struct fixture_line table[] = {
        {"IncreaseReplicaCount", NOW SHARD(1, "0004", 2), VALUE, "Node group 0004 not found."},
        {"IncreaseReplicaCount", NOW SHARD(1, "0002", 2) SHARD(2, "0002", 3), VALUE, "The node group id 0002 is given twice."},
        {"IncreaseReplicaCount", NOW SHARD(1, "0002", 1), FAULT_NO_OPERATION,
            "Requested new replica count already matches current number of replicas."},
        {"IncreaseReplicaCount", NOW SHARD(1, "0001", 2) SHARD(2, "0002", 0), VALUE,
            "The new replica count must be greater than the current one, which is 1."},
        {"DecreaseReplicaCount", NOW "ReplicasToRemove.member.1=c-0002-001", VALUE,
            "Cache cluster c-0002-001 is serving as primary and can't be removed."},
        {"DecreaseReplicaCount", NOW "ReplicasToRemove.member.1=c-0002-002", 0, NULL},
    };
    CHECK("us-east-1", table);
}

#define MODE(id, mode) "ModifyReplicationGroup", "ApplyImmediately=true&ReplicationGroupId=" id "&ClusterMode=" mode

Test(shards, faults_of_changing_the_mode)
{
    run("CreateReplicationGroup", RG "ReplicationGroupId=two&NumCacheClusters=2&AutomaticFailoverEnabled=true");
    fixture_available("us-east-1", "two");
    static const struct fixture_line table[] = {
        {MODE("c", "disabled"), COMBINATION, "Cluster mode can't be changed once it is enabled."},
        {MODE("c", "enabled"), COMBINATION, "No modifications were requested"},
        {MODE("one", "enabled"), COMBINATION,
            "Cluster mode can't be changed from disabled to enabled: it has to be compatible first."},
        {MODE("one", "compatible"), COMBINATION, "Cluster mode compatible requires automatic failover and at least one replica."},
        {MODE("two", "compatible&CacheParameterGroupName=default.redis7"), COMBINATION,
            "Cluster mode should be enabled in parameter group, but found it is disabled."},
        {MODE("two", "compatible"), 0, NULL},
    };
    CHECK("us-east-1", table);
}

/* ---- rows ---- */

static const struct api_replication_group *group(const char *id)
{
    const struct api_describe_replication_groups_out *out =
        fixture_run("us-east-1", "DescribeReplicationGroups", arena_printf(&a, "ReplicationGroupId=%s", id)).out;
    return &out->replication_groups.items[0];
}

static const char *slots_wanted(const char *rg, const char *id)
{
    struct row_shard *rows;
    struct err e;
    size_t n;
    cr_assert_eq(q_shard_list(fixture_store(), &a, "us-east-1", rg, &rows, &n, &e), 0);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].id, id) == 0) return rows[i].slots_wanted;
    cr_assert_fail("no shard %s", id);
    return NULL;
}

Test(shards, are_numbered_and_share_the_slots_evenly)
{
    const struct api_replication_group *g = group("c");
    static const char *const ids[] = {"c-0001-001", "c-0001-002", "c-0002-001", "c-0002-002", "c-0003-001", "c-0003-002"};
    cr_assert_eq(g->member_clusters.n, 6);
    for (size_t i = 0; i < 6; i++) cr_assert_str_eq(g->member_clusters.items[i], ids[i]);
    cr_assert_str_eq(g->node_groups.items[0].slots, "0-5461");
    cr_assert_str_eq(g->node_groups.items[1].slots, "5462-10922");
    cr_assert_str_eq(g->node_groups.items[2].slots, "10923-16383");
    cr_assert(g->cluster_enabled.v);
    cr_assert_str_eq(g->cluster_mode, "enabled");
    cr_assert_str_eq(g->automatic_failover, "enabled");
    cr_assert_null(g->node_groups.items[0].primary_endpoint);
    cr_assert_null(g->node_groups.items[0].node_group_members.items[0].current_role);
}

Test(shards, of_the_callers_choice_keep_their_ids_and_new_ones_go_on_behind_them)
{
    run("CreateReplicationGroup", RG "ReplicationGroupId=own&" NG(1, "NodeGroupId=0007") NG(2, "ReplicaCount=2"));
    fixture_available("us-east-1", "own");
    cr_assert_str_eq(group("own")->node_groups.items[0].node_group_id, "0001");
    cr_assert_str_eq(group("own")->node_groups.items[1].node_group_id, "0007");
    cr_assert_str_eq(group("own")->node_groups.items[1].slots, "0-8191", "slots follow the request's order");
    run(SHAPE, "ReplicationGroupId=own&ApplyImmediately=true&NodeGroupCount=3");
    cr_assert_str_eq(group("own")->node_groups.items[2].node_group_id, "0008");
    cr_assert_eq(group("own")->member_clusters.n, 5, "as many nodes as the smallest shard has");
}

Test(shards, that_come_take_as_few_slots_as_it_takes_to_be_even)
{
    run(SHAPE, NOW "NodeGroupCount=4");
    cr_assert_str_eq(slots_wanted("c", "0001"), "0-4095");
    cr_assert_str_eq(slots_wanted("c", "0002"), "5462-9557");
    cr_assert_str_eq(slots_wanted("c", "0003"), "10923-15018");
    cr_assert_str_eq(slots_wanted("c", "0004"), "4096-5461 9558-10922 15019-16383");
    cr_assert_str_eq(group("c")->node_groups.items[3].status, "creating");
    cr_assert_str_eq(group("c")->node_groups.items[3].slots, "");
    cr_assert_eq(group("c")->pending_modified_values->resharding->slot_migration->progress_percentage.v, 0);
}

Test(shards, that_go_give_all_they_have_to_the_others)
{
    run(SHAPE, NOW "NodeGroupCount=2" REMOVE(1, "0001"));
    cr_assert_str_eq(slots_wanted("c", "0001"), "");
    cr_assert_str_eq(slots_wanted("c", "0002"), "0-2730 5462-10922");
    cr_assert_str_eq(slots_wanted("c", "0003"), "2731-5461 10923-16383");
    cr_assert_eq(group("c")->node_groups.n, 3, "it is there until it is empty");
}

Test(shards, that_are_even_have_nothing_to_move)
{
    run(SHAPE, NOW "NodeGroupCount=3");
    cr_assert_str_eq(slots_wanted("c", "0002"), "5462-10922");
    cr_assert_eq(group("c")->pending_modified_values->resharding->slot_migration->progress_percentage.v, 100);
}

Test(shards, get_replicas_with_numbers_of_their_own)
{
    run("IncreaseReplicaCount", NOW SHARD(1, "0002", 2) SHARD(2, "0003", 1));
    cr_assert_eq(group("c")->member_clusters.n, 7);
    cr_assert_str_eq(group("c")->member_clusters.items[4], "c-0002-003");
}

static struct row_replication_group *row(const char *id)
{
    struct row_replication_group *rg;
    struct err e;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", id, &rg, &e), 0);
    return rg;
}

/* What kinds of endpoint it has, and how often its nodes were ordered to start. */
static void check_mode(const char *id, const char *mode, const char *parameters, const char *kinds, int64_t incarnation)
{
    struct row_endpoint *endpoints;
    struct row_node *nodes;
    struct err e;
    size_t n;
    const char *found = "";
    cr_assert_str_eq(cluster_mode_text(row(id)->cluster_mode), mode);
    cr_assert_str_eq(row(id)->parameter_group, parameters);
    cr_assert_eq(q_endpoint_span(fixture_store(), &a, "us-east-1", id, id, &endpoints, &n, &e), 0);
    for (size_t i = 0; i < n; i++) found = arena_printf(&a, "%s%s ", found, endpoint_kind_text(endpoints[i].kind));
    cr_assert_str_eq(found, kinds);
    cr_assert_eq(q_node_list_by_rg(fixture_store(), &a, "us-east-1", id, &nodes, &n, &e), 0);
    for (size_t i = 0; i < n; i++) cr_assert_eq(nodes[i].incarnation, incarnation);
}

Test(shards, the_mode_goes_by_compatible_to_enabled_or_back)
{
    run("CreateReplicationGroup", RG "ReplicationGroupId=two&NumCacheClusters=2&AutomaticFailoverEnabled=true");
    fixture_available("us-east-1", "two");
    run(MODE("two", "compatible"));
    check_mode("two", "compatible", "default.redis7.cluster.on", "configuration primary reader ", 2);
    cr_assert_str_eq(group("two")->cluster_mode, "disabled");
    cr_assert_str_eq(group("two")->pending_modified_values->cluster_mode, "compatible");
    fixture_available("us-east-1", "two");
    cr_assert_str_eq(group("two")->cluster_mode, "compatible");
    cr_assert_null(group("two")->pending_modified_values->cluster_mode);
    cr_assert_str_eq(group("two")->node_groups.items[0].slots, "0-16383");
    run(MODE("two", "disabled"));
    check_mode("two", "disabled", "default.redis7", "primary reader ", 3);
    fixture_available("us-east-1", "two");
    cr_assert_null(group("two")->node_groups.items[0].slots);
    run(MODE("two", "compatible"));
    fixture_available("us-east-1", "two");
    run(MODE("two", "enabled"));
    check_mode("two", "enabled", "default.redis7.cluster.on", "configuration ", 4);
    fixture_available("us-east-1", "two");
    run(SHAPE, "ReplicationGroupId=two&ApplyImmediately=true&NodeGroupCount=2");
    cr_assert_str_eq(group("two")->node_groups.items[1].node_group_id, "0002");
}

Test(shards, any_shares_are_evened_out_without_losing_a_slot)
{
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        struct shard_share shares[12] = {0};
        size_t n = 1 + (size_t)rand_r(&seed) % 12, staying = 0;
        for (int slot = 0; slot < SLOTS; slot++) slots_add(&shares[(size_t)rand_r(&seed) % n].held, slot);
        for (size_t i = 0; i + 1 < n; i++) shares[i].leaving = rand_r(&seed) % 3 == 0;
        for (size_t i = 0; i < n; i++) staying += !shares[i].leaving;
        shard_slots_balance(shares, n);
        struct slots all = {0};
        int count = 0;
        for (size_t i = 0; i < n; i++) {
            int own = slots_count(&shares[i].held), least = SLOTS / (int)staying;
            slots_join(&all, &shares[i].held);
            count += own;
            cr_assert(shares[i].leaving ? own == 0 : own == least || own == least + 1, "round %d: %d slots", round, own);
        }
        cr_assert_eq(slots_count(&all), SLOTS);
        cr_assert_eq(count, SLOTS);
    }
}

Test(shards, that_stand_in_several_zones_keep_a_replica)
{
    struct answer made = fixture_run("us-east-1", "CreateReplicationGroup",
        RG "ReplicationGroupId=spread&NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&MultiAZEnabled=true");
    cr_assert_eq(made.fault, 0, "%s", made.message);
    fixture_available("us-east-1", "spread");
    static const struct fixture_line table[] = {
        {"DecreaseReplicaCount", "ReplicationGroupId=spread&NewReplicaCount=0&ApplyImmediately=true", VALUE,
            "Must have at least 1 replica for Multi-AZ enabled Replication Group."},
    };
    CHECK("us-east-1", table);
}
