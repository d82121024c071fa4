#include "catalog/region.h"
#include <criterion/criterion.h>
#include <string.h>

Test(region, finds_a_region_by_its_name)
{
    const struct region *r = region_find("us-east-1");
    cr_assert_not_null(r);
    cr_assert_str_eq(r->code, "use1");
    cr_assert_str_eq(r->partition->name, "aws");
    cr_assert_str_eq(r->global_prefix, "ldgnf");
    cr_assert_eq(r->octet, 1);
    cr_assert_eq(r->n_zones, 6);
    cr_assert_str_eq(r->zones[5], "us-east-1f");
    cr_assert_null(region_find("us-east-9"));
    cr_assert_null(region_find(""));
}

Test(region, knows_the_code_that_breaks_the_pattern)
{
    cr_assert_str_eq(region_find("ap-northeast-2")->code, "apn2");
}

Test(region, has_partitions_of_its_own_in_china_and_govcloud)
{
    cr_assert_str_eq(region_find("cn-north-1")->partition->name, "aws-cn");
    cr_assert_str_eq(region_find("cn-north-1")->partition->dns_suffix, "amazonaws.com.cn");
    cr_assert_str_eq(region_find("us-gov-west-1")->partition->name, "aws-us-gov");
}

Test(region, knows_its_zones)
{
    const struct region *r = region_find("ap-northeast-1");
    cr_assert(region_has_zone(r, "ap-northeast-1a"));
    cr_assert_not(region_has_zone(r, "ap-northeast-1b"));
    cr_assert_not(region_has_zone(r, "us-east-1a"));
}

Test(region, supports_global_datastores_where_amazon_does)
{
    cr_assert(region_find("ap-south-2")->global_datastores);
    cr_assert(region_find("us-gov-east-1")->global_datastores);
    cr_assert_not(region_find("ap-east-2")->global_datastores);
    cr_assert_not(region_find("ap-southeast-6")->global_datastores);
}

Test(region, maintains_within_the_block_amazon_documents)
{
    const struct {
        const char *name;
        int start_min, length_min;
    } rows[] = {
        {"us-east-1", 180, 480},
        {"us-east-2", 240, 480},
        {"us-west-2", 360, 480},
        {"eu-west-1", 1320, 480},
        {"eu-west-3", 1439, 450},
        {"ap-south-1", 1050, 480},
        {"ap-southeast-2", 720, 480},
        {"sa-east-1", 60, 480},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct region *r = region_find(rows[i].name);
        cr_expect_eq(r->maintenance.start_min, rows[i].start_min, "%s", rows[i].name);
        cr_expect_eq(r->maintenance.length_min, rows[i].length_min, "%s", rows[i].name);
    }
}

static void expect_distinct(const struct region *a, const struct region *b)
{
    cr_expect(strcmp(a->name, b->name) < 0, "%s before %s", a->name, b->name);
    cr_expect_str_neq(a->code, b->code, "%s and %s", a->name, b->name);
    cr_expect_str_neq(a->global_prefix, b->global_prefix, "%s and %s", a->name, b->name);
    cr_expect_neq(a->octet, b->octet, "%s and %s", a->name, b->name);
}

Test(region, is_distinct_from_every_other_and_in_order)
{
    cr_assert_eq(n_regions, 38);
    for (size_t i = 0; i < n_regions; i++)
        for (size_t j = i + 1; j < n_regions; j++) expect_distinct(&regions[i], &regions[j]);
}

Test(region, names_its_zones_after_itself)
{
    for (size_t i = 0; i < n_regions; i++) {
        const struct region *r = &regions[i];
        cr_expect(r->n_zones >= 3, "%s", r->name);
        for (size_t z = 0; z < r->n_zones; z++)
            cr_expect(strncmp(r->zones[z], r->name, strlen(r->name)) == 0 && strlen(r->zones[z]) == strlen(r->name) + 1,
                "%s in %s", r->zones[z], r->name);
        cr_expect_eq(strlen(r->global_prefix), 5, "%s", r->name);
    }
}

Test(region, knows_how_far_regions_are)
{
    const struct region *a = region_find("us-east-1"), *b = region_find("eu-west-1"), *c = region_find("ap-southeast-2");
    cr_assert_eq(region_latency_ms(a, a), 0);
    cr_assert(region_latency_ms(a, b) > 30 && region_latency_ms(a, b) < 45);
    cr_assert_gt(region_latency_ms(b, c), region_latency_ms(a, c));
    for (size_t i = 0; i < n_regions; i++)
        for (size_t k = 0; k < n_regions; k++) {
            cr_assert_eq(region_latency_ms(&regions[i], &regions[k]), region_latency_ms(&regions[k], &regions[i]));
            cr_assert(i == k || region_latency_ms(&regions[i], &regions[k]) > 0);
        }
}
