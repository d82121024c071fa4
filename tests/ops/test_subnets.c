#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define NOT_FOUND FAULT_CACHE_SUBNET_GROUP_NOT_FOUND
#define NAMED "CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-0a&CacheSubnetGroupName="

static const struct api_cache_subnet_group *create(const char *form)
{
    struct answer a = fixture_run("us-east-1", "CreateCacheSubnetGroup", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return ((const struct api_create_cache_subnet_group_out *)a.out)->cache_subnet_group;
}

static const struct api_describe_cache_subnet_groups_out *describe(const char *region, const char *form)
{
    struct answer a = fixture_run(region, "DescribeCacheSubnetGroups", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return a.out;
}

static void setup(void)
{
    fixture_open();
    create(NAMED "There");
}

TestSuite(subnets, .init = setup, .fini = fixture_close);

Test(subnets, faults_are_those_of_the_service)
{
    static const struct fixture_line table[] = {
        {"CreateCacheSubnetGroup", NAMED "1x", VALUE, "The parameter CacheSubnetGroupName" BAD_ID},
        {"CreateCacheSubnetGroup", NAMED "x.y", VALUE, "The parameter CacheSubnetGroupName" BAD_ID},
        {"CreateCacheSubnetGroup", NAMED "THERE", FAULT_CACHE_SUBNET_GROUP_ALREADY_EXISTS,
            "Cache subnet group there already exists."},
        {"CreateCacheSubnetGroup", NAMED "default", FAULT_CACHE_SUBNET_GROUP_ALREADY_EXISTS,
            "Cache subnet group default already exists."},
        {"CreateCacheSubnetGroup",
            "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-1&SubnetIds."
            "SubnetIdentifier.2=net-2",
            VALUE, "Some input subnets in :[subnet-1, net-2] are invalid."},
        {"CreateCacheSubnetGroup", "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-",
            VALUE, "Some input subnets in :[subnet-] are invalid."},
        {"CreateCacheSubnetGroup", "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d", VALUE,
            "The parameter SubnetIds must be provided and must not be null."},
        {"CreateCacheSubnetGroup", "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d&SubnetIds=", VALUE,
            "The parameter SubnetIds must be provided and must not be null."},
        {"CreateCacheSubnetGroup", NAMED "x&Tags.Tag.1.Key=aws:x", VALUE,
            "Tag keys that begin with aws: are reserved for system use."},
        {"CreateCacheSubnetGroup",
            "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-a&SubnetIds."
            "SubnetIdentifier.2=subnet-other-a",
            FAULT_INVALID_SUBNET, "Subnets subnet-a and subnet-other-a are not in the same VPC."},
        {"CreateCacheSubnetGroup",
            "CacheSubnetGroupName=x&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-outpost-a",
            FAULT_SUBNET_NOT_ALLOWED, "At least one subnet ID does not match the other subnet IDs."},
        {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=there&SubnetIds.SubnetIdentifier.1=subnet-other-a", FAULT_INVALID_SUBNET,
            "Subnet subnet-other-a is not in the VPC..."},
        {"DescribeCacheSubnetGroups", "CacheSubnetGroupName=x", NOT_FOUND, "Cache subnet group x not found."},
        {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=x", NOT_FOUND, "Cache subnet group x not found."},
        {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=default&CacheSubnetGroupDescription=e", VALUE,
            "The default cache subnet group cannot be modified."},
        {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=there&SubnetIds.SubnetIdentifier.1=here", VALUE,
            "Some input subnets in :[here] are invalid."},
        {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=x", NOT_FOUND, "Cache Subnet Group x does not exist."},
        {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=default", VALUE, "The default cache subnet group cannot be deleted."},
        {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=THERE", 0, NULL},
        {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=there", NOT_FOUND, "Cache Subnet Group there does not exist."},
    };
    CHECK("us-east-1", table);
}

Test(subnets, a_group_in_use_stays_and_keeps_one_of_its_subnets)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup",
            "ReplicationGroupId=user&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&CacheSubnetGroupName=There", 0,
            NULL},
        {"DeleteCacheSubnetGroup", "CacheSubnetGroupName=there", FAULT_CACHE_SUBNET_GROUP_IN_USE,
            "Cache subnet group there is currently in use by a cache cluster."},
        {"ModifyCacheSubnetGroup", "CacheSubnetGroupName=there&SubnetIds.SubnetIdentifier.1=subnet-0b", FAULT_SUBNET_IN_USE,
            "The subnets of cache subnet group there are in use."},
        {"ModifyCacheSubnetGroup",
            "CacheSubnetGroupName=there&SubnetIds.SubnetIdentifier.1=subnet-0b&SubnetIds.SubnetIdentifier.2=subnet-0a", 0, NULL},
    };
    CHECK("us-east-1", table);
}

Test(subnets, quotas_hold)
{
    char form[2000] = "CacheSubnetGroupName=many&CacheSubnetGroupDescription=d", one[80];
    for (int i = 1; i <= 21; i++) {
        snprintf(one, sizeof one, "&SubnetIds.SubnetIdentifier.%d=subnet-%d", i, i);
        strcat(form, one);
    }
    cr_expect_eq(fixture_run("us-east-1", "CreateCacheSubnetGroup", form).fault, FAULT_CACHE_SUBNET_QUOTA_EXCEEDED);
    for (int i = 2; i <= 300; i++) {
        snprintf(form, sizeof form, NAMED "g-%d", i);
        create(form);
    }
    cr_expect_eq(
        fixture_run("us-east-1", "CreateCacheSubnetGroup", NAMED "g-301").fault, FAULT_CACHE_SUBNET_GROUP_QUOTA_EXCEEDED);
}

Test(subnets, a_new_group_has_one_vpc_and_zones_that_follow_from_its_subnets_ids)
{
    const struct api_cache_subnet_group *g =
        create("CacheSubnetGroupName=Main&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-11111111"
               "&SubnetIds.SubnetIdentifier.2=subnet-0123456789abcdefb&SubnetIds.SubnetIdentifier.3=subnet-zone-3");
    cr_assert_str_eq(g->cache_subnet_group_name, "main");
    cr_assert_str_eq(g->arn, "arn:aws:elasticache:us-east-1:000000000000:subnetgroup:main");
    cr_assert_eq(g->subnets.n, 3u);
    cr_assert_str_eq(g->subnets.items[0].subnet_identifier, "subnet-0123456789abcdefb");
    cr_assert_str_eq(g->subnets.items[0].subnet_availability_zone->name, "us-east-1b");
    cr_assert_str_eq(g->subnets.items[1].subnet_availability_zone->name, "us-east-1a");
    cr_assert_str_eq(g->subnets.items[2].subnet_availability_zone->name, "us-east-1c");
    cr_assert_str_eq(g->subnets.items[0].supported_network_types.items[0], "ipv4");
    cr_assert_eq(strncmp(g->vpc_id, "vpc-0", 5), 0);
    cr_assert_str_eq(g->vpc_id, describe("us-east-1", "CacheSubnetGroupName=default")->cache_subnet_groups.items[0].vpc_id);
    cr_assert_str_neq(g->vpc_id, describe("eu-west-1", "CacheSubnetGroupName=default")->cache_subnet_groups.items[0].vpc_id);
}

Test(subnets, modifying_replaces_the_whole_list_and_leaves_alone_what_is_not_named)
{
    struct answer a =
        fixture_run("us-east-1", "ModifyCacheSubnetGroup", "CacheSubnetGroupName=There&SubnetIds.SubnetIdentifier.1=subnet-9");
    const struct api_cache_subnet_group *g = ((const struct api_modify_cache_subnet_group_out *)a.out)->cache_subnet_group;
    cr_assert_eq(a.fault, 0, "%s", a.message);
    cr_assert_eq(g->subnets.n, 1u);
    cr_assert_str_eq(g->subnets.items[0].subnet_identifier, "subnet-9");
    cr_assert_str_eq(g->cache_subnet_group_description, "d");
}

Test(subnets, the_default_group_exists_everywhere_and_covers_all_zones)
{
    const struct api_cache_subnet_group *g = &describe("eu-west-1", "")->cache_subnet_groups.items[0];
    cr_assert_str_eq(g->cache_subnet_group_name, "default");
    cr_assert_eq(g->subnets.n, (size_t)region_find("eu-west-1")->n_zones);
    for (size_t i = 0; i < g->subnets.n; i++)
        cr_assert_str_eq(g->subnets.items[i].subnet_availability_zone->name, region_find("eu-west-1")->zones[i]);
}

/* The names go around the default group, so that every page has another place for it. */
Test(subnets, pages_have_the_default_group_in_its_place)
{
    char form[120];
    for (int i = 0; i < 40; i++) {
        snprintf(form, sizeof form, NAMED "%c-%d", i < 19 ? 'a' : 'x', i);
        create(form);
    }
    const struct api_describe_cache_subnet_groups_out *page = describe("us-east-1", "MaxRecords=20");
    const char *last = "";
    size_t n = 0;
    for (;; page = describe("us-east-1", form)) {
        for (size_t i = 0; i < page->cache_subnet_groups.n; i++, n++) {
            cr_assert_gt(strcmp(page->cache_subnet_groups.items[i].cache_subnet_group_name, last), 0, "%s", last);
            last = page->cache_subnet_groups.items[i].cache_subnet_group_name;
        }
        if (page->marker == NULL) break;
        cr_assert_eq(page->cache_subnet_groups.n, 20u);
        snprintf(form, sizeof form, "MaxRecords=20&Marker=%s", page->marker);
    }
    cr_assert_eq(n, 42u);
}

Test(subnets, nodes_that_nobody_placed_stand_in_the_groups_zones)
{
    create("CacheSubnetGroupName=two&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-2&SubnetIds."
           "SubnetIdentifier.2=subnet-4");
    cr_assert_eq(fixture_run("us-east-1", "CreateReplicationGroup",
                     "ReplicationGroupId=rg&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumCacheClusters=3&"
                     "CacheSubnetGroupName=two")
                     .fault,
        0);
    const struct api_describe_cache_clusters_out *out = fixture_run("us-east-1", "DescribeCacheClusters", "").out;
    cr_assert_eq(out->cache_clusters.n, 3u);
    cr_assert_str_eq(out->cache_clusters.items[0].preferred_availability_zone, "us-east-1b");
    cr_assert_str_eq(out->cache_clusters.items[1].preferred_availability_zone, "us-east-1d");
    cr_assert_str_eq(out->cache_clusters.items[2].preferred_availability_zone, "us-east-1b");
}

Test(subnets, groups_carry_tags)
{
    create(NAMED "tagged&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v");
    struct answer a = fixture_run(
        "us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:subnetgroup:tagged");
    cr_assert_eq(a.fault, 0, "%s", a.message);
    cr_assert_eq(((const struct api_list_tags_for_resource_out *)a.out)->tag_list.n, 1u);
    a = fixture_run(
        "us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:subnetgroup:none");
    cr_assert_eq(a.fault, NOT_FOUND, "%s", a.message);
}

Test(subnets, security_groups_of_the_time_before_are_refused)
{
    static const char refused[] = "Use of cache security groups is not permitted in this API version for your account.";
    static const struct fixture_line table[] = {
        {"CreateCacheSecurityGroup", "CacheSecurityGroupName=x&Description=d", VALUE, refused},
        {"DescribeCacheSecurityGroups", "", VALUE, refused},
        {"AuthorizeCacheSecurityGroupIngress", "CacheSecurityGroupName=x&EC2SecurityGroupName=y&EC2SecurityGroupOwnerId=1", VALUE,
            refused},
        {"RevokeCacheSecurityGroupIngress", "CacheSecurityGroupName=x&EC2SecurityGroupName=y&EC2SecurityGroupOwnerId=1", VALUE,
            refused},
        {"DeleteCacheSecurityGroup", "CacheSecurityGroupName=x", VALUE, refused},
    };
    CHECK("us-east-1", table);
}
