#include "base/arena.h"
#include "base/slots.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

Test(slots, are_written_as_they_were_read)
{
    static const char *const texts[] = {"", "0", "16383", "0-16383", "0-5461 6000 10923-16383", "63-64", "1 3 5-6"};
    _arena_ struct arena a = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slots s = {0};
        cr_assert_eq(slots_read(&s, texts[i]), SLOTS_OK);
        cr_assert_str_eq(slots_text(&a, &s, ' '), texts[i]);
    }
}

Test(slots, are_read_with_commas_and_in_any_order_and_neighbours_become_one_range)
{
    _arena_ struct arena a = {0};
    struct slots s = {0};
    cr_assert_eq(slots_read(&s, "10-20,0-9,30"), SLOTS_OK);
    cr_assert_str_eq(slots_text(&a, &s, ','), "0-20,30");
    cr_assert_eq(slots_count(&s), 22);
    cr_assert_eq(slots_read(&s, NULL), SLOTS_OK);
}

Test(slots, that_can_not_be_are_refused)
{
    static const struct {
        const char *text;
        enum slots_error error;
    } table[] = {
        {"a", SLOTS_MALFORMED},
        {"0-", SLOTS_MALFORMED},
        {"-1", SLOTS_MALFORMED},
        {"5-4", SLOTS_MALFORMED},
        {"0,", SLOTS_MALFORMED},
        {"0  1", SLOTS_MALFORMED},
        {"0;1", SLOTS_MALFORMED},
        {"1-2-3", SLOTS_MALFORMED},
        {"999999999999", SLOTS_MALFORMED},
        {"16384", SLOTS_BEYOND},
        {"0-99999", SLOTS_BEYOND},
        {"0-5 5", SLOTS_TWICE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct slots s = {0};
        cr_expect_eq(slots_read(&s, table[i].text), table[i].error, "%s", table[i].text);
    }
}

/* Enough of them on both sides that no neighbour in memory would be hit by chance. */
Test(slots, outside_of_the_cluster_are_in_no_set_and_change_none)
{
    static const int outside[] = {-1, -64, -99999, INT_MIN, SLOTS, SLOTS + 63, 99999, INT_MAX};
    struct {
        uint64_t before[4];
        struct slots s;
        uint64_t after[4];
    } all = {0}, empty = {0};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        slots_add(&all.s, outside[i]);
        cr_expect(!slots_has(&all.s, outside[i]), "%d", outside[i]);
        slots_remove(&all.s, outside[i]);
    }
    slots_add_range(&all.s, SLOTS, INT_MAX);
    slots_add_range(&all.s, INT_MIN, -1);
    cr_assert(memcmp(&all, &empty, sizeof all) == 0);
    slots_add_range(&all.s, -5, 1);
    slots_add_range(&all.s, SLOTS - 1, SLOTS + 5);
    cr_assert_eq(slots_count(&all.s), 3);
    cr_assert_eq(slots_next(&all.s, -7), 0);
    cr_assert_eq(slots_next(&all.s, INT_MAX), SLOTS);
}

Test(slots, sets_are_joined_met_and_subtracted)
{
    _arena_ struct arena a = {0};
    struct slots low = {0}, high = {0}, both;
    slots_add_range(&low, 0, 200);
    slots_add_range(&high, 100, 300);
    both = low;
    slots_join(&both, &high);
    cr_assert_str_eq(slots_text(&a, &both, ' '), "0-300");
    both = low;
    slots_meet(&both, &high);
    cr_assert_str_eq(slots_text(&a, &both, ' '), "100-200");
    cr_assert(slots_has_all(&low, &both) && slots_has_all(&high, &both));
    cr_assert_not(slots_has_all(&both, &low));
    slots_subtract(&low, &high);
    cr_assert_str_eq(slots_text(&a, &low, ' '), "0-99");
    slots_remove(&low, 50);
    cr_assert_eq(slots_next(&low, 50), 51);
    cr_assert_eq(slots_next(&low, 100), SLOTS);
}

Test(slots, of_keys_are_those_of_redis)
{
    /* Told by CLUSTER KEYSLOT of Redis 7.0. */
    static const struct {
        const char *key;
        size_t n;
        int slot;
    } table[] = {
#define KEY(text, slot) {text, sizeof text - 1, slot}
        KEY("", 0), KEY("foo", 12182), KEY("123456789", 12739), KEY("{foo}bar", 12182), KEY("a{foo}{b}", 12182),
        KEY("foo{}{bar}", 8363), KEY("{foo", 13308), KEY("a\0b", 8383), KEY("foo{{bar}}zap", 4015)};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_eq(slots_of_key(table[i].key, table[i].n), table[i].slot, "%s: %d", table[i].key,
            slots_of_key(table[i].key, table[i].n));
}
