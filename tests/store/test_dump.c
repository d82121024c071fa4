#include "store/dump.h"
#include "base/arena.h"
#include "database.h"
#include "scratch.h"
#include "store/dump_data.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store *s;
static struct arena a;
static struct err e;

static void setup(void)
{
    s = database_open(STORE_NORMAL);
}

static void teardown(void)
{
    arena_fini(&a);
    database_close(s);
}

TestSuite(dump, .init = setup, .fini = teardown);

/* The copy that the database makes of itself. */
static const char *dump(void)
{
    cr_assert_eq(store_back_up(s, &e), 0, "%s", e.msg);
    return scratch_path("meridian.db.backup");
}

static struct row_user user(const char *id)
{
    return (struct row_user){.region = "us-east-1",
        .id = id,
        .account = "000000000000",
        .name = id,
        .engine = "redis",
        .status = USER_ACTIVE,
        .access_string = "on",
        .authentication = AUTHENTICATION_NO_PASSWORD,
        .passwords = ""};
}

/* Each column that it clears must be there: this fails with a migration that takes one away. */
Test(dump, brings_back_what_was_there_and_nothing_else)
{
    struct row_user kept = user("kept"), later = user("later"), *users;
    size_t n;
    cr_assert_eq(q_user_put(s, &kept, &e), 0, "%s", e.msg);
    const char *path = dump();
    cr_assert_eq(q_user_delete(s, &kept, &e), 0);
    cr_assert_eq(q_user_put(s, &later, &e), 0);
    cr_assert_eq(dump_prepare(path, NULL, &e), 0, "%s", e.msg);
    cr_assert_eq(store_restore(s, path, &e), 0, "%s", e.msg);
    cr_assert_eq(q_user_all(s, &a, &users, &n, &e), 0);
    cr_assert_eq(n, 1);
    cr_expect_str_eq(users[0].id, "kept");
}

Test(dump, knows_of_no_process_and_begins_anew)
{
    struct row_node n = {.region = "us-east-1",
        .id = "c.0001",
        .cluster_id = "c",
        .node_id = "0001",
        .availability_zone = "us-east-1a",
        .address = "127.1.0.1",
        .port = 6379,
        .want = WISH_RUN,
        .status = NODE_AVAILABLE,
        .seen_state = SEEN_READY,
        .seen_endpoints = "x",
        .seen_pid = 7,
        .condemned_pid = 7,
        .incarnation = 3,
        .seen_role = ROLE_PRIMARY};
    struct row_node *back;
    cr_assert_eq(q_node_put(s, &n, &e), 0, "%s", e.msg);
    const char *path = dump();
    cr_assert_eq(dump_prepare(path, NULL, &e), 0, "%s", e.msg);
    cr_assert_eq(store_restore(s, path, &e), 0, "%s", e.msg);
    cr_assert_eq(q_node_get(s, &a, "us-east-1", "c.0001", &back, &e), 0, "%s", e.msg);
    cr_expect(
        back->seen_state == SEEN_UNKNOWN && back->seen_pid == 0 && back->condemned_pid == 0 && back->seen_endpoints[0] == '\0');
    cr_expect(back->seen_role != ROLE_PRIMARY && back->incarnation == 3);
    cr_expect_str_eq(back->address, "127.1.0.1");
}

Test(dump, of_something_else_is_refused)
{
    bool any;
    scratch_write("other", "no database at all, whatever it is", 0600);
    cr_expect_eq(dump_data_unpack(scratch_path("other"), scratch_path("files"), &any, &e), ERR_USAGE);
    cr_expect_str_eq(e.msg, "this is no dump of Meridian's state");
    scratch_write("empty", "", 0600);
    cr_expect_eq(dump_data_unpack(scratch_path("empty"), scratch_path("files"), &any, &e), ERR_USAGE);
    cr_expect_neq(access(scratch_path("files"), F_OK), 0, "nothing is left of it");
}

/* Three pieces, the last of which is short. */
enum { LONG = (2 << 20) + 5 };

static const char *dump_with_data(void)
{
    char *bytes = malloc(LONG + 1);
    for (int i = 0; i < LONG; i++) bytes[i] = (char)('a' + i % 23);
    bytes[LONG] = '\0';
    scratch_write("long", bytes, 0600);
    scratch_write("short", "x", 0600);
    free(bytes);
    const struct dump_datum data[] = {
        {"us-east-1", "rg.r", "0001", scratch_path("long")}, {"us-east-1", "cluster.c", "0001", scratch_path("short")}};
    cr_assert_eq(dump_data_pack(dump(), scratch_path("dump"), data, 2, &e), 0, "%s", e.msg);
    return scratch_path("dump");
}

Test(dump, has_the_nodes_data_and_tells_who_begins_with_them)
{
    bool any;
    struct row_node n = {.region = "us-east-1",
        .id = "c.0001",
        .cluster_id = "c",
        .node_id = "0001",
        .availability_zone = "us-east-1a",
        .want = WISH_RUN,
        .status = NODE_AVAILABLE,
        .seen_state = SEEN_UNKNOWN,
        .seen_endpoints = ""};
    struct row_node_group g = {
        .region = "us-east-1", .rg_id = "r", .id = "0001", .status = NODE_GROUP_AVAILABLE, .primary_node_id = "r-001.0001"};
    struct row_seed *seeds;
    struct row_seed_file *files;
    size_t n_seeds, n_files;
    cr_assert_eq(q_node_put(s, &n, &e), 0, "%s", e.msg);
    cr_assert_eq(q_node_group_put(s, &g, &e), 0, "%s", e.msg);
    const char *path = dump_with_data();
    cr_assert_eq(dump_data_unpack(path, scratch_path("files"), &any, &e), 0, "%s", e.msg);
    cr_assert(any);
    cr_expect_str_eq(scratch_read("files/2.rdb"), "x");
    struct stat st;
    cr_expect(stat(scratch_path("files/1.rdb"), &st) == 0 && st.st_size == LONG);
    cr_assert_eq(dump_prepare(path, "/files", &e), 0, "%s", e.msg);
    cr_assert_eq(store_restore(s, path, &e), 0, "%s", e.msg);
    cr_assert_eq(q_seed_all(s, &a, &seeds, &n_seeds, &e), 0);
    cr_assert_eq(q_seed_file_all(s, &a, &files, &n_files, &e), 0);
    cr_assert(n_seeds == 2 && n_files == 2);
    cr_expect(strcmp(seeds[0].node_id, "c.0001") == 0 && strcmp(seeds[0].source_id, "cluster.c") == 0);
    cr_expect(strcmp(seeds[1].node_id, "r-001.0001") == 0 && strcmp(seeds[1].source_id, "rg.r") == 0);
    cr_expect(strcmp(files[1].path, "1.rdb") == 0 && strcmp(files[1].root, "/files") == 0);
}

Test(dump, whose_data_were_changed_or_cut_is_refused)
{
    static const char *const changes[] = {"UPDATE dump_data SET sha256 = 'x' WHERE id = 2",
        "DELETE FROM dump_piece WHERE seq = 1", "UPDATE dump_piece SET bytes = 'y' WHERE data_id = 2", "DROP TABLE dump_data",
        "DROP TABLE dump_piece", "DELETE FROM dump_format", "UPDATE dump_format SET version = 2"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        sqlite3 *db;
        bool any;
        cr_assert_eq(sqlite3_open(dump_with_data(), &db), SQLITE_OK);
        cr_assert_eq(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        cr_expect_eq(dump_data_unpack(scratch_path("dump"), scratch_path("files"), &any, &e), ERR_USAGE, "%s", changes[i]);
        cr_expect_neq(access(scratch_path("files"), F_OK), 0, "nothing is left of it: %s", changes[i]);
    }
    cr_expect(strstr(e.msg, "newer Meridian"), "%s", e.msg);
}

Test(dump, of_files_that_are_gone_is_not_made)
{
    const struct dump_datum gone = {"us-east-1", "rg.r", "0001", scratch_path("gone")};
    cr_expect_eq(dump_data_pack(dump(), scratch_path("dump"), &gone, 1, &e), ERR_IO);
    cr_expect_neq(access(scratch_path("dump"), F_OK), 0);
}

/* What was written before a death of serve stands in no copy yet. */
Test(dump, is_made_though_nothing_was_written_since_the_start)
{
    struct row_user before = user("before");
    cr_assert_eq(store_begin(s, true, &e), 0);
    cr_assert_eq(q_user_put(s, &before, &e), 0, "%s", e.msg);
    cr_assert_eq(store_commit(s, &e), 0, "%s", e.msg);
    store_close(s);
    cr_assert_eq(store_open(&s, scratch_path("meridian.db"), STORE_NORMAL, &e), 0, "%s", e.msg);
    cr_assert_eq(access(dump(), F_OK), 0);
    unlink(scratch_path("meridian.db.backup"));
    cr_assert_neq(access(dump(), F_OK), 0, "the next one is made after a change");
}
