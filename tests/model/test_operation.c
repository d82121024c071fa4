#include "model/operation.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>

static const int declared[] = {FAULT_SNAPSHOT_NOT_FOUND, FAULT_TAG_NOT_FOUND, FAULT_NONE};
static const struct operation table[] = {{.name = "Alpha", .faults = declared}, {.name = "Beta"}, {.name = "Gamma"}};

Test(operation, is_found_by_its_name)
{
    cr_expect_eq(operation_find(table, 3, "Alpha"), &table[0]);
    cr_expect_eq(operation_find(table, 3, "Gamma"), &table[2]);
    cr_expect_null(operation_find(table, 3, "gamma"));
    cr_expect_null(operation_find(table, 3, ""));
    cr_expect_null(operation_find(table, 0, "Alpha"));
}

Test(operation, declares_its_own_faults_and_the_common_ones)
{
    cr_expect(operation_declares(table, FAULT_TAG_NOT_FOUND));
    cr_expect(operation_declares(table, FAULT_INTERNAL_FAILURE));
    cr_expect(operation_declares(table, FAULT_INVALID_PARAMETER_VALUE));
    cr_expect_not(operation_declares(table, FAULT_USER_NOT_FOUND));
    cr_expect_not(operation_declares(table, FAULT_NONE));
    cr_expect_not(operation_declares(table, FAULT__COUNT));
    cr_expect_not(operation_declares(table, -1));
}

Test(operation, faults_have_the_codes_and_statuses_that_sdks_look_for)
{
    static const struct {
        enum fault fault;
        const char *code;
        int status;
        bool receiver;
    } rows[] = {
        {FAULT_CACHE_CLUSTER_NOT_FOUND, "CacheClusterNotFound", 404, false},
        {FAULT_REPLICATION_GROUP_NOT_FOUND, "ReplicationGroupNotFoundFault", 404, false},
        {FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "CacheSubnetGroupNotFoundFault", 400, false},
        {FAULT_RESERVED_CACHE_NODE_ALREADY_EXISTS, "ReservedCacheNodeAlreadyExists", 404, false},
        {FAULT_CACHE_SECURITY_GROUP_QUOTA_EXCEEDED, "QuotaExceeded.CacheSecurityGroup", 400, false},
        {FAULT_INVALID_CREDENTIALS, "InvalidCredentialsException", 408, false},
        {FAULT_MALFORMED_QUERY_STRING, "MalformedQueryString", 404, false},
        {FAULT_SERVICE_UNAVAILABLE, "ServiceUnavailable", 503, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct fault_info *f = &api_faults[rows[i].fault];
        cr_expect_str_eq(f->code, rows[i].code);
        cr_expect_eq(f->http_status, rows[i].status, "%s", f->code);
        cr_expect_eq(f->receiver, rows[i].receiver, "%s", f->code);
    }
    for (int i = 1; i < FAULT__COUNT; i++) cr_expect(api_faults[i].code && api_faults[i].http_status >= 400, "fault %d", i);
}
