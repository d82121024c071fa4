#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(reserved, .init = fixture_open, .fini = fixture_close);

#define HOME "us-east-1"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define EXACTLY "CacheNodeType=cache.r6g.large&Duration=P1Y&OfferingType=All%20Upfront&ProductDescription=redis"

static const char *offering_id(void)
{
    static struct answer answer;
    answer = fixture_run(HOME, "DescribeReservedCacheNodesOfferings", EXACTLY);
    cr_assert_eq(answer.fault, 0);
    const struct api_describe_reserved_cache_nodes_offerings_out *out = answer.out;
    cr_assert_eq(out->reserved_cache_nodes_offerings.n, 1);
    return out->reserved_cache_nodes_offerings.items[0].reserved_cache_nodes_offering_id;
}

static const struct api_reserved_cache_node *only_node(const char *form)
{
    static struct answer answer;
    answer = fixture_run(HOME, "DescribeReservedCacheNodes", form);
    cr_assert_eq(answer.fault, 0, "%s", answer.message);
    const struct api_describe_reserved_cache_nodes_out *out = answer.out;
    return out->reserved_cache_nodes.n == 1 ? out->reserved_cache_nodes.items : NULL;
}

Test(reserved, each_offering_is_found_on_some_page_once)
{
    char form[200] = "MaxRecords=100", ids[4000][40];
    size_t n = 0;
    for (;;) {
        struct answer a = fixture_run(HOME, "DescribeReservedCacheNodesOfferings", form);
        cr_assert_eq(a.fault, 0);
        const struct api_describe_reserved_cache_nodes_offerings_out *out = a.out;
        for (size_t i = 0; i < out->reserved_cache_nodes_offerings.n; i++)
            snprintf(ids[n++], 40, "%s", out->reserved_cache_nodes_offerings.items[i].reserved_cache_nodes_offering_id);
        if (out->marker == NULL) break;
        cr_assert_eq(out->reserved_cache_nodes_offerings.n, 100);
        snprintf(form, sizeof form, "MaxRecords=100&Marker=%s", out->marker);
    }
    cr_assert_gt(n, 500);
    qsort(ids, n, sizeof *ids, (int (*)(const void *, const void *))strcmp);
    for (size_t i = 1; i < n; i++) cr_assert_str_neq(ids[i], ids[i - 1]);
}

Test(reserved, a_node_is_bought_and_described)
{
    char form[300];
    snprintf(form, sizeof form, "ReservedCacheNodesOfferingId=%s&ReservedCacheNodeId=Mine&CacheNodeCount=3", offering_id());
    cr_assert_eq(fixture_run(HOME, "PurchaseReservedCacheNodesOffering", form).fault, 0);
    const struct api_reserved_cache_node *n = only_node("ReservedCacheNodeId=mine");
    cr_assert_not_null(n);
    cr_assert_str_eq(n->state, "active");
    cr_assert_str_eq(n->reservation_arn, "arn:aws:elasticache:us-east-1:000000000000:reserved-instance:mine");
    cr_assert_eq(n->cache_node_count.v, 3);
    cr_assert_eq(n->duration.v, 31536000);
    cr_assert_gt(n->fixed_price.v, 1000.0);
    cr_assert_eq(n->recurring_charges.items[0].recurring_charge_amount.v, 0.0);
    cr_assert_eq(fixture_run(HOME, "PurchaseReservedCacheNodesOffering", form).fault, FAULT_RESERVED_CACHE_NODE_ALREADY_EXISTS);
    cr_assert_not_null(only_node(EXACTLY));
    cr_assert_null(only_node("OfferingType=No%20Upfront"));
    cr_assert_null(only_node("Duration=3"));
    cr_assert_eq(
        fixture_run(HOME, "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:reserved-instance:mine")
            .fault,
        0);
}

Test(reserved, a_node_is_retired_when_its_time_is_over)
{
    struct err e;
    struct row_reserved_node row = {HOME, "old", "000000000000", offering_id(), 1, 1000};
    cr_assert_eq(q_reserved_node_put(fixture_store(), &row, &e), 0);
    cr_assert_str_eq(only_node("ReservedCacheNodeId=old")->state, "retired");
}

Test(reserved, faults)
{
    char many[200], none[200];
    snprintf(many, sizeof many, "ReservedCacheNodesOfferingId=%s&CacheNodeCount=301", offering_id());
    snprintf(none, sizeof none, "ReservedCacheNodesOfferingId=%s&CacheNodeCount=0", offering_id());
    struct fixture_line table[] = {
        {"DescribeReservedCacheNodes", "ReservedCacheNodeId=x", FAULT_RESERVED_CACHE_NODE_NOT_FOUND,
            "Reserved cache node x not found."},
        {"DescribeReservedCacheNodesOfferings", "ReservedCacheNodesOfferingId=x", FAULT_RESERVED_CACHE_NODES_OFFERING_NOT_FOUND,
            "Reserved cache nodes offering x not found."},
        {"DescribeReservedCacheNodesOfferings", "Duration=2", VALUE, "Invalid Duration: 2..."},
        {"DescribeReservedCacheNodes", "OfferingType=Free", VALUE, "Invalid OfferingType: Free..."},
        {"PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=x", FAULT_RESERVED_CACHE_NODES_OFFERING_NOT_FOUND,
            "Reserved cache nodes offering x not found."},
        {"PurchaseReservedCacheNodesOffering", "CacheNodeCount=1", VALUE,
            "The parameter ReservedCacheNodesOfferingId must be provided and must not be null."},
        {"PurchaseReservedCacheNodesOffering", many, FAULT_RESERVED_CACHE_NODE_QUOTA_EXCEEDED,
            "Reserved cache node quota exceeded. You can have at most 300 reserved cache nodes in this region."},
        {"PurchaseReservedCacheNodesOffering", none, VALUE, "The parameter CacheNodeCount must be at least 1."},
    };
    CHECK(HOME, table);
}
