#include "fixture.h"
#include "plan/world.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct err e;

static void rest(void)
{
    struct row_global_replication_group *g;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    g->status = GLOBAL_PRIMARY_ONLY;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
    fixture_available("us-east-1", "prim");
}

/* A datastore at rest, of one group with redis 7.0. */
static void setup(void)
{
    fixture_open();
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=prim&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&EngineVersion=7.0")
                     .fault,
        0);
    fixture_available("us-east-1", "prim");
    cr_assert_eq(fixture_run("us-east-1", "CreateGlobalReplicationGroup",
                     "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim")
                     .fault,
        0);
    rest();
}

static void teardown(void)
{
    arena_fini(&a);
    fixture_close();
}

TestSuite(global_change, .init = setup, .fini = teardown);

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define G "GlobalReplicationGroupId=ldgnf-g&"
#define NOW G "ApplyImmediately=true&"

Test(global_change, faults_of_modifying)
{
    static const struct fixture_line table[] = {
        {"ModifyGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-none&ApplyImmediately=true&CacheNodeType=cache.r7g.xlarge",
            FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND, "Global replication group ldgnf-none not found."},
        {"ModifyGlobalReplicationGroup", G "ApplyImmediately=false&CacheNodeType=cache.r7g.xlarge", VALUE,
            "The parameter ApplyImmediately must be true..."},
        {"ModifyGlobalReplicationGroup", NOW, VALUE, "No modifications requested"},
        {"ModifyGlobalReplicationGroup", NOW "Engine=redis", VALUE, "No modifications requested"},
        {"ModifyGlobalReplicationGroup", NOW "EngineVersion=7.0", VALUE, "No modifications requested"},
        {"ModifyGlobalReplicationGroup", NOW "CacheNodeType=cache.r7g.large", VALUE, "No modifications requested"},
        {"ModifyGlobalReplicationGroup", NOW "CacheNodeType=cache.r7g.xlarge&EngineVersion=7.1", VALUE,
            "Only one of the description..."},
        {"ModifyGlobalReplicationGroup", NOW "CacheNodeType=cache.r7g.huge", VALUE, "Invalid Cache Node Type: cache.r7g.huge."},
        {"ModifyGlobalReplicationGroup", NOW "CacheNodeType=cache.t3.small", VALUE,
            "Global replication group is not supported..."},
        {"ModifyGlobalReplicationGroup", NOW "AutomaticFailoverEnabled=false", VALUE,
            "Requested product type is the same current product type"},
        {"ModifyGlobalReplicationGroup", NOW "AutomaticFailoverEnabled=true", VALUE,
            "When using automatic failover, there must be at least 2 cache clusters..."},
        {"ModifyGlobalReplicationGroup", NOW "EngineVersion=6.2", VALUE,
            "The engine can't be changed from redis 7.0 to redis 6.2."},
        {"ModifyGlobalReplicationGroup", NOW "EngineVersion=9.9", FAULT_INVALID_PARAMETER_COMBINATION,
            "Cannot find version 9.9 for redis"},
        {"ModifyGlobalReplicationGroup", NOW "Engine=memcached", VALUE, "Invalid Engine: memcached..."},
        {"ModifyGlobalReplicationGroup", NOW "Engine=valkey&EngineVersion=8.0", VALUE,
            "Parameter group must be specified for major engine version upgrade"},
        {"ModifyGlobalReplicationGroup", NOW "EngineVersion=7.1&CacheParameterGroupName=default.redis7", VALUE,
            "The parameter group of a global replication group can be changed only..."},
        {"ModifyGlobalReplicationGroup", NOW "CacheParameterGroupName=default.redis7", VALUE,
            "The parameter group of a global replication group can be changed only..."},
        {"ModifyGlobalReplicationGroup", NOW "Engine=valkey&EngineVersion=8.0&CacheParameterGroupName=none", VALUE,
            "CacheParameterGroup not found: none"},
        {"ModifyGlobalReplicationGroup", NOW "Engine=valkey&EngineVersion=8.0&CacheParameterGroupName=default.redis7", VALUE,
            "Expected a parameter group of family valkey8..."},
        {"IncreaseNodeGroupsInGlobalReplicationGroup", NOW "NodeGroupCount=2", VALUE,
            "Global replication group ldgnf-g has cluster mode disabled..."},
        {"DecreaseNodeGroupsInGlobalReplicationGroup", NOW "NodeGroupCount=1", VALUE,
            "Global replication group ldgnf-g has cluster mode disabled..."},
        {"RebalanceSlotsInGlobalReplicationGroup", NOW, VALUE, "Global replication group ldgnf-g has cluster mode disabled..."},
        {"ModifyGlobalReplicationGroup", NOW "CacheNodeType=cache.r7g.xlarge", 0, NULL},
        {"ModifyGlobalReplicationGroup", NOW "EngineVersion=7.1", FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE,
            "Global replication group ldgnf-g is not available or in primary-only state."},
        {"RebalanceSlotsInGlobalReplicationGroup", NOW, FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE,
            "Global replication group ldgnf-g is not available or in primary-only state."},
    };
    CHECK("us-east-1", table);
}

static const struct api_global_replication_group *modified(const char *form)
{
    struct answer answer = fixture_run("us-east-1", "ModifyGlobalReplicationGroup", form);
    cr_assert_eq(answer.fault, 0, "%s", answer.message);
    return ((const struct api_modify_global_replication_group_out *)answer.out)->global_replication_group;
}

static struct row_replication_group *group(void)
{
    struct row_replication_group *rg;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", "prim", &rg, &e), 0);
    return rg;
}

Test(global_change, a_description_changes_nothing_else)
{
    const struct api_global_replication_group *g = modified(NOW "GlobalReplicationGroupDescription=new");
    cr_assert_str_eq(g->global_replication_group_description, "new");
    cr_assert_str_eq(g->status, "primary-only");
    cr_assert_not(g->members.set, "this answer tells of no members");
    cr_assert_eq(group()->status, RG_AVAILABLE);
}

Test(global_change, a_node_type_waits_at_every_member_until_it_is_known_to_have_room)
{
    const struct api_global_replication_group *g = modified(NOW "CacheNodeType=cache.r7g.xlarge");
    cr_assert_str_eq(g->status, "modifying");
    cr_assert_str_eq(g->cache_node_type, "cache.r7g.xlarge");
    cr_assert_str_eq(group()->node_type, "cache.r7g.large");
    cr_assert_neq(group()->weighing_ms, 0);
    struct row_cache_cluster *c;
    cr_assert_eq(q_cluster_get(fixture_store(), &a, "us-east-1", "prim-001", &c, &e), 0);
    cr_assert_str_eq(c->pending_node_type, "cache.r7g.xlarge");
    cr_assert_eq(group()->status, RG_MODIFYING);
}

Test(global_change, a_new_family_gives_every_member_a_parameter_group_of_its_own)
{
    const char *before = group()->parameter_group;
    const struct api_global_replication_group *g =
        modified(NOW "Engine=valkey&EngineVersion=8.0&CacheParameterGroupName=default.valkey8");
    struct row_parameter_group *pg;
    cr_assert_str_eq(g->engine, "valkey");
    cr_assert_str_eq(g->engine_version, "8.0.1");
    cr_assert_str_eq(group()->engine, "redis", "a plan takes the version to the members");
    cr_assert_str_neq(group()->parameter_group, before);
    cr_assert_eq(q_parameter_group_get(fixture_store(), &a, "us-east-1", group()->parameter_group, &pg, &e), 0);
    cr_assert_str_eq(pg->family, "valkey8");
}
