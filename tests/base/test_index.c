#include "base/index.h"
#include "base/arena.h"
#include <criterion/criterion.h>

Test(index, finds_nothing_in_an_empty_one)
{
    struct index x = {0};
    cr_expect_null(index_get(&x, "a"));
    index_fini(&x);
}

Test(index, finds_each_of_many_names_and_no_other)
{
    _arena_ struct arena a = {0};
    _index_ struct index x = {0};
    static int values[1000];
    for (int i = 0; i < 1000; i++) index_put(&x, arena_printf(&a, "node-%04d", i), &values[i]);
    for (int i = 0; i < 1000; i++) cr_assert_eq(index_get(&x, arena_printf(&a, "node-%04d", i)), &values[i], "%d", i);
    cr_expect_null(index_get(&x, "node-1000"));
    cr_expect_null(index_get(&x, ""));
}

Test(index, takes_the_last_value_of_a_name)
{
    _index_ struct index x = {0};
    int first = 1, last = 2;
    index_put(&x, "a", &first);
    index_put(&x, "a", &last);
    cr_expect_eq(index_get(&x, "a"), &last);
    cr_expect_eq(x.n, 1u);
}
