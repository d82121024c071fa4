#include "base/index.h"
#include "base/arena.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

enum { NAMES = 60 };

Test(index, has_what_was_put_and_not_taken_out_again)
{
    struct index x = {0};
    char names[NAMES][8];
    bool there[NAMES] = {false};
    unsigned seed = (unsigned)getpid();
    srand(seed);
    fprintf(stderr, "seed %u\n", seed);
    for (int i = 0; i < NAMES; i++) snprintf(names[i], sizeof names[i], "n%d", i);
    for (int n = 0; n < 5000; n++) {
        int i = rand() % NAMES;
        there[i] = rand() % 2;
        if (there[i]) index_put(&x, names[i], names[i]);
        else index_drop(&x, names[i]);
        for (int k = 0; k < NAMES; k++) cr_assert_eq(index_get(&x, names[k]) != NULL, there[k], "%s after %d steps", names[k], n);
    }
    index_fini(&x);
}
