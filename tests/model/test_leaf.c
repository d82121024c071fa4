#include "model/leaf.h"
#include "base/err.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>
#include <string.h>

static struct err e;

Test(leaf, reads_integers_of_32_bits_only)
{
    static const struct {
        const char *text;
        bool good;
        int64_t v;
    } rows[] = {{"0", true, 0}, {"-7", true, -7}, {"0042", true, 42}, {"2147483647", true, 2147483647},
        {"-2147483648", true, INT32_MIN}, {"2147483648", false, 0}, {"-2147483649", false, 0}, {"99999999999999999999", false, 0},
        {"", false, 0}, {"-", false, 0}, {"+1", false, 0}, {" 1", false, 0}, {"1 ", false, 0}, {"1.0", false, 0},
        {"0x10", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct opt_int out = {0};
        cr_expect_eq(leaf_read(&shape_integer, "Port", rows[i].text, &out, &e), rows[i].good ? 0 : FAULT_INVALID_PARAMETER_VALUE,
            "%s", rows[i].text);
        if (rows[i].good) cr_expect(out.set && out.v == rows[i].v, "%s", rows[i].text);
    }
}

Test(leaf, reads_doubles)
{
    static const char *const bad[] = {"", "x", "nan", "inf", "0x1p3", "1e999", "1.5.2", "1,5", "e5"};
    struct opt_double out = {0};
    cr_expect_eq(leaf_read(&shape_double, "Price", "-2.5e3", &out, &e), 0);
    cr_expect(out.set && out.v == -2500);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(leaf_read(&shape_double, "Price", bad[i], &out, &e), FAULT_INVALID_PARAMETER_VALUE, "%s", bad[i]);
}

Test(leaf, reads_booleans_in_any_case)
{
    struct opt_bool out = {0};
    cr_expect(leaf_read(&shape_boolean, "B", "True", &out, &e) == 0 && out.set && out.v);
    cr_expect(leaf_read(&shape_boolean, "B", "FALSE", &out, &e) == 0 && out.set && !out.v);
    cr_expect_eq(leaf_read(&shape_boolean, "B", "1", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_eq(leaf_read(&shape_boolean, "B", "", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
}

Test(leaf, takes_4096_characters_where_the_model_has_no_limit)
{
    static char text[2 * 4097 + 1];
    const char *out;
    for (int i = 0; i < 4096; i++) memcpy(text + 2 * (size_t)i, "\xc3\xa4", 2);
    cr_expect_eq(leaf_read(&shape_string, "Description", text, &out, &e), 0, "%s", e.msg);
    strcat(text, "x");
    cr_expect_eq(leaf_read(&shape_string, "Description", text, &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect(strstr(e.msg, "have length less than or equal to 4096") != NULL, "%s", e.msg);
}

Test(leaf, counts_characters_not_bytes)
{
    struct shape three = {.name = "three", .kind = SHAPE_STRING, .max = 3};
    const char *out;
    cr_expect_eq(leaf_read(&three, "Name", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", &out, &e), 0, "%s", e.msg);
    cr_expect_eq(leaf_read(&three, "Name", "abcd", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
}

Test(leaf, matches_patterns_over_the_whole_string)
{
    const char *out;
    cr_expect_eq(leaf_read(&shape_api_user_id, "UserId", "new-user-1", &out, &e), 0);
    cr_expect_eq(leaf_read(&shape_api_user_id, "UserId", "1user", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_eq(leaf_read(&shape_api_user_id, "UserId", "user_1", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_eq(leaf_read(&shape_api_engine_type, "Engine", "", &out, &e), 0);
}

Test(leaf, never_tells_a_secret)
{
    struct shape secret = {.name = "secret", .kind = SHAPE_STRING, .max = 3, .secret = true};
    const char *out;
    cr_expect_eq(leaf_read(&secret, "AuthToken", "hunter2", &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_str_eq(e.msg, "Value at 'authToken' failed to satisfy constraint: Member must have length less than or equal to 3");
}

Test(leaf, shows_only_the_start_of_a_long_value)
{
    char value[301] = "";
    for (int i = 0; i < 150; i++) strcat(value, "\xc3\xa4");
    struct opt_int out;
    cr_expect_eq(leaf_read(&shape_integer, "Port", value + 1, &out, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_lt(strlen(e.msg), 200);
    char *end = strstr(e.msg, "' at 'port'");
    cr_assert_not_null(end);
    cr_expect_eq((unsigned char)end[-1], 0xa4, "no character is cut in two");
}

Test(leaf, checks_the_length_of_lists)
{
    cr_expect_eq(leaf_check_count(&shape_api_user_ids, "UserIds", 0, &e), FAULT_INVALID_PARAMETER_VALUE);
    cr_expect_eq(leaf_check_count(&shape_api_user_ids, "UserIds", 1, &e), 0);
    cr_expect_eq(leaf_check_count(&shape_api_cache_cluster_ids, "CacheClusterIds", 20, &e), 0);
    cr_expect_eq(leaf_check_count(&shape_api_cache_cluster_ids, "CacheClusterIds", 21, &e), FAULT_INVALID_PARAMETER_VALUE);
}
