#include "agent/snapshots/rdb_split.h"
#include "agent/snapshots/rdb_write.h"
#include "agent/snapshots/rdb_walk.h"
#include "base/clock.h"
#include "rdb_file.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 3, PARTS = 3 };
#define NOW INT64_C(1800000000000)

/* Slots of these: a 15495, b 3300, c 7365, d 11298, e 15363, f 3168. In the parts below: b f | c | a d e */
static struct buf texts[FILES];
static struct rdb_split_file files[FILES];
static struct rdb_split_part parts[PARTS];
static struct rdb_split x;
static struct err e;

static void setup(void)
{
    static const int last[PARTS] = {5460, 10922, 16383};
    x = (struct rdb_split){.files = files, .parts = parts, .n_parts = PARTS, .now_ms = NOW};
    e.msg[0] = '\0';
    for (int i = 0; i < PARTS; i++) {
        parts[i] = (struct rdb_split_part){0};
        slots_add_range(&parts[i].slots, i ? last[i - 1] + 1 : 0, last[i]);
    }
}

static void teardown(void)
{
    rdb_split_fini(&x);
    for (size_t i = 0; i < FILES; i++) buf_fini(&texts[i]);
}

TestSuite(rdb_split, .init = setup, .fini = teardown);

static struct buf *add_file(void)
{
    struct buf *b = &texts[x.n_files++];
    rdb_file_begin(b, 10);
    return b;
}

static void add_keys(const char *keys)
{
    struct buf *b = add_file();
    for (; *keys; keys++) rdb_file_key(b, (char[]){*keys, '\0'}, keys);
}

static int survey(void)
{
    for (size_t i = 0; i < x.n_files; i++) {
        rdb_file_end(&texts[i]);
        files[i] =
            (struct rdb_split_file){.fd = rdb_file_open(&texts[i]), .name = (const char *const[]){"one", "two", "three"}[i]};
        cr_assert_eq(rdb_look(files[i].fd, &files[i].facts, &e), 0, "%s", e.msg);
    }
    return rdb_split_survey(&x, &e);
}

static bool tell_key(void *arg, const struct rdb_key *k)
{
    buf_add(arg, k->name, k->len);
    if (k->db) buf_puts(arg, "!");
    if (k->expires_ms != RDB_NEVER) buf_puts(arg, "+");
    return false;
}

static int tell_library(void *arg, const struct buf *code, struct err *ignored)
{
    (void)ignored;
    buf_printf(arg, "(%.*s)", (int)code->len, code->data);
    return 0;
}

/* What the written files hold, told in the way above with a space behind each. */
static void check_written(const char *want)
{
    _buf_ struct buf told = {0};
    struct rdb_visitor v = {.key = tell_key, .library = tell_library, .arg = &told, .sums = true};
    int fds[PARTS];
    for (int i = 0; i < PARTS; i++) fds[i] = rdb_file_open(&(struct buf){0});
    cr_assert_eq(rdb_split_write(&x, fds, &e), 0, "%s", e.msg);
    for (int i = 0; i < PARTS; i++) {
        struct rdb_facts facts;
        cr_assert_eq(rdb_look(fds[i], &facts, &e), 0, "%s", e.msg);
        cr_assert_eq(rdb_walk(fds[i], facts.size, &v, &e), 0, "%s", e.msg);
        buf_puts(&told, " ");
        close(fds[i]);
    }
    cr_assert_str_eq(told.data, want);
}

static void check_refused(const char *why)
{
    int r = survey();
    cr_assert(r < 0 && strstr(e.msg, why), "%d: %s", r, e.msg);
}

Test(rdb_split, gives_every_key_to_the_part_of_its_slot)
{
    int whole[PARTS];
    add_keys("abcdef");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_not(rdb_split_whole(&x, whole));
    cr_assert_eq(parts[2].keys, 3);
    check_written("bf c ade ");
}

Test(rdb_split, takes_any_number_of_files)
{
    int whole[PARTS];
    add_keys("abc");
    add_keys("");
    add_keys("fed");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_not(rdb_split_whole(&x, whole));
    check_written("bf c aed ");
}

Test(rdb_split, leaves_files_alone_that_are_one_part_s)
{
    int whole[PARTS];
    add_keys("c");
    add_keys("dea");
    add_keys("bf");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert(rdb_split_whole(&x, whole));
    cr_assert(whole[0] == 2 && whole[1] == 0 && whole[2] == 1);
}

Test(rdb_split, gives_nothing_to_a_part_that_a_file_s_keys_are_not_for)
{
    int whole[PARTS];
    x.n_parts = 1; /* the others are somebody else's */
    add_keys("bfa");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_not(rdb_split_whole(&x, whole), "a key of it is not");
    cr_assert_eq(parts[0].keys, 2);
}

Test(rdb_split, counts_keys_of_other_databases)
{
    struct buf *b = add_file();
    RDB_PUT(b, "\xfe\x00");
    rdb_file_key(b, "a", "1");
    RDB_PUT(b, "\xfe\x03");
    rdb_file_key(b, "b", "1");
    rdb_file_key(b, "a", "1");
    b = add_file();
    RDB_PUT(b, "\xfe\x01");
    rdb_file_key(b, "c", "1");
    check_refused("3 keys can't go anywhere: they are in other databases than 0, and a cluster has no other");
}

Test(rdb_split, counts_keys_of_several_files)
{
    add_keys("abc");
    add_keys("dc");
    add_keys("caf");
    check_refused("2 keys can't go anywhere: they are in more than one of the files");
}

Test(rdb_split, forgets_keys_whose_time_is_over)
{
    int whole[PARTS];
    struct buf *b = add_file();
    rdb_file_expires(b, NOW - 1);
    rdb_file_key(b, "a", "over");
    rdb_file_expires(b, NOW);
    rdb_file_key(b, "b", "v");
    RDB_PUT(b, "\xfe\x01");
    rdb_file_expires(b, 0);
    rdb_file_key(b, "d", "over");
    add_keys("a");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_not(rdb_split_whole(&x, whole), "an engine in cluster mode could not even load it");
    cr_assert_eq(parts[0].expiring, 1);
    check_written("b+  a ");
}

Test(rdb_split, sees_at_once_what_does_not_fit)
{
    struct buf *b = add_file();
    rdb_file_aux(b, "used-mem", "1000000000");
    rdb_file_key(b, "a", "1234567890");
    rdb_file_key(b, "b", "1234567890");
    parts[0].room = 600000000;
    parts[2].room = 400000000;
    check_refused("the data of slots 10923-16383 need 476 MB of memory, and the node has 381 MB for data");
}

Test(rdb_split, knows_how_much_is_needed_at_least_where_no_file_says_so)
{
    struct buf *b = add_file();
    char value[4000];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    rdb_file_key(b, "c", value);
    parts[1].room = 3000;
    check_refused("the data of slots 5461-10922 need 0 MB");
}

#define LIBRARY(name, more) "\xf5\x16#!lua name=" name "\n-- " more
Test(rdb_split, gives_each_part_all_functions_once)
{
    struct buf *b = add_file();
    RDB_PUT(b, LIBRARY("one", "long"));
    rdb_file_key(b, "b", "1");
    b = add_file();
    RDB_PUT(b, LIBRARY("two", "long"));
    RDB_PUT(b, LIBRARY("one", "long"));
    rdb_file_key(b, "f", "1");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    check_written("(#!lua name=two\n-- long)(#!lua name=one\n-- long)bf "
                  "(#!lua name=two\n-- long)(#!lua name=one\n-- long) "
                  "(#!lua name=two\n-- long)(#!lua name=one\n-- long) ");
}

Test(rdb_split, does_not_choose_between_two_libraries_of_one_name)
{
    int whole[PARTS], fds[PARTS] = {-1, -1, -1};
    static const char *const keys[] = {"b", "c", "a"};
    for (int i = 0; i < 3; i++) {
        struct buf *b = add_file();
        if (i) RDB_PUT(b, LIBRARY("one", "long"));
        else RDB_PUT(b, LIBRARY("one", "LONG"));
        rdb_file_key(b, keys[i], "1");
    }
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_not(rdb_split_whole(&x, whole));
    cr_assert_eq(rdb_split_write(&x, fds, &e), ERR_USAGE);
    cr_assert(strstr(e.msg, "#!lua name=one"), "%s", e.msg);
    x.together = true;
    cr_assert(rdb_split_whole(&x, whole), "the parts of one snapshot are what its shards had");
}

Test(rdb_split, counts_nothing_in_a_damaged_file)
{
    add_keys("a");
    add_keys("a");
    rdb_file_end(&texts[1]);
    texts[1].data[texts[1].len - 1] ^= 1;
    for (size_t i = 0; i < 2; i++) {
        if (i == 0) rdb_file_end(&texts[0]);
        files[i] = (struct rdb_split_file){.fd = rdb_file_open(&texts[i]), .name = i ? "two" : "one"};
        cr_assert_eq(rdb_look(files[i].fd, &files[i].facts, &e), 0);
    }
    cr_assert_eq(rdb_split_survey(&x, &e), ERR_PARSE);
    cr_assert(strstr(e.msg, "two: it is no RDB file: its checksum is wrong"), "%s", e.msg);
}

Test(rdb_split, cannot_tell_whose_a_module_s_data_are)
{
    int whole[PARTS], fds[PARTS] = {-1, -1, -1};
    RDB_PUT(add_file(), "\xf7\x05\x02\x01\x00");
    rdb_file_key(&texts[0], "c", "1");
    x.n_parts = 1;
    parts[0].slots = parts[1].slots;
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert(rdb_split_whole(&x, whole), "a file as it stands has them where they were");
    cr_assert_eq(rdb_split_write(&x, fds, &e), ERR_USAGE);
}

Test(rdb_split, names_the_file_that_is_broken)
{
    add_keys("a");
    RDB_PUT(add_file(), "\x63\x01k");
    check_refused("two: it is no RDB file: a value of an unknown type, 99");
}

Test(rdb_split, does_not_write_what_a_wrong_checksum_belongs_to)
{
    int fds[PARTS];
    add_keys("ab");
    cr_assert_eq(survey(), 0, "%s", e.msg);
    cr_assert_eq(pwrite(files[0].fd, "X", 1, (off_t)texts[0].len - 10), 1);
    for (int i = 0; i < PARTS; i++) fds[i] = rdb_file_open(&(struct buf){0});
    cr_assert_eq(rdb_split_write(&x, fds, &e), ERR_PARSE);
    cr_assert(strstr(e.msg, "its checksum is wrong"), "%s", e.msg);
}

Test(rdb_split, does_not_read_formats_that_it_does_not_know)
{
    add_keys("a");
    memcpy(texts[0].data, "REDIS0013", 9);
    check_refused("its format, version 13, can't be shared out");
}
