#include "agent/snapshots/rdb.h"
#include "agent/snapshots/rdb_crc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An open file with these bytes, at its beginning; gone once it is closed. */
static int file_of(const void *data, size_t n)
{
    char path[] = "/tmp/agent-rdb-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    unlink(path);
    cr_assert_eq(write(fd, data, n), (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

Test(rdb, sums_up_as_redis_does)
{
    /* The values of crc64.c in Redis' own test. */
    cr_assert_eq(rdb_crc(0, "123456789", 9), 0xe9c6d914c4b8d9caULL);
    static const char text[] = "This is a test of the emergency broadcast system.";
    uint64_t whole = rdb_crc(0, text, sizeof text), parts = rdb_crc(rdb_crc(0, text, 13), text + 13, sizeof text - 13);
    cr_assert_eq(whole, parts);
}

Test(rdb, looks_at_both_ends)
{
#define END \
    "\xff"  \
    "12345678"
    static const struct {
        const char *data;
        size_t n;
        const char *why; /* NULL: it is one */
    } table[] = {
#define LINE(text, why) {text, sizeof text - 1, why}
        LINE("REDIS0010" END, NULL),
        LINE("REDIS0005" END, NULL),
        LINE("", "does not begin"),
        LINE("REDIS001", "does not begin"),
        LINE("VALKEY080" END, NULL),
        LINE("VALKEY08x" END, "does not begin"),
        LINE("VALKIE080" END, "does not begin"),
        LINE("REDIS00x0" END, "does not begin"),
        LINE("REDIS0004" END, "version without a checksum"),
        LINE("REDIS0010", "end is missing"),
        LINE("REDIS0010"
             "\xff"
             "1234567",
            "end is missing"),
        LINE("REDIS0010"
             "\xfe"
             "12345678",
            "end is missing"),
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct rdb_facts facts;
        struct err e = {0};
        int fd = file_of(table[i].data, table[i].n), r = rdb_look(fd, &facts, &e);
        cr_expect_eq(r, table[i].why ? ERR_PARSE : 0, "line %zu: %s", i, e.msg);
        if (table[i].why) cr_expect(strstr(e.msg, table[i].why), "line %zu: %s", i, e.msg);
        close(fd);
    }
    cr_assert_eq(rdb_version_of("7.0.15"), 10);
    cr_assert_eq(rdb_version_of("9.9.9"), 0);
}

Test(rdb, reads_how_much_memory_its_data_took_in_every_spelling)
{
    static const struct {
        const char *aux;
        size_t n;
        int64_t memory;
    } table[] = {
#define AUX(text, memory) {text, sizeof text - 1, memory}
        AUX("\xfa\x08used-mem\x04"
            "1234",
            1234),
        AUX("\xfa\x08used-mem\xc0\x7b", 123), AUX("\xfa\x08used-mem\xc1\x39\x30", 12345),
        AUX("\xfa\x08used-mem\xc2\x40\xe2\x01\x00", 123456),
        AUX("\xfa\x40\x08used-mem\x80\x00\x00\x00\x02"
            "77",
            77),
        AUX("\xfa\x09redis-ver\x05"
            "7.0.1"
            "\xfa\x08used-mem\x02"
            "99",
            99),
        AUX("\xfa\x09redis-ver\x05"
            "7.0.1",
            0),
        AUX("\xfa\x08used-mem\xc3\x01\x02", 0), /* compressed: not that short */
        AUX("\xfa\x08used-mem\x3f"
            "12",
            0), /* longer than the file */
        AUX("\xfa\x81\xff\xff\xff\xff\xff\xff\xff\xff", 0),
        AUX("\xfe\x00\xfa\x08used-mem\x02"
            "99",
            0), /* among the keys */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char data[200];
        size_t n = 9;
        struct rdb_facts facts;
        struct err e;
        memcpy(data, "REDIS0010", n);
        memcpy(data + n, table[i].aux, table[i].n);
        memcpy(data + n + table[i].n, END, 9);
        int fd = file_of(data, n + table[i].n + 9);
        cr_expect_eq(rdb_look(fd, &facts, &e), 0, "line %zu", i);
        cr_expect_eq(facts.used_memory, table[i].memory, "line %zu: %lld", i, (long long)facts.used_memory);
        close(fd);
    }
}

/* A file of 'n' bytes with its right checksum, which may stand in two chunks of the copy. */
static void check_copy(size_t n, bool spoil, bool sum)
{
    unsigned char *data = malloc(n), *back = malloc(n);
    struct rdb_facts facts;
    struct err e = {0};
    for (size_t i = 0; i < n; i++) data[i] = (unsigned char)(i * 7 + i / 251);
    memcpy(data, "REDIS0010", 9);
    data[n - 9] = 0xff;
    uint64_t crc = sum ? rdb_crc(0, data, n - 8) : 0;
    memcpy(data + n - 8, &crc, 8);
    if (spoil) data[n / 2] ^= 1;
    int from = file_of(data, n), to = file_of("", 0);
    cr_assert_eq(rdb_look(from, &facts, &e), 0);
    int r = rdb_copy(from, to, &facts, NULL, &e);
    cr_expect_eq(r, spoil && sum ? ERR_PARSE : 0, "%zu bytes: %s", n, e.msg);
    cr_expect_eq(pread(to, back, n, 0), (ssize_t)n);
    cr_expect_eq(memcmp(data, back, n), 0);
    close(from);
    close(to);
    free(data);
    free(back);
}

Test(rdb, copies_and_checks_the_sum_wherever_it_stands)
{
    static const size_t sizes[] = {18, 100, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (1 << 20) + 7, (1 << 20) + 8, (2 << 20) + 4};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_copy(sizes[i], false, true);
        check_copy(sizes[i], false, false);
        if (sizes[i] > 18) check_copy(sizes[i], true, true);
    }
}
