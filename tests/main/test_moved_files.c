#include "main/moved_files.h"
#include "base/arena.h"
#include "base/err.h"
#include "scratch.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store *s;
static struct arena a;
static struct err e;

static void setup(void)
{
    scratch_open();
    cr_assert_eq(store_open(&s, scratch_path("meridian.db"), STORE_NORMAL, &e), 0, "%s", e.msg);
    mkdir(scratch_path("regions"), 0700);
    mkdir(scratch_path("regions/us-east-1"), 0700);
    mkdir(scratch_path("regions/us-east-1/Snapshots"), 0700);
    mkdir(scratch_path("regions/us-east-1/g-001.0001"), 0700);
    scratch_write("regions/us-east-1/g-001.0001/dump.rdb", "data", 0600);
    scratch_write("regions/us-east-1/Snapshots/s.0001.rdb", "snapshot", 0600);
}

static void teardown(void)
{
    store_close(s);
    arena_fini(&a);
    scratch_close();
}

TestSuite(moved_files, .init = setup, .fini = teardown);

static void move(const char *was, const char *name)
{
    cr_assert_eq(q_moved_file_put(s, &(struct row_moved_file){"us-east-1", was, name}, &e), 0);
}

static int rename_all(void)
{
    return moved_files_rename(s, scratch_dir(), "/bin/false", 1, &e);
}

static size_t left(void)
{
    struct row_moved_file *rows;
    size_t n;
    cr_assert_eq(q_moved_file_all(s, &a, &rows, &n, &e), 0);
    return n;
}

Test(moved_files, folders_and_files_get_their_new_names)
{
    move("g-001.0001", "1~g-001.0001");
    move("Snapshots/s.0001.rdb", "Snapshots/1~s.0001.rdb");
    move("gone-001.0001", "1~gone-001.0001");
    cr_assert_eq(rename_all(), 0, "%s", e.msg);
    cr_expect_str_eq(scratch_read("regions/us-east-1/1~g-001.0001/dump.rdb"), "data");
    cr_expect_str_eq(scratch_read("regions/us-east-1/Snapshots/1~s.0001.rdb"), "snapshot");
    cr_expect_neq(access(scratch_path("regions/us-east-1/g-001.0001"), F_OK), 0);
    cr_expect_eq(left(), 0);
}

/* It was killed in the middle: what has moved is let alone. */
Test(moved_files, it_goes_on_where_it_was_broken_off)
{
    move("g-001.0001", "1~g-001.0001");
    cr_assert_eq(rename_all(), 0, "%s", e.msg);
    move("g-001.0001", "1~g-001.0001");
    cr_assert_eq(rename_all(), 0, "%s", e.msg);
    cr_expect_str_eq(scratch_read("regions/us-east-1/1~g-001.0001/dump.rdb"), "data");
}

Test(moved_files, one_that_can_not_be_renamed_is_told_and_tried_again)
{
    mkdir(scratch_path("regions/us-east-1/1~g-001.0001"), 0700);
    scratch_write("regions/us-east-1/1~g-001.0001/other", "", 0600);
    move("g-001.0001", "1~g-001.0001");
    cr_expect_eq(rename_all(), ERR_IO);
    cr_expect(e.msg[0] == '/');
    cr_expect_eq(left(), 1);
}
