#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
/* What operations move from where to where, where no other test has them do so: tests/plan/moves.py counts all. */

#define HOME "us-east-1"
#define GROUP "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId="

static struct arena a;
static struct err e;

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(moves, .init = fixture_open, .fini = teardown);

static void run(const char *action, const char *form)
{
    struct answer answer = fixture_run(HOME, action, form);
    cr_assert_eq(answer.fault, 0, "%s %s: %s", action, form, answer.message);
}

static struct row_cache_cluster *cluster(const char *id)
{
    struct row_cache_cluster *c;
    cr_assert_eq(q_cluster_get(fixture_store(), &a, HOME, id, &c, &e), 0);
    return c;
}

Test(moves, a_cluster_is_deleted_whatever_is_under_way)
{
    static const enum cluster_status from[] = {CLUSTER_CREATING, CLUSTER_AVAILABLE, CLUSTER_MODIFYING, CLUSTER_SNAPSHOTTING,
        CLUSTER_REBOOTING_CLUSTER_NODES, CLUSTER_RESTORE_FAILED};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        char create[200], delete[100], id[20];
        struct row_node *nodes;
        size_t n;
        snprintf(id, sizeof id, "alone%zu", i);
        snprintf(create, sizeof create, "CacheClusterId=%s&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1", id);
        run("CreateCacheCluster", create);
        struct row_cache_cluster *c = cluster(id);
        c->status = from[i];
        c->unserved_since_ms = 1;
        cr_assert_eq(q_cache_cluster_put(fixture_store(), c, &e), 0);
        cr_assert_eq(q_node_list_by_cluster(fixture_store(), &a, HOME, id, &nodes, &n, &e), 0);
        nodes[0].status = from[i] == CLUSTER_REBOOTING_CLUSTER_NODES ? NODE_REBOOTING : nodes[0].status;
        cr_assert_eq(q_node_put(fixture_store(), &nodes[0], &e), 0);
        snprintf(delete, sizeof delete, "CacheClusterId=%s", id);
        run("DeleteCacheCluster", delete);
        cr_assert_eq(cluster(id)->status, CLUSTER_DELETING);
    }
}

Test(moves, a_member_that_reboots_is_no_obstacle_to_a_snapshot)
{
    run("CreateReplicationGroup", GROUP "demo");
    fixture_available(HOME, "demo");
    run("RebootCacheCluster", "CacheClusterId=demo-001&CacheNodeIdsToReboot.CacheNodeId.1=0001");
    cr_assert_eq(cluster("demo-001")->status, CLUSTER_REBOOTING_CLUSTER_NODES);
    run("CreateSnapshot", "SnapshotName=s&ReplicationGroupId=demo");
    cr_assert_eq(cluster("demo-001")->status, CLUSTER_SNAPSHOTTING);
}

Test(moves, parameters_that_wait_for_a_reboot_may_change_again)
{
    run("CreateCacheParameterGroup", "CacheParameterGroupName=mine&CacheParameterGroupFamily=redis7&Description=d");
    run("CreateCacheCluster", "CacheClusterId=alone&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1&"
                              "CacheParameterGroupName=mine");
    struct row_cache_cluster *c = cluster("alone");
    c->parameter_apply_status = APPLY_PENDING_REBOOT;
    cr_assert_eq(q_cache_cluster_put(fixture_store(), c, &e), 0);
    run("ModifyCacheParameterGroup",
        "CacheParameterGroupName=mine&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&"
        "ParameterNameValues.ParameterNameValue.1.ParameterValue=20");
    cr_assert_eq(cluster("alone")->parameter_apply_status, APPLY_APPLYING);
}

static void set_snapshot(enum snapshot_status status)
{
    struct row_snapshot *s;
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, "s", &s, &e), 0);
    s->status = status;
    cr_assert_eq(q_snapshot_put(fixture_store(), s, &e), 0);
}

Test(moves, a_snapshot_is_restored_and_one_that_failed_is_deleted)
{
    struct row_snapshot *s;
    run("CreateReplicationGroup", GROUP "demo");
    fixture_available(HOME, "demo");
    run("CreateSnapshot", "SnapshotName=s&ReplicationGroupId=demo");
    set_snapshot(SNAPSHOT_AVAILABLE);
    run("CreateReplicationGroup", GROUP "again&SnapshotName=s");
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, "s", &s, &e), 0);
    cr_assert_eq(s->status, SNAPSHOT_RESTORING);
    set_snapshot(SNAPSHOT_FAILED);
    run("DeleteSnapshot", "SnapshotName=s");
    cr_assert_eq(q_snapshot_get(fixture_store(), &a, HOME, "s", &s, &e), 0);
    cr_assert_eq(s->status, SNAPSHOT_DELETING);
}

Test(moves, a_user_group_that_is_being_created_changes_with_its_users)
{
    struct row_user_group *g;
    run("CreateUser", "UserId=one&UserName=one&Engine=valkey&AccessString=on&Passwords.member.1=0123456789abcdef");
    run("CreateUserGroup", "UserGroupId=g&Engine=valkey&UserIds.member.1=one");
    run("DeleteUser", "UserId=one");
    cr_assert_eq(q_user_group_get(fixture_store(), &a, HOME, "g", &g, &e), 0);
    cr_assert_eq(g->status, USER_GROUP_MODIFYING);
    g->status = USER_GROUP_ACTIVE;
    cr_assert_eq(q_user_group_put(fixture_store(), g, &e), 0);
    run("DeleteUserGroup", "UserGroupId=g");
    cr_assert_eq(q_user_group_get(fixture_store(), &a, HOME, "g", &g, &e), 0);
    cr_assert_eq(g->status, USER_GROUP_DELETING);
}

static struct row_global_replication_group *datastore(void)
{
    struct row_global_replication_group *g;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    return g;
}

static void set_datastore(enum global_status status, enum global_phase phase)
{
    struct row_global_replication_group *g = datastore();
    g->status = status;
    g->phase = phase;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
}

Test(moves, a_failover_between_regions_may_take_the_place_of_a_revival)
{
    static const enum global_phase from[] = {PHASE_STEADY, PHASE_REVIVING, PHASE_RETURNING};
    const struct row_global_member west = {
        .global_id = "ldgnf-g", .region = "eu-west-1", .rg_id = "west", .role = MEMBER_SECONDARY, .status = MEMBER_ASSOCIATED};
    run("CreateReplicationGroup", GROUP "east");
    fixture_available(HOME, "east");
    run("CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=east");
    cr_assert_eq(q_global_member_put(fixture_store(), &west, &e), 0);
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        set_datastore(GLOBAL_AVAILABLE, from[i]);
        run("FailoverGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=west");
        cr_assert_eq(datastore()->status, GLOBAL_MODIFYING);
        cr_assert_eq(datastore()->phase, PHASE_FENCING);
    }
    set_datastore(GLOBAL_PRIMARY_ONLY, PHASE_STEADY);
    run("DeleteGlobalReplicationGroup", "GlobalReplicationGroupId=ldgnf-g&RetainPrimaryReplicationGroup=true");
    cr_assert_eq(datastore()->status, GLOBAL_DELETING);
}
