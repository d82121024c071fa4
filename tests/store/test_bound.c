#include "store/bound.h"
#include <criterion/criterion.h>

Test(bound, is_unknown_until_somebody_has_counted_and_grows_with_what_is_written)
{
    struct bounds b = {0};
    bounds_grow(&b, "here");
    cr_expect_eq(bounds_get(&b, "here"), INT64_MAX);
    bounds_set(&b, "here", 5);
    bounds_grow(&b, "here");
    bounds_grow(&b, "there");
    cr_expect_eq(bounds_get(&b, "here"), 6);
    cr_expect_eq(bounds_get(&b, "there"), INT64_MAX);
    bounds_set(&b, "here", 2);
    cr_expect_eq(bounds_get(&b, "here"), 2);
    bounds_fini(&b);
}
