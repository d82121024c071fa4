#include "base/decimal.h"
#include <criterion/criterion.h>
#include <string.h>

Test(decimal, reads_numbers_up_to_the_limits_and_nothing_else)
{
    static const struct {
        const char *text;
        int64_t low, high;
        bool good;
        int64_t value;
    } table[] = {
        {"0", 0, 9, true, 0},
        {"007", 0, 9, true, 7},
        {"10", 0, 9, false, 0},
        {"-1", 0, 9, false, 0},
        {"-1", -1, 9, true, -1},
        {"-0", 0, 9, true, 0},
        {"9223372036854775807", 0, INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
        {"", 0, 9, false, 0},
        {"-", -9, 9, false, 0},
        {"--1", -9, 9, false, 0},
        {"+1", 0, 9, false, 0},
        {" 1", 0, 9, false, 0},
        {"1 ", 0, 9, false, 0},
        {"1\r", 0, 9, false, 0},
        {"0x1", 0, 9, false, 0},
        {"1e0", 0, 9, false, 0},
        {NULL, 0, 9, false, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t v = 4711;
        cr_expect_eq(decimal_parse(table[i].text, table[i].low, table[i].high, &v), table[i].good, "%s", table[i].text);
        cr_expect_eq(v, table[i].good ? table[i].value : 4711, "%s", table[i].text);
    }
}

Test(decimal, looks_at_no_byte_behind_the_text)
{
    int64_t v;
    cr_assert(decimal_read("12345", 3, 0, 999, &v));
    cr_assert_eq(v, 123);
    cr_assert(!decimal_read("1\0002", 3, 0, 999, &v));
    cr_assert(!decimal_read("5", 0, 0, 999, &v));
}

Test(decimal, takes_a_number_off_the_front)
{
    int64_t v;
    const char *text = "12-34";
    cr_assert(decimal_take(&text, 0, 99, &v));
    cr_assert_eq(v, 12);
    cr_assert_str_eq(text, "-34");
    cr_assert(!decimal_take(&text, 0, 99, &v));
    cr_assert_str_eq(text, "-34");
}
