#include "http/route.h"
#include "base/buf.h"
#include <criterion/criterion.h>

static const struct http_route routes[] = {
    {NULL, "/*"},
    {"GET", "/a/b"},
    {"PUT", "/a/b"},
    {"POST", "/a/*"},
    {NULL, "/a/b/c"},
    {"GET", "/a/"},
    {"GET", "/late*"},
    {"GET", "/late/*"},
};

Test(route, takes_the_best_pattern_and_then_the_method)
{
    static const struct {
        const char *method, *path;
        int route; /* -1: none */
        const char *allow;
    } rows[] = {
        {"GET", "/a/b", 1, "GET, PUT"},
        {"HEAD", "/a/b", 1, "GET, PUT"},
        {"PUT", "/a/b", 2, "GET, PUT"},
        {"POST", "/a/b", -1, "GET, PUT"},
        {"POST", "/a/bc", 3, "POST"},
        {"GET", "/a/bc", -1, "POST"},
        {"BREW", "/a/b/c", 4, ""},
        {"GET", "/a/", 5, "GET"},
        {"GET", "/late/x", 7, "GET"},
        {"GET", "/latex", 6, "GET"},
        {"GET", "/other", 0, ""},
        {"GET", "/", 0, ""},
        {"GET", "no-slash", -1, ""},
        {"GET", "", -1, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _buf_ struct buf allow = {0};
        const struct http_route *r = route_find(routes, sizeof routes / sizeof *routes, rows[i].method, rows[i].path, &allow);
        cr_expect_eq(r ? r - routes : -1, rows[i].route, "%s %s", rows[i].method, rows[i].path);
        cr_expect_str_eq(allow.len ? allow.data : "", rows[i].allow, "%s %s", rows[i].method, rows[i].path);
    }
}
