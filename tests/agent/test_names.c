#include "agent/os/names.h"
#include <criterion/criterion.h>
#include <stdlib.h>

Test(names, an_added_name_is_there_and_a_popped_one_is_not)
{
    struct string_list l = {0};
    cr_assert(!names_has(&l, "a"));
    names_add(&l, "a");
    names_add(&l, "b");
    cr_assert(names_has(&l, "a") && names_has(&l, "b") && l.set);
    char *last = names_pop(&l);
    cr_assert_str_eq(last, "b");
    free(last);
    cr_assert(!names_has(&l, "b"));
    names_clear(&l);
    cr_assert_eq(l.n, 0);
}

Test(names, a_set_is_within_another_whatever_the_order)
{
    struct string_list a = {0}, b = {0};
    cr_assert(names_within(&a, &b));
    names_add(&a, "x");
    cr_assert(!names_within(&a, &b));
    names_add(&b, "y");
    names_add(&b, "x");
    cr_assert(names_within(&a, &b));
    cr_assert(!names_within(&b, &a));
    names_clear(&a);
    names_clear(&b);
}

Test(names, a_copy_is_a_copy)
{
    struct string_list a = {0}, b = {0};
    names_add(&a, "x");
    names_add(&b, "old");
    names_copy(&b, &a);
    names_clear(&a);
    cr_assert_eq(b.n, 1);
    cr_assert_str_eq(b.items[0], "x");
    names_clear(&b);
}
