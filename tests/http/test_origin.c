#include "http/origin.h"
#include <criterion/criterion.h>

#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64)"

Test(origin, tells_programs_own_pages_and_others_apart)
{
    static const struct {
        const char *origin, *site, *host;
        const char *agent;
        enum origin is;
    } rows[] = {
        {NULL, NULL, "127.0.0.1:4566", NULL, ORIGIN_PROGRAM},
        {NULL, NULL, "meridian:4566", NULL, ORIGIN_PROGRAM},
        {NULL, NULL, NULL, NULL, ORIGIN_PROGRAM},
        {NULL, NULL, "meridian:4566", "aws-cli/2.9.19 Python/3.11", ORIGIN_PROGRAM},
        {"http://localhost:4566", "same-origin", "localhost:4566", FIREFOX, ORIGIN_OWN},
        {"http://192.168.1.9:4566", NULL, "192.168.1.9:4566", FIREFOX, ORIGIN_OWN},
        {"http://192.168.1.9", NULL, "192.168.1.9", FIREFOX, ORIGIN_OWN},
        {"http://192.168.1.9:80", NULL, "192.168.1.9", FIREFOX, ORIGIN_OWN},
        {"http://[::1]:4566", NULL, "[::1]:4566", FIREFOX, ORIGIN_OWN},
        {"http://elasticache.localhost:4566", NULL, "elasticache.localhost:4566", NULL, ORIGIN_OWN},
        {NULL, "same-origin", "localhost:4566", NULL, ORIGIN_OWN},
        {NULL, "none", "127.0.0.1:4566", FIREFOX, ORIGIN_UNKNOWN}, /* typed into the address bar */
        {NULL, NULL, "192.168.1.9:4566", FIREFOX, ORIGIN_UNKNOWN}, /* an image on any page: browsers tell no more there */
        {"http://localhost:3000", "same-site", "localhost:4566", NULL, ORIGIN_FOREIGN},
        {"http://localhost:3000", NULL, "localhost:4566", NULL, ORIGIN_FOREIGN},
        {"http://192.168.1.9:45660", NULL, "192.168.1.9:4566", NULL, ORIGIN_FOREIGN},
        {"ftp://192.168.1.9:4566", NULL, "192.168.1.9:4566", NULL, ORIGIN_FOREIGN},
        {NULL, "cross-site", "127.0.0.1:4566", NULL, ORIGIN_FOREIGN},
        {"http://shop.example", NULL, "127.0.0.1:4566", NULL, ORIGIN_FOREIGN},
        {"http://localhost.shop.example", NULL, "localhost:4566", NULL, ORIGIN_FOREIGN},
        {"null", NULL, "127.0.0.1:4566", NULL, ORIGIN_FOREIGN},
        {"http://shop.example:4566", "same-origin", "shop.example:4566", NULL, ORIGIN_FOREIGN}, /* a name made to resolve here */
        {NULL, "same-origin", "shop.example:4566", NULL, ORIGIN_FOREIGN},
        {NULL, NULL, "shop.example:4566", FIREFOX, ORIGIN_FOREIGN},
        {NULL, "same-origin", NULL, NULL, ORIGIN_FOREIGN},
        {"http://127.0.0.1", NULL, "[::1", NULL, ORIGIN_FOREIGN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(origin_of(rows[i].origin, rows[i].site, rows[i].agent, rows[i].host), rows[i].is, "row %zu", i);
}

Test(origin, lets_no_page_change_anything_but_our_own_and_that_not_by_get)
{
    static const struct {
        enum origin origin;
        const char *method;
        bool may_ask, may_change;
    } rows[] = {
        {ORIGIN_PROGRAM, "GET", true, true},
        {ORIGIN_PROGRAM, "POST", true, true},
        {ORIGIN_OWN, "GET", true, false},
        {ORIGIN_OWN, "POST", true, true},
        {ORIGIN_UNKNOWN, "GET", true, false},
        {ORIGIN_UNKNOWN, "HEAD", true, false},
        {ORIGIN_UNKNOWN, "POST", false, false},
        {ORIGIN_FOREIGN, "GET", false, false},
        {ORIGIN_FOREIGN, "POST", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(origin_may_ask(rows[i].origin, rows[i].method), rows[i].may_ask, "row %zu", i);
        cr_expect_eq(origin_may_change(rows[i].origin, rows[i].method), rows[i].may_change, "row %zu", i);
    }
}
