#include "base/clock.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(statuses, .init = fixture_open, .fini = fixture_close);

static struct arena a;
static struct err err;

static void make(void)
{
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large")
                     .fault,
        0);
    fixture_available("us-east-1", "demo");
}

static void group_is(const char *status, int64_t unserved_ms)
{
    struct row_replication_group *rg;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", "demo", &rg, &err), 0);
    rg->status = word_of(&words_rg_status, status);
    rg->unserved_since_ms = unserved_ms ? clock_steady_ms() - unserved_ms : 0;
    cr_assert_eq(q_replication_group_put(fixture_store(), rg, &err), 0);
}

static const char *shown(void)
{
    struct answer answer = fixture_run("us-east-1", "DescribeReplicationGroups", "ReplicationGroupId=demo");
    return ((const struct api_describe_replication_groups_out *)answer.out)->replication_groups.items[0].status;
}

Test(statuses, what_is_available_and_not_served_is_shown_as_modifying)
{
    static const struct {
        const char *status;
        int64_t unserved_ms;
        const char *shown;
    } table[] = {
        {"available", 0, "available"}, {"available", 1, "modifying"}, {"creating", 1, "creating"}, {"modifying", 1, "modifying"},
        {"snapshotting", 1, "snapshotting"}, {"create-failed", 1, "create-failed"},
        {"deleting", 1, "deleting"}, /* clients that wait for its end take 'modifying' for a failure */
    };
    make();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        group_is(table[i].status, table[i].unserved_ms);
        cr_assert_str_eq(shown(), table[i].shown, "line %zu", i);
    }
    arena_fini(&a);
}

Test(statuses, what_is_not_served_can_be_changed)
{
    make();
    group_is("available", 60000);
    cr_assert_eq(
        fixture_run("us-east-1", "ModifyReplicationGroup", "ReplicationGroupId=demo&ReplicationGroupDescription=other").fault, 0);
    arena_fini(&a);
}

/* In the order of the API's promises: what is under way is refused, but not for ever. */
Test(statuses, what_is_not_served_for_long_can_be_deleted_whatever_is_under_way)
{
    static const struct {
        const char *status;
        int64_t unserved_ms;
        bool refused;
    } table[] = {
        {"modifying", 0, true},
        {"modifying", 5000, true},
        {"modifying", 60000, false},
        {"snapshotting", 60000, false},
        {"available", 5000, false},
        {"deleting", 60000, true},
        {"creating", 0, false},
        {"create-failed", 0, false},
    };
    make();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        group_is(table[i].status, table[i].unserved_ms);
        struct answer answer = fixture_run("us-east-1", "DeleteReplicationGroup", "ReplicationGroupId=demo");
        cr_assert_eq(
            answer.fault, table[i].refused ? FAULT_INVALID_REPLICATION_GROUP_STATE : 0, "line %zu: %s", i, answer.message);
    }
    group_is("available", 60000);
    cr_assert_eq(fixture_run("us-east-1", "DeleteReplicationGroup", "ReplicationGroupId=demo&FinalSnapshotIdentifier=last").fault,
        FAULT_INVALID_REPLICATION_GROUP_STATE, "nobody is there who could save");
    arena_fini(&a);
}

static void node_group_is_unserved(int64_t since_ms)
{
    struct row_node_group *ngs;
    size_t n;
    cr_assert_eq(q_node_group_span(fixture_store(), &a, "us-east-1", "demo", "demo", &ngs, &n, &err), 0);
    ngs[0].unserved_since_ms = since_ms;
    cr_assert_eq(q_node_group_put(fixture_store(), &ngs[0], &err), 0);
}

/* Else the primary would be killed while nobody else has its data. */
Test(statuses, a_failover_is_rehearsed_only_where_everything_is_served)
{
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=2&"
                     "AutomaticFailoverEnabled=true")
                     .fault,
        0);
    fixture_available("us-east-1", "demo");
    node_group_is_unserved(1);
    cr_assert_eq(fixture_run("us-east-1", "TestFailover", "ReplicationGroupId=demo&NodeGroupId=0001").fault,
        FAULT_INVALID_REPLICATION_GROUP_STATE);
    node_group_is_unserved(0);
    struct answer answer = fixture_run("us-east-1", "TestFailover", "ReplicationGroupId=demo&NodeGroupId=0001");
    cr_assert_eq(answer.fault, 0, "%s", answer.message);
    arena_fini(&a);
}

static void node_group_lost(const char *node_id)
{
    struct row_node_group *ngs;
    size_t n;
    cr_assert_eq(q_node_group_span(fixture_store(), &a, "us-east-1", "demo", "demo", &ngs, &n, &err), 0);
    ngs[n - 1].failed_node_id = node_id;
    cr_assert_eq(q_node_group_put(fixture_store(), &ngs[n - 1], &err), 0);
}

Test(statuses, a_failover_is_rehearsed_only_once_the_last_is_over)
{
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumNodeGroups=2&"
                     "ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true")
                     .fault,
        0);
    fixture_available("us-east-1", "demo");
    node_group_lost("demo-0002-001.0001");
    for (int i = 1; i <= 2; i++)
        cr_assert_eq(fixture_run("us-east-1", "TestFailover",
                         i == 1 ? "ReplicationGroupId=demo&NodeGroupId=0001" : "ReplicationGroupId=demo&NodeGroupId=0002")
                         .fault,
            FAULT_INVALID_REPLICATION_GROUP_STATE);
    node_group_lost(NULL);
    cr_assert_eq(fixture_run("us-east-1", "TestFailover", "ReplicationGroupId=demo&NodeGroupId=0001").fault, 0);
    arena_fini(&a);
}
