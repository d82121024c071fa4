#include "catalog/event.h"
#include "catalog/limits.gen.h"
#include <criterion/criterion.h>
#include <string.h>

Test(event, puts_values_where_the_words_stand)
{
    _arena_ struct arena a = {0};
    cr_expect_str_eq(
        event_message(&a, EVENT_NODE_ADDED, "0001", "us-east-1e"), "Added cache node 0001 in availability zone us-east-1e");
    cr_expect_str_eq(event_message(&a, EVENT_GROUP_CREATED, "test-cluster"), "Replication group test-cluster created");
    cr_expect_str_eq(event_message(&a, EVENT_NODES_CHANGED, "1", "3"), "Finished modifying number of nodes from 1 to 3");
    cr_expect_str_eq(event_message(&a, EVENT_GROUP_SNAPSHOT_SUCCEEDED, "cr-bkup", "clustered-redis"),
        "Snapshot succeeded for snapshot with ID 'cr-bkup' of replication group with ID 'clustered-redis'");
    cr_expect_str_eq(event_message(&a, EVENT_NODE_TYPE_CHANGED, "cache.m5.large"),
        "Succeeded applying modification to cache node type to cache.m5.large.");
}

Test(event, leaves_texts_without_words_alone)
{
    _arena_ struct arena a = {0};
    cr_expect_str_eq(event_message(&a, EVENT_CLUSTER_CREATED), "Cache cluster created");
    cr_expect_str_eq(event_message(&a, EVENT_NODES_INCREASING), "Increasing number of requested nodes");
}

Test(event, does_not_look_for_words_in_values)
{
    _arena_ struct arena a = {0};
    cr_expect_str_eq(event_message(&a, EVENT_PARAMETER_UPDATED, "notify-keyspace-events", "{x}%s"),
        "Updated parameter notify-keyspace-events to {x}%s");
}

static size_t words(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '{')); text++) n++;
    return n;
}

Test(event, counts_the_words_of_every_text)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        cr_expect_eq(event_kinds[i].n_values, words(event_kinds[i].text), "%s", event_kinds[i].text);
        cr_expect_not_null(event_kinds[i].source);
    }
}

Test(event, says_whose_text_it_is_and_what_the_topic_gets)
{
    cr_expect(event_kinds[EVENT_GROUP_CREATED].known);
    cr_expect_not(event_kinds[EVENT_GROUP_DELETED].known);
    cr_expect_str_eq(event_kinds[EVENT_GROUP_CREATED].source, "replication-group");
    cr_expect_str_eq(event_kinds[EVENT_CLUSTER_FAILOVER].notification, "FailoverComplete");
    cr_expect_null(event_kinds[EVENT_FAILOVER_TURNED_ON].notification);
}

Test(limit, has_the_values_of_a_fresh_account)
{
    cr_expect_eq(LIMIT_NODES_PER_REGION, 300);
    cr_expect_eq(LIMIT_NODES_PER_SHARD, LIMIT_REPLICAS_PER_SHARD + 1);
    cr_expect_eq(LIMIT_PARAMETERS_PER_CALL, 20);
    cr_expect_eq(LIMIT_GLOBAL_SECONDARIES, 2);
}
