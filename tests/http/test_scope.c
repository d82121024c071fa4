#include "http/scope.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>
#include <string.h>

#define SIGNED(credential) "AWS4-HMAC-SHA256 Credential=" credential ", SignedHeaders=host;x-amz-date, Signature=0123"

Test(scope, tells_region_and_account_or_what_is_wrong)
{
    static const struct {
        const char *authorization, *credential;
        int r;
        const char *region, *account;
    } rows[] = {
        {NULL, NULL, 0, "us-west-2", "000000000000"},
        {SIGNED("AKID/20260101/eu-west-1/elasticache/aws4_request"), NULL, 0, "eu-west-1", "000000000000"},
        {SIGNED("123456789012/20260101/eu-west-1/elasticache/aws4_request"), NULL, 0, "eu-west-1", "123456789012"},
        {SIGNED("1234567890123/20260101/eu-west-1/elasticache/aws4_request"), NULL, 0, "eu-west-1", "000000000000"},
        {SIGNED("a/b/20260101/eu-west-1/elasticache/aws4_request"), NULL, 0, "eu-west-1", "000000000000"},
        {SIGNED("AKID/20260101/mars-1/elasticache/aws4_request"), NULL, 0, "mars-1", "000000000000"},
        {"AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/elasticache/aws4_request,SignedHeaders=host,Signature=0", NULL, 0,
            "eu-west-1", "000000000000"},
        {"AWS4-HMAC-SHA256 SignedHeaders=host, Credential=AKID/20260101/eu-west-1/elasticache/aws4_request", NULL, 0, "eu-west-1",
            "000000000000"},
        {NULL, "123456789012/20260101/ap-south-1/elasticache/aws4_request", 0, "ap-south-1", "123456789012"},
        {SIGNED("AKID/20260101/eu-west-1/elasticache/aws4_request"), "AKID/20260101/ap-south-1/elasticache/aws4_request", 0,
            "eu-west-1", "000000000000"},
        {SIGNED("AKID/20260101/eu-west-1/sts/aws4_request"), NULL, 0, "eu-west-1", "000000000000"},
        {SIGNED("AKID/20260101/eu-west-1/elasticache/aws3_request"), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {SIGNED("AKID/20260101//elasticache/aws4_request"), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {SIGNED("AKID/20260101/<eu>/elasticache/aws4_request"), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {SIGNED("20260101/eu-west-1/elasticache/aws4_request"), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {SIGNED("/20260101/eu-west-1/elasticache/aws4_request"), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {SIGNED(""), NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {"AWS4-HMAC-SHA256 Signature=0", NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {"Bearer Credential=AKID/20260101/eu-west-1/elasticache/aws4_request", NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {"", NULL, FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
        {NULL, "", FAULT_INCOMPLETE_SIGNATURE, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _arena_ struct arena a = {0};
        struct scope s;
        struct err e = {0};
        int r = scope_read(&s, &a, rows[i].authorization, rows[i].credential, "us-west-2", &e);
        cr_expect_eq(r, rows[i].r, "row %zu: %d %s", i, r, e.msg);
        if (rows[i].region == NULL) continue;
        cr_expect_str_eq(s.region, rows[i].region, "row %zu", i);
        cr_expect_str_eq(s.account, rows[i].account, "row %zu", i);
    }
}

Test(scope, names_the_other_service)
{
    _arena_ struct arena a = {0};
    struct scope s;
    struct err e = {0};
    cr_assert_eq(scope_read(&s, &a, SIGNED("AKID/20260101/eu-west-1/sts/aws4_request"), NULL, "us-west-2", &e), 0);
    cr_expect_str_eq(s.service, "sts");
    cr_assert_eq(scope_read(&s, &a, NULL, NULL, "us-west-2", &e), 0);
    cr_expect_str_eq(s.service, "elasticache");
}
