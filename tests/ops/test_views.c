#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(views, .init = fixture_open, .fini = fixture_close);

static const struct api_replication_group *create(const char *region, const char *form)
{
    struct answer a = fixture_run(region, "CreateReplicationGroup", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return ((const struct api_create_replication_group_out *)a.out)->replication_group;
}

static const struct api_describe_replication_groups_out *describe(const char *form)
{
    struct answer a = fixture_run("us-east-1", "DescribeReplicationGroups", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return a.out;
}

Test(views, a_new_group_is_filled_in_as_the_service_does)
{
    const struct api_replication_group *g = create(
        "us-east-1", "ReplicationGroupId=Demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=3");
    cr_assert_str_eq(g->replication_group_id, "demo");
    cr_assert_str_eq(g->status, "creating");
    cr_assert_eq(g->member_clusters.n, 3u);
    cr_assert_str_eq(g->member_clusters.items[2], "demo-003");
    cr_assert_not(g->node_groups.set, "no node groups before they are provisioned");
    cr_assert_str_eq(g->engine, "redis");
    cr_assert_str_eq(g->automatic_failover, "disabled");
    cr_assert_eq(g->snapshot_retention_limit.v, 0);
    cr_assert_str_eq(g->arn, "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:demo");
    cr_assert_not_null(g->global_replication_group_info);
    cr_assert_null(g->global_replication_group_info->global_replication_group_id);
}

Test(views, valkey_is_encrypted_at_rest_unless_told_otherwise)
{
    cr_assert(
        create("us-east-1", "ReplicationGroupId=v&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&Engine=VALKEY")
            ->at_rest_encryption_enabled.v);
    cr_assert_not(create("us-east-1", "ReplicationGroupId=r&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large")
                      ->at_rest_encryption_enabled.v);
}

Test(views, an_available_group_shows_its_members_and_their_roles)
{
    create("us-east-1",
        "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicasPerNodeGroup=1&Port=7000");
    fixture_available("us-east-1", "demo");
    const struct api_replication_group *g = describe("ReplicationGroupId=DEMO")->replication_groups.items;
    cr_assert_eq(g->node_groups.n, 1u);
    const struct api_node_group *ng = g->node_groups.items;
    cr_assert_str_eq(ng->node_group_id, "0001");
    cr_assert_eq(ng->node_group_members.n, 2u);
    cr_assert_str_eq(ng->node_group_members.items[0].current_role, "primary");
    cr_assert_str_eq(ng->node_group_members.items[1].current_role, "replica");
    cr_assert_eq(ng->node_group_members.items[0].read_endpoint->port.v, 7000);
}

Test(views, pages_follow_each_other_without_gap_or_overlap)
{
    char form[160];
    for (int i = 0; i < 45; i++) {
        snprintf(form, sizeof form, "ReplicationGroupId=g%02d&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large", i);
        create("us-east-1", form);
    }
    const char *marker = "";
    int seen = 0;
    for (int page = 0; page < 3; page++) {
        snprintf(form, sizeof form, "MaxRecords=20&Marker=%s", marker);
        const struct api_describe_replication_groups_out *out = describe(form);
        for (size_t i = 0; i < out->replication_groups.n; i++) {
            char id[16];
            snprintf(id, sizeof id, "g%02d", seen++);
            cr_assert_str_eq(out->replication_groups.items[i].replication_group_id, id);
            cr_assert_eq(out->replication_groups.items[i].member_clusters.n, 1u);
        }
        marker = out->marker;
        cr_assert_eq(marker == NULL, page == 2);
    }
    cr_assert_eq(seen, 45);
}

Test(views, regions_do_not_see_each_other)
{
    create("us-east-1", "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    cr_assert_eq(fixture_run("eu-west-1", "DescribeReplicationGroups", "ReplicationGroupId=demo").fault,
        FAULT_REPLICATION_GROUP_NOT_FOUND);
    create("eu-west-1", "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
}

Test(views, a_global_datastore_is_seen_from_its_members_regions_only)
{
    create("us-east-1", "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    fixture_available("us-east-1", "demo");
    struct answer a = fixture_run(
        "us-east-1", "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=gds&PrimaryReplicationGroupId=demo");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_global_replication_group *g =
        ((const struct api_create_global_replication_group_out *)a.out)->global_replication_group;
    cr_assert_str_eq(g->global_replication_group_id, "ldgnf-gds");
    cr_assert_str_eq(g->global_replication_group_description, " ");
    cr_assert_str_eq(g->arn, "arn:aws:elasticache::000000000000:globalreplicationgroup:ldgnf-gds");
    cr_assert_str_eq(g->status, "creating");
    cr_assert_str_eq(g->members.items[0].status, "associating");
    cr_assert_str_eq(g->engine_version, "7.1.0");
    cr_assert_eq(fixture_run("us-east-1", "DescribeGlobalReplicationGroups", "GlobalReplicationGroupId=LDGNF-gds").fault, 0);
    cr_assert_eq(fixture_run("eu-west-1", "DescribeGlobalReplicationGroups", "GlobalReplicationGroupId=ldgnf-gds").fault,
        FAULT_GLOBAL_REPLICATION_GROUP_NOT_FOUND);
}

Test(views, a_member_gets_a_parameter_group_of_its_own)
{
    create("us-east-1", "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large");
    fixture_available("us-east-1", "demo");
    fixture_run("us-east-1", "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=gds&PrimaryReplicationGroupId=demo");
    struct answer a = fixture_run("us-east-1", "DescribeCacheClusters", "CacheClusterId=demo-001");
    const struct api_cache_cluster *c = ((const struct api_describe_cache_clusters_out *)a.out)->cache_clusters.items;
    cr_assert_eq(strncmp(c->cache_parameter_group->cache_parameter_group_name, "global-datastore-demo-", 22), 0);
    cr_assert_not(c->auto_minor_version_upgrade.v);
}

Test(views, tags_of_a_group_are_its_members_tags_too)
{
    create("us-east-1", "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&Tags.Tag.1.Key=env&"
                        "Tags.Tag.1.Value=dev");
    fixture_available("us-east-1", "demo");
    struct answer a = fixture_run(
        "us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:cluster:demo-001");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    const struct api_tag_list *tags = &((const struct api_list_tags_for_resource_out *)a.out)->tag_list;
    cr_assert_eq(tags->n, 1u);
    cr_assert_str_eq(tags->items[0].value, "dev");
}
