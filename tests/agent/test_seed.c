#include "agent/snapshots/seed.h"
#include "agent/snapshots/rdb.h"
#include "rdb_file.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Files for new nodes, made of files that are there. */

static struct buf rdb;
static struct err e;
static struct seed_file files[2];
static struct seed_part parts[2];
static struct seed seed;

static void begin(void)
{
    scratch_open();
    seed = (struct seed){.files = files, .n_files = 1, .parts = parts, .n_parts = 1};
    snprintf(parts[0].aside, sizeof parts[0].aside, "%s", scratch_path("one.rdb"));
    snprintf(parts[1].aside, sizeof parts[1].aside, "%s", scratch_path("two.rdb"));
}

static void end(void)
{
    buf_fini(&rdb);
    scratch_close();
}

TestSuite(seed, .init = begin, .fini = end);

static const char *write_rdb(const char *name)
{
    scratch_write(name, "", 0600);
    FILE *f = fopen(scratch_path(name), "w");
    cr_assert(f && fwrite(rdb.data, 1, rdb.len, f) == rdb.len && fclose(f) == 0);
    return scratch_path(name);
}

/* The keys {a} and {b}, which are in slots of different halves. */
static const char *make_rdb(const char *name)
{
    rdb_file_begin(&rdb, 10);
    rdb_file_aux(&rdb, "used-mem", "5000000");
    RDB_PUT(&rdb, "\xfe\x00");
    rdb_file_key(&rdb, "a", "1"); /* slot 15495 */
    rdb_file_key(&rdb, "b", "2"); /* slot 3300 */
    rdb_file_end(&rdb);
    return write_rdb(name);
}

static bool has_key(const char *name, const char *key)
{
    char bytes[4096];
    FILE *f = fopen(scratch_path(name), "r");
    cr_assert_not_null(f, "%s was not made", name);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    char entry[16] = {0, (char)strlen(key)};
    strcpy(entry + 2, key);
    return memmem(bytes, n, entry, 2 + strlen(key)) != NULL;
}

static void halve_slots(void)
{
    seed.sharded = true;
    seed.n_parts = 2;
    slots_add_range(&parts[0].slots, 0, SLOTS / 2 - 1);
    slots_add_range(&parts[1].slots, SLOTS / 2, SLOTS - 1);
}

static void check_refused(const char *why)
{
    cr_assert_lt(seed_make(&seed, &e), 0);
    cr_assert(strstr(e.msg, why), "%s instead of %s", e.msg, why);
    cr_assert_neq(access(parts[0].aside, F_OK), 0, "nothing is left");
    cr_assert_neq(access(parts[1].aside, F_OK), 0, "nothing is left");
}

Test(seed, a_snapshots_file_is_only_named_once_more)
{
    struct stat one, two;
    files[0] = (struct seed_file){.path = make_rdb("s.rdb"), .name = "s"};
    cr_assert_eq(seed_make(&seed, &e), 0, "%s", e.msg);
    cr_assert_eq(stat(files[0].path, &one), 0);
    cr_assert_eq(stat(parts[0].aside, &two), 0);
    cr_assert_eq(one.st_ino, two.st_ino);
}

Test(seed, somebody_elses_file_is_copied)
{
    struct stat one, two;
    make_rdb("bucket/s.rdb");
    files[0] = (struct seed_file){.root = scratch_dir(), .path = "bucket/s.rdb", .name = "s"};
    cr_assert_eq(seed_make(&seed, &e), 0, "%s", e.msg);
    cr_assert_eq(stat(scratch_path("bucket/s.rdb"), &one), 0);
    cr_assert_eq(stat(parts[0].aside, &two), 0);
    cr_assert_neq(one.st_ino, two.st_ino);
    cr_assert_eq(one.st_size, two.st_size);
}

Test(seed, what_is_of_no_use_is_refused)
{
    const atomic_bool yes = true;
    files[0] = (struct seed_file){.path = scratch_path("nowhere"), .name = "s"};
    check_refused("No such file");
    scratch_write("bad.rdb", "no rdb", 0600);
    files[0].path = scratch_path("bad.rdb");
    check_refused("does not begin");
    files[0].path = make_rdb("s.rdb");
    seed.newest = 9;
    check_refused("its format, version 10, is newer than the engine's, version 9");
    seed.newest = 10;
    parts[0].room = 4 << 20;
    check_refused("its data need 4 MB of memory, and the node has 4 MB for data");
    parts[0].room = 0;
    files[0] = (struct seed_file){.root = scratch_dir(), .path = "s.rdb", .name = "s"};
    seed.cancelled = &yes;
    check_refused("");
}

Test(seed, shards_get_the_keys_of_their_slots)
{
    halve_slots();
    files[0] = (struct seed_file){.path = make_rdb("s.rdb"), .name = "s"};
    cr_assert_eq(seed_make(&seed, &e), 0, "%s", e.msg);
    cr_assert(has_key("one.rdb", "b") && !has_key("one.rdb", "a"));
    cr_assert(has_key("two.rdb", "a") && !has_key("two.rdb", "b"));
}

Test(seed, shards_of_the_same_slots_get_whole_files)
{
    struct stat one, two;
    halve_slots();
    rdb_file_begin(&rdb, 10);
    rdb_file_key(&rdb, "b", "2");
    rdb_file_end(&rdb);
    files[0] = (struct seed_file){.path = write_rdb("s1.rdb"), .name = "s1"};
    rdb_file_begin(&rdb, 10);
    rdb_file_key(&rdb, "a", "1");
    rdb_file_end(&rdb);
    files[1] = (struct seed_file){.path = write_rdb("s2.rdb"), .name = "s2"};
    seed.n_files = 2;
    cr_assert_eq(seed_make(&seed, &e), 0, "%s", e.msg);
    cr_assert_eq(stat(files[0].path, &one), 0);
    cr_assert_eq(stat(parts[0].aside, &two), 0);
    cr_assert_eq(one.st_ino, two.st_ino);
    cr_assert(has_key("two.rdb", "a"));
}

Test(seed, of_several_files_the_bad_one_is_named)
{
    halve_slots();
    files[0] = (struct seed_file){.path = make_rdb("s1.rdb"), .name = "s1"};
    files[1] = (struct seed_file){.path = scratch_path("nowhere"), .name = "s2"};
    seed.n_files = 2;
    check_refused("s2: ");
    seed.n_files = 1;
    snprintf(parts[0].aside, sizeof parts[0].aside, "%s", scratch_path("no/folder.rdb"));
    check_refused("No such file");
}

Test(seed, keys_of_other_databases_are_left_out)
{
    struct seed_fit fit;
    const char *dump = make_rdb("dump.rdb"), *fitting = scratch_path("fitting.rdb");
    cr_assert_eq(seed_fit(dump, fitting, NULL, &fit, &e), 0);
    cr_assert_not(fit.made, "there are no others");
    rdb_file_begin(&rdb, 10);
    RDB_PUT(&rdb, "\xfe\x00");
    rdb_file_key(&rdb, "a", "1");
    RDB_PUT(&rdb, "\xfe\x03");
    rdb_file_key(&rdb, "b", "2");
    rdb_file_end(&rdb);
    dump = write_rdb("dump.rdb");
    cr_assert_eq(seed_fit(dump, fitting, NULL, &fit, &e), 0, "%s", e.msg);
    cr_assert(fit.made);
    cr_assert_eq(fit.left_out, 1);
    cr_assert(has_key("fitting.rdb", "a") && !has_key("fitting.rdb", "b"));
    cr_assert_lt(seed_fit(dump, scratch_path("no/folder.rdb"), NULL, &fit, &e), 0);
    cr_assert_lt(seed_fit(scratch_path("nowhere"), fitting, NULL, &fit, &e), 0);
}
