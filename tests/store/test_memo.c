#include "store/memo.h"
#include "base/arena.h"
#include "database.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct memo memo;
static struct store *s;
static struct err e;

static void open_all(void)
{
    s = database_open(STORE_FULL);
}

static void close_all(void)
{
    memo_fini(&memo);
    database_close(s);
}

TestSuite(memo, .init = open_all, .fini = close_all);

static void expect_text(const struct buf *found, const char *text)
{
    cr_assert_eq(found != NULL, text != NULL);
    if (text) cr_expect(found->len == strlen(text) && memcmp(found->data, text, found->len) == 0);
}

Test(memo, keeps_the_last_text_of_each_region_and_id_until_it_is_dropped)
{
    char id[16];
    expect_text(memo_get(&memo, "r", "0"), NULL);
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "%d", i);
        memo_put(&memo, "r", id, "before", 6);
        memo_put(&memo, "r", id, id, strlen(id));
    }
    memo_put(&memo, "other", "7", "elsewhere", 9);
    for (int i = 0; i < 1000; i += 2) {
        snprintf(id, sizeof id, "%d", i);
        memo_drop(&memo, "r", id);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "%d", i);
        expect_text(memo_get(&memo, "r", id), i % 2 ? id : NULL);
    }
    expect_text(memo_get(&memo, "other", "7"), "elsewhere");
    cr_expect_eq(memo.n, 501);
}

Test(memo, keeps_no_more_than_it_has_room_for)
{
    char *large = calloc(1, MEMO_MAX);
    memo_put(&memo, "r", "small", "s", 1);
    memo_put(&memo, "r", "large", large, MEMO_MAX);
    expect_text(memo_get(&memo, "r", "large"), NULL);
    expect_text(memo_get(&memo, "r", "small"), "s");
    free(large);
}

static void begin(bool write)
{
    cr_assert_eq(store_begin(s, write, &e), 0, "%s", e.msg);
}

static void remember(void)
{
    begin(false);
    store_remember(s, "us-east-1", "g", "text", 4);
    cr_assert_eq(store_commit(s, &e), 0);
    expect_text(store_recall(s, "us-east-1", "g"), "text");
}

Test(memo, of_a_store_forgets_with_every_row_that_names_the_replication_group_and_no_other)
{
    struct row_endpoint endpoint = {.region = "us-east-1",
                            .id = "primary.g.0001",
                            .kind = ENDPOINT_PRIMARY,
                            .seen_state = ENDPOINT_LISTENING,
                            .rg_id = "g"},
                        other = endpoint;
    struct row_rg_user_group link = {.region = "us-east-1", .rg_id = "g", .group_id = "u"};
    other.id = "primary.h.0001";
    other.rg_id = "h";
    remember();
    begin(true);
    cr_assert_eq(q_endpoint_put(s, &other, &e), 0, "%s", e.msg);
    store_rollback(s);
    expect_text(store_recall(s, "us-east-1", "g"), "text");
    begin(true);
    cr_assert_eq(q_endpoint_put(s, &endpoint, &e), 0, "%s", e.msg);
    store_rollback(s);
    expect_text(store_recall(s, "us-east-1", "g"), NULL);
    remember();
    cr_assert_eq(q_rg_user_group_delete(s, &link, &e), 0, "%s", e.msg);
    expect_text(store_recall(s, "us-east-1", "g"), NULL);
}

Test(memo, of_a_store_keeps_and_tells_nothing_while_it_writes)
{
    remember();
    begin(true);
    expect_text(store_recall(s, "us-east-1", "g"), NULL);
    store_remember(s, "us-east-1", "h", "text", 4);
    cr_assert_eq(store_commit(s, &e), 0, "%s", e.msg);
    expect_text(store_recall(s, "us-east-1", "g"), "text");
    expect_text(store_recall(s, "us-east-1", "h"), NULL);
}
