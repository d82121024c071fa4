#include "base/digest.h"
#include "base/hash.h"
#include "base/hex.h"
#include <criterion/criterion.h>
#include <string.h>

Test(hash, is_fnv_1a)
{
    cr_assert_eq(hash_text(HASH_EMPTY, ""), UINT64_C(0xcbf29ce484222325));
    cr_assert_eq(hash_text(HASH_EMPTY, "foobar"), UINT64_C(0x85944171f73967e8));
    cr_assert_eq(hash_text(hash_text(HASH_EMPTY, "foo"), "bar"), hash_bytes(HASH_EMPTY, "foobar", 6));
}

Test(hash, a_number_of_it_has_53_bits_and_is_never_zero)
{
    cr_assert_eq(hash_number(0), 1);
    cr_assert_eq(hash_number(UINT64_MAX), (INT64_C(1) << 53) - 1 - 2047);
    cr_assert_eq(hash_number(5), 5);
}

Test(hash, words_tell_texts_of_any_length_apart)
{
    static const char text[] = "a text of more than two words";
    uint64_t whole = hash_words(0, text, sizeof text - 1);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char other[sizeof text];
        memcpy(other, text, sizeof text);
        other[i] ^= 1;
        cr_expect_neq(hash_words(0, other, sizeof text - 1), whole, "byte %zu", i);
    }
    cr_expect_eq(hash_words(hash_words(0, text, 16), text + 16, sizeof text - 17), whole, "in pieces of whole words");
    cr_expect_eq(hash_words(7, text, 0), 7);
}

/* The examples of FIPS 180-2 and RFC 4231. */
Test(digest, is_sha_256)
{
    _arena_ struct arena a = {0};
    char mac[DIGEST_TEXT_SIZE];
    uint8_t bytes[DIGEST_SIZE];
    cr_assert_str_eq(digest_text(&a, "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_eq(digest_text(&a, ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_bytes(NULL, 0, bytes);
    cr_assert_eq(bytes[0], 0xe3);
    digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, mac);
    cr_assert_str_eq(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

Test(hex, bytes_become_small_digits_and_digits_numbers)
{
    char out[7];
    hex_write((const uint8_t *)"\x00\xaf\x5c", 3, out);
    cr_assert_str_eq(out, "00af5c");
    cr_assert_eq(hex_digit('f'), 15);
    cr_assert_eq(hex_digit('F'), 15);
    cr_assert_eq(hex_digit('g'), -1);
    cr_assert_eq(hex_digit('/'), -1);
}
