#include "store/dump.h"
#include "base/arena.h"
#include "database.h"
#include "scratch.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
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
    cr_assert_eq(dump_prepare(path, &e), 0, "%s", e.msg);
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
        .seen_role = SEEN_ROLE_PRIMARY};
    struct row_node *back;
    cr_assert_eq(q_node_put(s, &n, &e), 0, "%s", e.msg);
    const char *path = dump();
    cr_assert_eq(dump_prepare(path, &e), 0, "%s", e.msg);
    cr_assert_eq(store_restore(s, path, &e), 0, "%s", e.msg);
    cr_assert_eq(q_node_get(s, &a, "us-east-1", "c.0001", &back, &e), 0, "%s", e.msg);
    cr_expect(
        back->seen_state == SEEN_UNKNOWN && back->seen_pid == 0 && back->condemned_pid == 0 && back->seen_endpoints[0] == '\0');
    cr_expect(back->seen_role != SEEN_ROLE_PRIMARY && back->incarnation == 3);
    cr_expect_str_eq(back->address, "127.1.0.1");
}

Test(dump, of_something_else_is_refused)
{
    scratch_write("other", "no database at all, whatever it is", 0600);
    cr_expect_eq(dump_prepare(scratch_path("other"), &e), ERR_USAGE);
    cr_expect_str_eq(e.msg, "this is no dump of Meridian's state");
    scratch_write("empty", "", 0600);
    cr_expect_eq(dump_prepare(scratch_path("empty"), &e), ERR_USAGE);
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
