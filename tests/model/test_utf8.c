#include "model/utf8.h"
#include <criterion/criterion.h>
#include <string.h>

Test(utf8, knows_characters_from_garbage)
{
    static const struct {
        const char *text;
        size_t n;
        uint32_t character;
    } rows[] = {
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xef\xbf\xbd", 3, 0xfffd},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xc0\x80", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
        {"\xed\xa0\x80", 0, 0},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
        {"\x80", 0, 0},
        {"\xc3", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xc3(", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t c = 0;
        cr_expect_eq(utf8_next(rows[i].text, strlen(rows[i].text), &c), rows[i].n, "row %zu", i);
        if (rows[i].n) cr_expect_eq(c, rows[i].character, "row %zu", i);
    }
}

Test(utf8, counts_characters)
{
    cr_expect_eq(utf8_length(""), 0);
    cr_expect_eq(utf8_length("a\xc3\xa4\xe2\x82\xac"), 3);
    cr_expect_eq(utf8_length("a\xff\xc3"), 3);
}

Test(utf8, cuts_between_characters)
{
    cr_expect_eq(utf8_clip("abc", 5), 3);
    cr_expect_eq(utf8_clip("abc", 2), 2);
    cr_expect_eq(utf8_clip("a\xe2\x82\xac", 4), 4);
    cr_expect_eq(utf8_clip("a\xe2\x82\xac", 3), 1);
    cr_expect_eq(utf8_clip("a\xe2\x82\xac", 2), 1);
}
