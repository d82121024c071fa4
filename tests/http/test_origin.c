#include "http/origin.h"
#include <criterion/criterion.h>

Test(origin, refuses_other_sites_and_foreign_names_only)
{
    static const struct {
        const char *origin, *site, *host;
        const char *agent;
        bool refused;
    } rows[] = {
        {NULL, NULL, "127.0.0.1:4566", NULL, false}, /* not a browser */
        {NULL, NULL, "meridian:4566", NULL, false},
        {NULL, NULL, NULL, NULL, false},
        {NULL, "none", "127.0.0.1:4566", NULL, false}, /* typed into the address bar */
        {NULL, "same-origin", "localhost:4566", NULL, false},
        {"http://localhost:3000", "same-site", "localhost:4566", NULL, false},
        {"http://elasticache.localhost", NULL, "elasticache.localhost:4566", NULL, false},
        {"http://[::1]:3000", NULL, "[::1]:4566", NULL, false},
        {"http://192.168.1.9", NULL, "192.168.1.9:4566", NULL, false},
        {NULL, "cross-site", "127.0.0.1:4566", NULL, true},
        {"http://shop.example", NULL, "127.0.0.1:4566", NULL, true},
        {"http://localhost.shop.example", NULL, "localhost:4566", NULL, true},
        {"null", NULL, "127.0.0.1:4566", NULL, true},
        {"http://shop.example:4566", "same-origin", "shop.example:4566", NULL, true}, /* a name made to resolve to this machine */
        {NULL, "same-origin", "shop.example:4566", NULL, true},
        {NULL, NULL, "shop.example:4566", "Mozilla/5.0 (X11; Linux x86_64)", true}, /* browsers trust no such address with more */
        {NULL, NULL, "127.0.0.1:4566", "Mozilla/5.0 (X11; Linux x86_64)", false},
        {NULL, NULL, "meridian:4566", "aws-cli/2.9.19 Python/3.11", false},
        {NULL, "same-origin", NULL, NULL, true},
        {"http://127.0.0.1", NULL, "[::1", NULL, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(origin_refused(rows[i].origin, rows[i].site, rows[i].agent, rows[i].host), rows[i].refused, "row %zu", i);
}
