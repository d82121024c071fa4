#include "agent/snapshots/shelf.h"
#include "base/log.h"
#include "base/trip.h"
#include "rdb_file.h"
#include "scratch.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* The folder of snapshots, made to be what orders say. */

static uv_loop_t loop;
static struct shelf *shelf;
static struct buf rdb;
static int n_changes;

static void note_change(void *arg)
{
    cr_assert_eq(arg, &loop);
    n_changes++;
}

static void begin(void)
{
    log_init(LOG_ERROR, "test");
    scratch_open();
    uv_loop_init(&loop);
    n_changes = 0;
    rdb_file_begin(&rdb, 10);
    rdb_file_key(&rdb, "key", "value");
    rdb_file_end(&rdb);
    shelf = shelf_open(&loop, scratch_dir(), note_change, &loop);
}

static void end(void)
{
    shelf_close(shelf);
    shelf_close(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    buf_fini(&rdb);
    rdb = (struct buf){0};
    scratch_close();
}

TestSuite(shelf, .init = begin, .fini = end);

/* A test of its own, and a part of the walk through all that is done with a file at the end. */
#define SCENE(name)         \
    static void name(void); \
    Test(shelf, name)       \
    {                       \
        name();             \
    }                       \
    static void name(void)

static const char *put_rdb(const char *name)
{
    scratch_write(name, "", 0600);
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "w");
    cr_assert(f && fwrite(rdb.data, 1, rdb.len, f) == rdb.len && fclose(f) == 0);
    return path;
}

static bool is_there(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static void order(const struct proto_snapshot_order *orders, size_t n)
{
    struct proto_snapshot_order list[4];
    for (size_t i = 0; i < n; i++) list[i] = orders[i];
    shelf_order(shelf, &(struct proto_snapshot_order_list){true, n, list});
}

static void keep(const char *id)
{
    order(&(struct proto_snapshot_order){.id = id, .keep = OPT_BOOL(true)}, 1);
}

/* All work that is under way is done, and what follows from it. */
static void settle(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
}

static struct proto_snapshot_seen see(struct arena *a, const char *id)
{
    struct proto_snapshot_seen_list list;
    shelf_see(shelf, a, &list);
    size_t i = 0;
    while (i < list.n && strcmp(list.items[i].id, id) != 0) i++;
    cr_assert_lt(i, list.n, "%s is not told", id);
    return list.items[i];
}

static enum part_state state_of(const char *id)
{
    _arena_ struct arena a = {0};
    return see(&a, id).state;
}

static void take(const char *id)
{
    keep(id);
    shelf_take(shelf, id, put_rdb("node/dump.rdb"));
    settle();
    cr_assert_eq(state_of(id), PART_WHOLE);
}

SCENE(wants_a_snapshot_until_it_has_it)
{
    _arena_ struct arena a = {0};
    cr_assert_not(shelf_wants(shelf, "s1"));
    keep("s1");
    cr_assert(shelf_wants(shelf, "s1"));
    cr_assert_eq(state_of("s1"), PART_MISSING);
    shelf_take(shelf, "s1", put_rdb("node/dump.rdb"));
    shelf_take(shelf, "s1", "/nowhere");
    cr_assert_not(is_there("node/dump.rdb"), "taken away at once");
    cr_assert_eq(state_of("s1"), PART_WORKING);
    cr_assert_not(shelf_wants(shelf, "s1"));
    settle();
    struct proto_snapshot_seen seen = see(&a, "s1");
    cr_assert_eq(seen.state, PART_WHOLE);
    cr_assert_eq(seen.size.v, (int64_t)rdb.len);
    cr_assert_gt(seen.taken_ms.v, 0);
    cr_assert_not(shelf_wants(shelf, "s1"));
    cr_assert(is_there("Snapshots/s1.rdb"));
    cr_assert_gt(n_changes, 0);
}

SCENE(what_is_no_whole_file_has_failed)
{
    _arena_ struct arena a = {0};
    keep("s1");
    scratch_write("node/dump.rdb", "REDIS0010 half", 0600);
    shelf_take(shelf, "s1", scratch_path("node/dump.rdb"));
    settle();
    cr_assert_eq(see(&a, "s1").state, PART_FAILED);
    cr_assert(see(&a, "s1").reason);
    cr_assert_not(is_there("Snapshots/s1.rdb.part"));
    cr_assert_not(shelf_wants(shelf, "s1"));
    keep("s2");
    shelf_take(shelf, "s2", scratch_path("nowhere"));
    settle();
    cr_assert_eq(state_of("s2"), PART_FAILED);
}

SCENE(what_cannot_be_taken_is_told)
{
    _arena_ struct arena a = {0};
    keep("s1");
    shelf_fail(shelf, "s1", "no room");
    shelf_fail(shelf, "nobody's", "no room");
    cr_assert_eq(see(&a, "s1").state, PART_FAILED);
    cr_assert_str_eq(see(&a, "s1").reason, "no room");
    trip_arm(TRIP_SNAPSHOT_WRITE, 1);
    keep("s2");
    shelf_take(shelf, "s2", put_rdb("node/dump.rdb"));
    settle();
    cr_assert_str_eq(see(&a, "s2").reason, "injected failure");
}

SCENE(a_copy_is_another_name_of_the_same_file)
{
    struct stat one, two;
    take("s1");
    order((struct proto_snapshot_order[]){{.id = "s1", .keep = OPT_BOOL(true)},
              {.id = "s2", .keep = OPT_BOOL(true), .copy_of = "s1"}},
        2);
    settle();
    cr_assert_eq(state_of("s2"), PART_WHOLE);
    cr_assert_eq(stat(scratch_path("Snapshots/s1.rdb"), &one), 0);
    cr_assert_eq(stat(scratch_path("Snapshots/s2.rdb"), &two), 0);
    cr_assert_eq(one.st_ino, two.st_ino);
    order((struct proto_snapshot_order[]){{.id = "s1"}, {.id = "s2", .keep = OPT_BOOL(true)}}, 2);
    cr_assert_eq(state_of("s1"), PART_GONE);
    cr_assert_not(is_there("Snapshots/s1.rdb"));
    cr_assert(is_there("Snapshots/s2.rdb"));
    order(NULL, 0);
    cr_assert_not(is_there("Snapshots/s2.rdb"), "what is not named goes");
}

SCENE(a_copy_without_its_source_fails)
{
    take("s1");
    unlink(scratch_path("Snapshots/s1.rdb"));
    order((struct proto_snapshot_order[]){{.id = "s1", .keep = OPT_BOOL(true)},
              {.id = "s2", .keep = OPT_BOOL(true), .copy_of = "s1"}},
        2);
    settle();
    cr_assert_eq(state_of("s2"), PART_FAILED);
}

/* The agent that knew of the file has ended; the next one finds nothing of it. */
SCENE(a_copy_of_what_an_agent_did_not_find_fails)
{
    _arena_ struct arena a = {0};
    const struct proto_snapshot_order copy = {.id = "s2", .keep = OPT_BOOL(true), .copy_of = "s1"};
    order((struct proto_snapshot_order[]){{.id = "s1", .keep = OPT_BOOL(true)}, copy}, 2);
    settle();
    cr_assert_eq(see(&a, "s2").state, PART_FAILED);
    cr_assert_str_eq(see(&a, "s2").reason, "its source's file is missing");
    order(NULL, 0);
    order(&copy, 1);
    cr_assert_eq(state_of("s2"), PART_FAILED, "nor is one kept that is not ordered any more");
}

static int64_t export_number;

static struct proto_snapshot_seen export_to(struct arena *a, const char *path)
{
    order(&(struct proto_snapshot_order){.id = "s1",
              .keep = OPT_BOOL(true),
              .export = OPT_INT(export_number),
              .export_root = scratch_path("buckets"),
              .export_path = path},
        1);
    settle();
    return see(a, "s1");
}

SCENE(exports_below_a_folder_and_over_nothing)
{
    _arena_ struct arena a = {0};
    take("s1");
    scratch_write("buckets/b/other.rdb", "something else", 0600);
    cr_assert_str_eq(export_to(&a, "b/s1.rdb").exported, "b/s1.rdb");
    struct stat st;
    cr_assert_eq(stat(scratch_path("buckets/b/s1.rdb"), &st), 0);
    cr_assert_eq(st.st_size, (off_t)rdb.len);
    cr_assert_str_eq(export_to(&a, "b/other.rdb").export_reason, "something else is there already");
    cr_assert_str_eq(scratch_read("buckets/b/other.rdb"), "something else");
    cr_assert_str_eq(export_to(&a, "b/s1.rdb").exported, "b/s1.rdb", "it was there");
    cr_assert(export_to(&a, "nowhere/s1.rdb").export_reason);
    cr_assert_eq(mkdir(scratch_path("buckets/nowhere"), 0700), 0);
    cr_assert(export_to(&a, "nowhere/s1.rdb").export_reason, "the same order is not tried again");
    export_number = 7;
    struct proto_snapshot_seen again = export_to(&a, "nowhere/s1.rdb");
    cr_assert_str_eq(again.exported, "nowhere/s1.rdb", "the next one for the same place is");
    cr_assert_eq(again.export.v, 7);
    cr_assert(export_to(&a, "../s1.rdb").export_reason, "that is not below the folder");
    cr_assert_not(is_there("s1.rdb"));
    cr_assert_null(export_to(&a, "b/s\n1.rdb").export_reason, "no place is no order");
    cr_assert_null(see(&a, "s1").exported);
    char name[260] = "b/";
    memset(name + 2, 'x', 255);
    cr_assert_str_eq(export_to(&a, name).export_reason, "the name is too long");
    cr_assert_eq(state_of("s1"), PART_WHOLE, "whatever became of the export");
}

SCENE(finds_what_is_there_and_clears_what_was_not_finished)
{
    _arena_ struct arena a = {0};
    put_rdb("Snapshots/s1.rdb");
    put_rdb("Snapshots/s2.rdb");
    scratch_write("Snapshots/s3.rdb.part", "half", 0600);
    scratch_write("Snapshots/Odd.rdb", "odd", 0600);
    scratch_write("Snapshots/folder/file", "", 0600);
    shelf_close(shelf);
    shelf = shelf_open(&loop, scratch_dir(), note_change, &loop);
    cr_assert_not(is_there("Snapshots/s3.rdb.part"));
    cr_assert_not(is_there("Snapshots/Odd.rdb"));
    cr_assert(is_there("Snapshots/folder"));
    keep("s1");
    cr_assert_eq(see(&a, "s1").size.v, (int64_t)rdb.len);
    cr_assert_not(is_there("Snapshots/s2.rdb"), "nobody wants it");
    order(&(struct proto_snapshot_order){.id = "../s9", .keep = OPT_BOOL(true)}, 1);
    struct proto_snapshot_seen_list list;
    shelf_see(shelf, &a, &list);
    cr_assert_eq(list.n, 0);
}

SCENE(closes_when_its_work_is_done)
{
    keep("s1");
    shelf_take(shelf, "s1", put_rdb("node/dump.rdb"));
    order(NULL, 0);
    shelf_close(shelf);
    shelf = NULL;
    int was = n_changes;
    settle();
    cr_assert_eq(n_changes, was, "nobody is told any more");
}

Test(shelf, every_move_of_a_file_is_visited)
{
    static void (*const scenes[])(void) = {wants_a_snapshot_until_it_has_it, what_is_no_whole_file_has_failed,
        what_cannot_be_taken_is_told, a_copy_is_another_name_of_the_same_file, a_copy_without_its_source_fails,
        exports_below_a_folder_and_over_nothing, finds_what_is_there_and_clears_what_was_not_finished,
        closes_when_its_work_is_done};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        scenes[i]();
        end();
        begin();
    }
    task_visits_assert_all("file of the snapshot");
}
