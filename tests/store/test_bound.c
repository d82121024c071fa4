#include "store/bound.h"
#include <criterion/criterion.h>

Test(bound, is_unknown_until_somebody_has_counted_and_grows_with_what_is_written)
{
    static const char users, groups;
    struct bounds b = {0};
    bounds_grow(&b, &users, "here");
    cr_expect_eq(bounds_get(&b, &users, "here"), INT64_MAX);
    bounds_set(&b, &users, "here", 5);
    bounds_grow(&b, &users, "here");
    bounds_grow(&b, &users, "there");
    cr_expect_eq(bounds_get(&b, &users, "here"), 6);
    cr_expect_eq(bounds_get(&b, &users, "there"), INT64_MAX);
    bounds_set(&b, &users, "here", 2);
    cr_expect_eq(bounds_get(&b, &users, "here"), 2);
    cr_expect_eq(bounds_get(&b, &groups, "here"), INT64_MAX);
    bounds_set(&b, &groups, "here", 9);
    bounds_grow(&b, &users, "here");
    cr_expect(bounds_get(&b, &users, "here") == 3 && bounds_get(&b, &groups, "here") == 9);
    bounds_fini(&b);
}
