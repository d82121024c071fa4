#include "store/backup.h"
#include "base/arena.h"
#include "base/buf.h"
#include "store/queries.gen.h"
#include "database.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[100], copy[120], wal[120];
static struct store *s;
static struct arena a;
static struct err e;

static void open_it(void)
{
    cr_assert_eq(store_open(&s, path, STORE_NORMAL, &e), 0, "%s", e.msg);
}

static void finish(void)
{
    cr_assert_eq(store_finish(s, &e), 0, "%s", e.msg);
    s = NULL;
}

static void setup(void)
{
    scratch_open();
    snprintf(path, sizeof path, "%s", scratch_path("meridian.db"));
    snprintf(copy, sizeof copy, "%s.backup", path);
    snprintf(wal, sizeof wal, "%s-wal", path);
    open_it();
}

static void teardown(void)
{
    arena_fini(&a);
    database_close(s);
}

TestSuite(backup, .init = setup, .fini = teardown);

static void put_tags(int n)
{
    char key[16];
    cr_assert_eq(store_begin(s, true, &e), 0);
    for (int i = 0; i < n; i++) {
        snprintf(key, sizeof key, "k%d", i);
        struct row_tag row = {"arn:1", key, "value"};
        cr_assert_eq(q_tag_put(s, &row, &e), 0, "%s", e.msg);
    }
    cr_assert_eq(store_commit(s, &e), 0, "%s", e.msg);
}

static size_t count_tags(void)
{
    struct row_tag *rows;
    size_t n;
    cr_assert_eq(q_tag_list(s, &a, "arn:1", &rows, &n, &e), 0, "%s", e.msg);
    return n;
}

static void flip(const char *file, long at)
{
    FILE *f = fopen(file, "r+");
    cr_assert(f);
    fseek(f, at, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(byte ^ (1 << (at % 8)), f);
    fclose(f);
}

static long size_of(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 ? (long)st.st_size : -1;
}

/* Runs the command that a message gives as the way back. */
static void go_back(void)
{
    _buf_ struct buf command = {0};
    const char *begin = strstr(e.msg, "cd '"), *end = strstr(e.msg, " - or move");
    cr_assert(begin && end, "%s", e.msg);
    buf_add(&command, begin, (size_t)(end - begin));
    cr_assert_eq(system(command.data), 0);
}

Test(backup, every_flipped_bit_of_a_database_at_rest_is_noticed)
{
    unsigned seed = (unsigned)time(NULL);
    fprintf(stderr, "seed %u\n", seed);
    srandom(seed);
    put_tags(500);
    finish();
    long size = size_of(path);
    for (int i = 0; i < 100; i++) {
        long at = random() % size;
        flip(path, at);
        cr_assert_eq(store_open(&s, path, STORE_NORMAL, &e), ERR_DB, "byte %ld", at);
        cr_assert(strstr(e.msg, "damaged"), "%s", e.msg);
        flip(path, at);
    }
    open_it();
    cr_assert_eq(count_tags(), 500u);
}

Test(backup, the_message_of_a_damaged_database_has_the_way_back)
{
    put_tags(50);
    finish();
    flip(path, 5000);
    cr_assert_eq(store_open(&s, path, STORE_NORMAL, &e), ERR_DB);
    go_back();
    open_it();
    cr_assert_eq(count_tags(), 50u);
}

Test(backup, a_database_that_is_gone_is_not_begun_anew_while_there_is_a_copy)
{
    put_tags(7);
    finish();
    unlink(path);
    cr_assert_eq(store_open(&s, path, STORE_NORMAL, &e), ERR_DB);
    cr_assert(strstr(e.msg, "gone"), "%s", e.msg);
    cr_assert_eq(size_of(path), -1);
    go_back();
    open_it();
    cr_assert_eq(count_tags(), 7u);
}

Test(backup, one_that_loses_its_file_while_it_is_open_knows_and_is_copied)
{
    put_tags(7);
    cr_assert_not(store_is_lost(s));
    unlink(path);
    cr_assert(store_is_lost(s));
    put_tags(9);
    cr_assert_lt(store_finish(s, &e), 1);
    s = NULL;
    cr_assert_eq(store_open(&s, path, STORE_NORMAL, &e), ERR_DB);
    go_back();
    open_it();
    cr_assert_eq(count_tags(), 9u);
}

Test(backup, one_that_loses_its_wal_knows_and_keeps_everything)
{
    put_tags(7);
    unlink(wal);
    cr_assert(store_is_lost(s));
    put_tags(9);
    finish();
    open_it();
    cr_assert_eq(count_tags(), 9u);
}

Test(backup, one_that_was_moved_away_is_whole_where_it_is)
{
    char away[120];
    snprintf(away, sizeof away, "%s.away", path);
    put_tags(9);
    cr_assert_eq(rename(path, away), 0);
    cr_assert(store_is_lost(s));
    finish();
    cr_assert_eq(rename(away, path), 0);
    unlink(wal);
    open_it();
    cr_assert_eq(count_tags(), 9u);
}

Test(backup, a_crash_leaves_no_checksum_that_would_be_wrong)
{
    put_tags(3);
    finish();
    open_it();
    put_tags(9);
    store_close(s);
    open_it();
    cr_assert_eq(count_tags(), 9u);
}

Test(backup, a_copy_is_private_and_made_where_something_has_changed)
{
    struct stat first, second;
    umask(077);
    put_tags(3);
    cr_assert_eq(store_back_up(s, &e), 0, "%s", e.msg);
    cr_assert_eq(stat(copy, &first), 0);
    cr_assert_eq(first.st_mode & 0777, 0600u);
    cr_assert_eq(store_back_up(s, &e), 0);
    cr_assert_eq(stat(copy, &second), 0);
    cr_assert_eq(first.st_ino, second.st_ino);
    put_tags(4);
    cr_assert_eq(store_back_up(s, &e), 0);
    cr_assert_eq(stat(copy, &second), 0);
    cr_assert_neq(first.st_ino, second.st_ino);
}
