#include "ops/reset/reset.h"
#include "fixture.h"
#include "plan/world.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct err e;

static void setup(void)
{
    fixture_open();
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(reset, .init = setup, .fini = teardown);

static void ask(const char *region, const char *action, const char *form)
{
    struct answer answer = fixture_run(region, action, form);
    cr_assert_eq(answer.fault, 0, "%s %s: %s", action, form, answer.message);
}

static void create_group(const char *region, const char *id)
{
    ask(region, "CreateReplicationGroup",
        arena_printf(
            &a, "ReplicationGroupId=%s&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&EngineVersion=7.0", id));
    fixture_available(region, id);
}

static void join(const char *region, const char *id, const char *global_id)
{
    ask(region, "CreateReplicationGroup",
        arena_printf(&a, "ReplicationGroupId=%s&ReplicationGroupDescription=d&GlobalReplicationGroupId=%s", id, global_id));
    fixture_available(region, id);
}

static void begin(const char *region, const char *account)
{
    cr_assert_eq(reset_begin(fixture_store(), &(struct reset_scope){region, account}, &e), 0, "%s", e.msg);
}

static bool finish(const char *region, const char *account)
{
    bool done;
    cr_assert_eq(reset_finish(fixture_store(), &(struct reset_scope){region, account}, &done, &e), 0, "%s", e.msg);
    return done;
}

static struct row_replication_group *group(const char *region, const char *id)
{
    struct row_replication_group *rg;
    cr_assert_eq(q_rg_get(fixture_store(), &a, region, id, &rg, &e), 0);
    return rg;
}

static struct row_global_replication_group *datastore(void)
{
    struct row_global_replication_group *g;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    return g;
}

static void set_datastore(enum global_status status)
{
    struct row_global_replication_group *g = datastore();
    g->status = status;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
}

/* Of two regions, the first with the primary. */
static void make_datastore(void)
{
    create_group("us-east-1", "prim");
    ask("us-east-1", "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim");
    set_datastore(GLOBAL_PRIMARY_ONLY);
    fixture_available("us-east-1", "prim");
    join("eu-west-1", "sec", "ldgnf-g");
    set_datastore(GLOBAL_AVAILABLE);
}

/* What plans do once every process and file is gone. */
static void let_go(void)
{
    struct store *s = fixture_store();
    struct row_cache_cluster *clusters;
    struct row_replication_group *rgs;
    struct row_snapshot *snapshots;
    size_t n;
    cr_assert_eq(q_cache_cluster_all(s, &a, &clusters, &n, &e), 0);
    for (size_t i = 0; i < n; i++)
        if (clusters[i].status == CLUSTER_DELETING) cr_assert_eq(q_cache_cluster_delete(s, &clusters[i], &e), 0);
    cr_assert_eq(q_replication_group_all(s, &a, &rgs, &n, &e), 0);
    for (size_t i = 0; i < n; i++)
        if (rgs[i].status == RG_DELETING) cr_assert_eq(q_replication_group_delete(s, &rgs[i], &e), 0);
    cr_assert_eq(q_snapshot_all(s, &a, &snapshots, &n, &e), 0);
    for (size_t i = 0; i < n; i++)
        if (snapshots[i].status == SNAPSHOT_DELETING) cr_assert_eq(q_snapshot_delete(s, &snapshots[i], &e), 0);
}

Test(reset, ends_every_node_of_groups_and_clusters_whatever_they_do)
{
    static const enum rg_status statuses[] = {
        RG_CREATING, RG_AVAILABLE, RG_MODIFYING, RG_SNAPSHOTTING, RG_DELETING, RG_CREATE_FAILED};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        create_group("us-east-1", arena_printf(&a, "g%zu", i));
        struct row_replication_group *rg = group("us-east-1", arena_printf(&a, "g%zu", i));
        rg->status = statuses[i];
        cr_assert_eq(q_replication_group_put(fixture_store(), rg, &e), 0);
    }
    ask("us-east-1", "CreateCacheCluster", "CacheClusterId=alone&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    begin(NULL, NULL);
    struct row_node *nodes;
    size_t n;
    cr_assert_eq(q_node_all(fixture_store(), &a, &nodes, &n, &e), 0);
    cr_expect_eq(n, 7);
    for (size_t i = 0; i < n; i++) cr_expect_eq(nodes[i].want, WISH_GONE, "%s is to go on", nodes[i].id);
    for (size_t i = 0; i < 6; i++) cr_expect_eq(group("us-east-1", arena_printf(&a, "g%zu", i))->status, RG_DELETING);
    cr_expect(!finish(NULL, NULL), "finished while nodes are there");
}

Test(reset, deletes_what_has_no_process_at_the_end_alone)
{
    ask("us-east-1", "CreateUser", "UserId=u&UserName=u&Engine=redis&AccessString=on&NoPasswordRequired=true");
    ask("us-east-1", "CreateUser", "UserId=d&UserName=default&Engine=redis&AccessString=on&NoPasswordRequired=true");
    ask("us-east-1", "CreateUserGroup", "UserGroupId=ug&Engine=redis&UserIds.member.1=u&UserIds.member.2=d");
    ask("us-east-1", "CreateCacheParameterGroup", "CacheParameterGroupName=pg&CacheParameterGroupFamily=redis7&Description=d");
    ask("us-east-1", "ModifyCacheParameterGroup",
        "CacheParameterGroupName=pg&ParameterNameValues.ParameterNameValue.1.ParameterName=timeout&"
        "ParameterNameValues.ParameterNameValue.1.ParameterValue=90");
    ask("us-east-1", "CreateCacheSubnetGroup",
        "CacheSubnetGroupName=sg&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-0a&Tags.Tag.1.Key=k&Tags.Tag."
        "1.Value=v");
    create_group("us-east-1", "g");
    begin(NULL, NULL);
    struct row_parameter_group *groups;
    size_t n;
    cr_assert_eq(q_parameter_group_all(fixture_store(), &a, &groups, &n, &e), 0);
    cr_expect_eq(n, 1, "a parameter group went while its processes may live");
    let_go();
    cr_expect(finish(NULL, NULL));
    struct row_user *users;
    struct row_user_group *user_groups;
    struct row_subnet_group *subnet_groups;
    struct row_subnet *subnets;
    struct row_parameter *parameters;
    struct row_tag *tags;
    struct row_event *events;
    cr_assert_eq(q_parameter_group_all(fixture_store(), &a, &groups, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_parameter_all(fixture_store(), &a, &parameters, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_user_all(fixture_store(), &a, &users, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_user_group_all(fixture_store(), &a, &user_groups, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_subnet_group_all(fixture_store(), &a, &subnet_groups, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_subnet_all(fixture_store(), &a, &subnets, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_tag_all(fixture_store(), &a, &tags, &n, &e), 0);
    cr_expect_eq(n, 0);
    cr_assert_eq(q_event_all(fixture_store(), &a, &events, &n, &e), 0);
    cr_expect_eq(n, 0);
}

Test(reset, leaves_other_regions_alone)
{
    create_group("us-east-1", "here");
    create_group("eu-west-1", "there");
    ask("eu-west-1", "CreateCacheParameterGroup", "CacheParameterGroupName=pg&CacheParameterGroupFamily=redis7&Description=d");
    begin("us-east-1", NULL);
    cr_expect_eq(group("us-east-1", "here")->status, RG_DELETING);
    cr_expect_eq(group("eu-west-1", "there")->status, RG_AVAILABLE);
    let_go();
    cr_expect(finish("us-east-1", NULL));
    struct row_parameter_group *groups;
    size_t n;
    cr_assert_eq(q_parameter_group_all(fixture_store(), &a, &groups, &n, &e), 0);
    cr_expect_eq(n, 1);
}

Test(reset, leaves_other_accounts_alone_and_what_they_use)
{
    create_group("us-east-1", "ours");
    ask("us-east-1", "CreateCacheParameterGroup", "CacheParameterGroupName=pg&CacheParameterGroupFamily=redis7&Description=d");
    create_group("us-east-1", "theirs");
    struct row_cache_cluster *clusters;
    size_t n;
    cr_assert_eq(q_cluster_list_by_rg(fixture_store(), &a, "us-east-1", "theirs", &clusters, &n, &e), 0);
    struct row_replication_group *rg = group("us-east-1", "theirs");
    rg->account = clusters[0].account = "123456789012";
    rg->parameter_group = clusters[0].parameter_group = "pg";
    cr_assert_eq(q_replication_group_put(fixture_store(), rg, &e), 0);
    cr_assert_eq(q_cache_cluster_put(fixture_store(), &clusters[0], &e), 0);
    begin(NULL, "000000000000");
    cr_expect_eq(group("us-east-1", "ours")->status, RG_DELETING);
    cr_expect_eq(group("us-east-1", "theirs")->status, RG_AVAILABLE);
    let_go();
    cr_expect(finish(NULL, "000000000000"));
    struct row_parameter_group *groups;
    cr_assert_eq(q_parameter_group_all(fixture_store(), &a, &groups, &n, &e), 0);
    cr_expect_eq(n, 1, "the parameter group went, and somebody uses it");
}

Test(reset, of_the_primarys_region_ends_the_datastore_whatever_it_does)
{
    static const enum global_status statuses[] = {GLOBAL_CREATING, GLOBAL_AVAILABLE, GLOBAL_MODIFYING, GLOBAL_PRIMARY_ONLY};
    make_datastore();
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        set_datastore(statuses[i]);
        begin("us-east-1", NULL);
        cr_expect_eq(datastore()->status, GLOBAL_DELETING);
        cr_expect_eq(group("us-east-1", "prim")->status, RG_DELETING);
        cr_expect_eq(group("eu-west-1", "sec")->status, RG_MODIFYING, "the secondary is to stay, and takes writes of its own");
    }
}

Test(reset, of_a_secondarys_region_has_it_leave_the_datastore)
{
    make_datastore();
    begin("eu-west-1", NULL);
    cr_expect_eq(datastore()->status, GLOBAL_MODIFYING);
    cr_expect_eq(group("us-east-1", "prim")->status, RG_AVAILABLE);
    cr_expect_eq(group("eu-west-1", "sec")->status, RG_DELETING);
    struct row_global_member *members;
    size_t n;
    cr_assert_eq(q_global_member_all(fixture_store(), &a, &members, &n, &e), 0);
    cr_assert_eq(n, 1);
    cr_expect_str_eq(members[0].region, "us-east-1");
}

Test(reset, deletes_snapshots_whatever_becomes_of_them)
{
    static const enum snapshot_status statuses[] = {
        SNAPSHOT_CREATING, SNAPSHOT_AVAILABLE, SNAPSHOT_RESTORING, SNAPSHOT_EXPORTING, SNAPSHOT_FAILED, SNAPSHOT_DELETING};
    create_group("us-east-1", "g");
    ask("us-east-1", "CreateSnapshot", "SnapshotName=s&ReplicationGroupId=g");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct row_snapshot *s;
        cr_assert_eq(q_snapshot_get(fixture_store(), &a, "us-east-1", "s", &s, &e), 0);
        s->status = statuses[i];
        cr_assert_eq(q_snapshot_put(fixture_store(), s, &e), 0);
        begin(NULL, NULL);
        cr_assert_eq(q_snapshot_get(fixture_store(), &a, "us-east-1", "s", &s, &e), 0);
        cr_expect_eq(s->status, SNAPSHOT_DELETING);
    }
}
