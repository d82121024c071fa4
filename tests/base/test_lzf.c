#include "base/lzf.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(lzf, expands_what_redis_writes)
{
    static const struct {
        const char *in;
        size_t n;
        const char *out;
        size_t len;
    } table[] = {
#define LINE(in, out) {in, sizeof in - 1, out, sizeof out - 1}
        LINE("", ""),
        LINE("\x02"
             "abc",
            "abc"),
        /* DUMP of a string of 30 a, by Redis 7.0. */
        LINE("\x01"
             "aa\xe0\x11\x00\x01"
             "aa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        LINE("\x01"
             "ab\x20\x01",
            "ababa"),
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        unsigned char out[64] = {0};
        bool fine = lzf_expand((const unsigned char *)table[i].in, table[i].n, out, table[i].len);
        cr_expect(fine && memcmp(out, table[i].out, table[i].len) == 0, "line %zu: %s", i, (char *)out);
        cr_expect_not(lzf_expand((const unsigned char *)table[i].in, table[i].n, out, table[i].len + 1), "line %zu: too long", i);
        if (table[i].len)
            cr_expect_not(lzf_expand((const unsigned char *)table[i].in, table[i].n, out, table[i].len - 1), "line %zu", i);
    }
}

Test(lzf, refuses_what_points_outside)
{
    static const char *const table[] = {"\x02"
                                        "ab",
        "\x20\x01",
        "\x01"
        "ab\x3f\xff",
        "\xe0", "\xe0\x05"};
    static const size_t sizes[] = {3, 2, 5, 1, 2};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        unsigned char out[512];
        for (size_t len = 0; len < sizeof out; len++)
            cr_expect_not(lzf_expand((const unsigned char *)table[i], sizes[i], out, len), "line %zu, %zu bytes", i, len);
    }
}

/* Under the address sanitizer, a byte beyond either buffer ends the test. */
Test(lzf, reads_and_writes_within_its_buffers_whatever_it_gets)
{
    unsigned seed = (unsigned)getpid();
    fprintf(stderr, "seed %u\n", seed);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)rand_r(&seed) % 40, len = (size_t)rand_r(&seed) % (n * LZF_RATIO_MAX + 1);
        unsigned char *in = malloc(n ? n : 1), *out = malloc(len ? len : 1);
        for (size_t k = 0; k < n; k++) in[k] = (unsigned char)(rand_r(&seed) >> 4);
        lzf_expand(in, n, out, len);
        free(in);
        free(out);
    }
}
