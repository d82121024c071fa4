#include "agent/snapshots/rdb_walk.h"
#include "rdb_file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was told, as text: "NAME@DB+EXPIRES=SIZE " of each key, "lib(CODE) " of each library. */
struct told {
    struct buf text, passed;
    const char *pass; /* the beginning of the keys whose entries are taken; NULL: none */
};

static bool tell_key(void *arg, const struct rdb_key *k)
{
    struct told *t = arg;
    buf_add(&t->text, k->name, k->len < 40 ? k->len : 40);
    if (k->db) buf_printf(&t->text, "@%d", (int)k->db);
    if (k->expires_ms != RDB_NEVER) buf_printf(&t->text, "+%lld", (long long)k->expires_ms);
    return t->pass && k->len >= strlen(t->pass) && memcmp(k->name, t->pass, strlen(t->pass)) == 0;
}

static void tell_value(void *arg, uint64_t size)
{
    buf_printf(&((struct told *)arg)->text, "=%llu ", (unsigned long long)size);
}

static int tell_library(void *arg, const struct buf *code, struct err *e)
{
    (void)e;
    buf_printf(&((struct told *)arg)->text, "lib(%.*s) ", (int)code->len, code->len ? code->data : "");
    return 0;
}

static int take(void *arg, const void *data, size_t n, struct err *e)
{
    (void)e;
    buf_add(&((struct told *)arg)->passed, data, n);
    return 0;
}

static int walk(const struct buf *file, struct told *t, bool sums, struct err *e)
{
    struct rdb_visitor v = {
        .key = tell_key, .value = tell_value, .library = tell_library, .pass = t->pass ? take : NULL, .arg = t, .sums = sums};
    int fd = rdb_file_open(file), r = rdb_walk(fd, (int64_t)file->len, &v, e);
    close(fd);
    return r;
}

static void forget(struct told *t)
{
    buf_fini(&t->text);
    buf_fini(&t->passed);
}

/* Bytes that mean something only if the one before ended where it should: each line is followed by another key. */
static const struct value {
    const char *bytes; /* the type, the key, the value */
    size_t n;
    const char *told;
} values[] = {
#define VALUE(bytes, told)            \
    {                                 \
        bytes, sizeof bytes - 1, told \
    }
#define ID "0123456789abcdef" /* 16 bytes */
#define TIME "12345678"
    VALUE("\x00\x01k\x03"
          "abc",
        "k=4 "),
    VALUE("\x00\x01k\xc0\x05", "k=1 "),
    VALUE("\x00\xc0\x85\x01v", "-123=5 "),
    VALUE("\x00\xc1\x39\x30\x01v", "12345=6 "),
    VALUE("\x00\xc2\xff\xff\xff\xff\x01v", "-1=3 "),
    VALUE("\x00\xc3\x09\x1e\x01"
          "aa\xe0\x11\x00\x01"
          "aa\x01v",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=31 "),
    VALUE("\x00\x01k\xc3\x09\x1e\x01"
          "aa\xe0\x11\x00\x01"
          "aa",
        "k=31 "),
    VALUE("\x00\x40\x01k\x80\x00\x00\x00\x02vv", "k=3 "),
    VALUE("\x00\x81\x00\x00\x00\x00\x00\x00\x00\x01k\x01v", "k=2 "),
    VALUE("\x01\x01k\x02\x01"
          "a\xc0\x07",
        "k=2 "),
    VALUE("\x02\x01k\x02\x01"
          "a\x01"
          "b",
        "k=3 "),
    VALUE("\x03\x01k\x03\x01"
          "a\x03"
          "1.5\x01"
          "b\xff\x01"
          "c\xfd",
        "k=28 "),
    VALUE("\x04\x01k\x02\x01"
          "f\x01v\x01g\x02vv",
        "k=6 "),
    VALUE("\x05\x01k\x01\x01"
          "a" TIME,
        "k=10 "),
    VALUE("\x09\x01k\x03zip", "k=4 "),
    VALUE("\x0a\x01k\x03zip", "k=4 "),
    VALUE("\x0b\x01k\x03zip", "k=4 "),
    VALUE("\x0c\x01k\x03zip", "k=4 "),
    VALUE("\x0d\x01k\x03zip", "k=4 "),
    VALUE("\x10\x01k\x03zip", "k=4 "),
    VALUE("\x11\x01k\x03zip", "k=4 "),
    VALUE("\x14\x01k\x03zip", "k=4 "),
    VALUE("\x0e\x01k\x02\x01z\x02zz", "k=7 "),
    VALUE("\x12\x01k\x02\x01\x01z\x02\x02zz", "k=9 "),
    /* A node, its length and last id, a group with an entry pending and a consumer that it is pending for. */
    VALUE("\x0f\x01k\x01\x10" ID "\x02lp\x01\x05\x06\x01\x01g\x05\x06\x01" ID TIME "\x01\x01\x01"
          "c" TIME "\x01" ID,
        "k=19 "),
    VALUE("\x13\x01k\x01\x10" ID "\x02lp\x01\x05\x06\x01\x02\x03\x04\x05\x01\x01g\x05\x06\x07\x01" ID TIME "\x01\x01\x01"
          "c" TIME "\x01" ID,
        "k=19 "),
    VALUE("\x15\x01k\x01\x10" ID "\x02lp\x01\x05\x06\x01\x02\x03\x04\x05\x01\x01g\x05\x06\x07\x01" ID TIME "\x01\x01\x01"
          "c" TIME TIME "\x01" ID,
        "k=19 "),
    VALUE("\x18\x01k" TIME "\x02\x05\x01"
          "f\x01v\x00\x01g\x02vv",
        "k=6 "),
    VALUE("\x19\x01k" TIME "\x03zip", "k=4 "),
    VALUE("\x16\x01k\x02\x01"
          "f\x01v" TIME "\x01g\x02vv" TIME,
        "k=6 "),
    /* A module's: its number, parts of every kind. */
    VALUE("\x07\x01k\x81" TIME "\x01\x05\x02\x40\x05\x03"
          "1234\x04" TIME "\x05\x03zip\x00",
        "k=4 "),
    /* What comes before a key. */
    VALUE("\xfc\x01\x02\x00\x00\x00\x00\x00\x00\x00\x01k\x01v", "k+513=2 "),
    VALUE("\xfd\x02\x00\x00\x00\xf8\x07\x00\x01k\x01v", "k+2000=2 "),
    VALUE("\xf9\xff\x00\x01k\x01v", "k=2 "),
    /* What belongs to none. */
    VALUE("\xf7\x81" TIME "\x02\x01\x05\x03zip\x00", ""),
    VALUE("\xfa\x01n\xc0\x01", ""),
    VALUE("\xfb\x05\x40\x01", ""),
    VALUE("\xf4\x01\x02\x03", ""),
    VALUE("\xf5\x03"
          "lua",
        "lib(lua) "),
};

Test(rdb_walk, ends_every_value_where_it_ends)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        _buf_ struct buf file = {0}, want = {0};
        struct told t = {0};
        struct err e = {0};
        rdb_file_begin(&file, 11);
        buf_add(&file, values[i].bytes, values[i].n);
        rdb_file_key(&file, "next", "12");
        rdb_file_end(&file);
        buf_printf(&want, "%snext=6 ", values[i].told);
        cr_expect_eq(walk(&file, &t, true, &e), 0, "line %zu: %s", i, e.msg);
        cr_expect_str_eq(t.text.data ? t.text.data : "", want.data, "line %zu: %s", i, t.text.data);
        forget(&t);
    }
}

Test(rdb_walk, tells_the_database_of_each_key)
{
    _buf_ struct buf file = {0};
    struct told t = {0};
    struct err e = {0};
    rdb_file_begin(&file, 10);
    RDB_PUT(&file, "\xfe\x00");
    rdb_file_expires(&file, 5);
    rdb_file_key(&file, "a", "1");
    RDB_PUT(&file, "\xfe\x03");
    rdb_file_key(&file, "b", "1");
    rdb_file_end(&file);
    cr_assert_eq(walk(&file, &t, true, &e), 0);
    cr_assert_str_eq(t.text.data, "a+5=2 b@3=2 ", "a time to live belongs to one key");
    forget(&t);
}

Test(rdb_walk, says_what_it_does_not_know)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *why;
    } table[] = {
#define UNKNOWN(bytes, why) {bytes, sizeof bytes - 1, why}
        UNKNOWN("\x08\x01k", "a value of an unknown type, 8"),
        UNKNOWN("\x17\x01k", "a value of an unknown type, 23"),
        UNKNOWN("\x06\x01k", "a value of an unknown type, 6"),
        UNKNOWN("\x07\x01k\x01\x06", "a part of an unknown kind in data of a module"),
        UNKNOWN("\xf0\x01", "a mark of an unknown kind, 240"),
        UNKNOWN("\xf6\x01", "a mark of an unknown kind, 246"),
        UNKNOWN("\x00\x82", "a length of an unknown kind, 130"),
        UNKNOWN("\x00\xc4", "a string of an unknown encoding, 4"),
        UNKNOWN("\x01\x01k\xc0\x01", "a string where a number should be"),
        UNKNOWN("\x00\x01k\xc3\x01\x40\xb0z", "a compressed string that can't be that long"),
        UNKNOWN("\x00\xc3\x02\x03\x00\x41", "a compressed string that can't be expanded"),
        UNKNOWN("\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xff", "its end is missing"),
        UNKNOWN("\x04\x01k\x81\xff\xff\xff\xff\xff\xff\xff\xff", "a string of an unknown encoding, 63"),
        UNKNOWN("\xff"
                "\0\0\0\0\0\0\0\0",
            "something stands behind its end"),
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        _buf_ struct buf file = {0};
        struct told t = {0};
        struct err e = {0};
        rdb_file_begin(&file, 11);
        buf_add(&file, table[i].bytes, table[i].n);
        rdb_file_end(&file);
        cr_expect_eq(walk(&file, &t, false, &e), ERR_PARSE, "line %zu", i);
        cr_expect(strstr(e.msg, table[i].why), "line %zu: %s", i, e.msg);
        forget(&t);
    }
}

static void put_everything(struct buf *file)
{
    rdb_file_begin(file, 11);
    rdb_file_aux(file, "redis-ver", "7.0.15");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) buf_add(file, values[i].bytes, values[i].n);
    rdb_file_end(file);
}

Test(rdb_walk, sees_that_something_is_missing_wherever_it_is)
{
    _buf_ struct buf file = {0};
    put_everything(&file);
    for (size_t n = file.len - 1; n >= RDB_MAGIC; n--) {
        struct told t = {0};
        struct err e = {0};
        file.len = n;
        cr_expect_eq(walk(&file, &t, true, &e), ERR_PARSE, "%zu bytes", n);
        forget(&t);
    }
}

Test(rdb_walk, sees_every_bit_that_is_another)
{
    _buf_ struct buf file = {0};
    put_everything(&file);
    for (size_t i = RDB_MAGIC; i + 8 < file.len; i++) {
        struct told t = {0};
        struct err e = {0};
        file.data[i] ^= 4;
        cr_expect_eq(walk(&file, &t, true, &e), ERR_PARSE, "byte %zu", i);
        file.data[i] ^= 4;
        forget(&t);
    }
}

/* Under the address sanitizer, whatever it reads or allocates beyond its limits ends the test. */
Test(rdb_walk, survives_whatever_it_gets)
{
    unsigned seed = (unsigned)getpid();
    fprintf(stderr, "seed %u\n", seed);
    for (int round = 0; round < 800; round++) {
        _buf_ struct buf file = {0};
        struct told t = {.pass = round % 2 ? "" : NULL};
        struct err e = {0};
        put_everything(&file);
        for (int k = rand_r(&seed) % 5; k >= 0; k--)
            file.data[RDB_MAGIC + (size_t)rand_r(&seed) % (file.len - RDB_MAGIC)] = (char)(rand_r(&seed) >> 5);
        walk(&file, &t, false, &e);
        forget(&t);
    }
}

/* A value, and a key, of several windows, and an entry at every place around the end of one. */
Test(rdb_walk, passes_entries_on_as_they_stand)
{
    for (int shift = -12; shift <= 12; shift += 2) {
        _buf_ struct buf file = {0}, want = {0}, large = {0};
        struct told t = {.pass = "w"};
        struct err e = {0};
        size_t n = RDB_WINDOW - RDB_MAGIC - 40;
        for (size_t i = 0; i < n; i++) buf_putc(&large, (char)('a' + i % 26));
        rdb_file_begin(&file, 10);
        rdb_file_key(&file, "filler", large.data + 20 + shift);
        for (int i = 0; i < 2; i++) {
            struct buf *to = i ? &want : &file;
            rdb_file_expires(to, 77);
            rdb_file_key(to, "wanted", "v");
            large.data[0] = 'w';
            if (shift == 0) rdb_file_key(to, large.data, large.data);
            RDB_PUT(to, "\xf8\x05\x02\x01w\x02\x01z\x01y");
        }
        rdb_file_key(&file, "other", large.data);
        rdb_file_end(&file);
        cr_assert_eq(walk(&file, &t, true, &e), 0, "%s", e.msg);
        cr_expect_eq(t.passed.len, want.len);
        cr_expect(t.passed.len == want.len && memcmp(t.passed.data, want.data, want.len) == 0, "shifted by %d", shift);
        forget(&t);
    }
}

Test(rdb_walk, ends_where_nobody_wants_it_any_more)
{
    _buf_ struct buf file = {0};
    struct err e = {0};
    atomic_bool cancelled = true;
    put_everything(&file);
    struct told t = {0};
    struct rdb_visitor v = {.key = tell_key, .arg = &t, .cancelled = &cancelled};
    int fd = rdb_file_open(&file);
    cr_assert_eq(rdb_walk(fd, (int64_t)file.len, &v, &e), ERR_BROKEN);
    close(fd);
    forget(&t);
}
