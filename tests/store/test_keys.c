#include "store/keys.h"
#include "base/arena.h"
#include "store/queries.gen.h"
#include "database.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct arena a;
static struct store *s;
static struct err e;

static void setup(void)
{
    s = database_open(STORE_NORMAL);
}

static void teardown(void)
{
    database_close(s);
    arena_fini(&a);
}

TestSuite(keys, .init = setup, .fini = teardown);

#define ONE "111111111111"
#define OTHER "222222222222"

static void expect_text(const char *got, const char *wanted)
{
    cr_expect_str_eq(got ? got : "null", wanted ? wanted : "null");
}

Test(keys, an_id_becomes_a_key_and_a_key_an_id)
{
    static const struct {
        enum sql_key kind;
        const char *id, *key;
    } t[] = {
        {SQL_KEY_WHOLE, "orders", ONE "~orders"},
        {SQL_KEY_WHOLE, "default", ONE "~default"},
        {SQL_KEY_WHOLE, "", ONE "~"},
        {SQL_KEY_WHOLE, NULL, NULL},
        {SQL_KEY_NONE, "orders", "orders"},
        {SQL_KEY_DOTTED, "rg.orders", "rg." ONE "~orders"},
        {SQL_KEY_DOTTED, "primary.orders.0001", "primary." ONE "~orders.0001"},
        {SQL_KEY_SHARED, "mine", ONE "~mine"},
        {SQL_KEY_SHARED, "default", "default"},
        {SQL_KEY_SHARED, "default.redis7", "default.redis7"},
        {SQL_KEY_SHARED, "defaults", ONE "~defaults"},
    };
    struct keys k;
    keys_set(&k, ONE, &a);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const char *key = keys_of(&k, t[i].kind, t[i].id);
        expect_text(key, t[i].key);
        expect_text(keys_of(&k, t[i].kind, key), t[i].key);
        expect_text(keys_id(&k, t[i].kind, arena_strdup(&a, key)), t[i].id);
    }
    expect_text(keys_id(&k, SQL_KEY_WHOLE, arena_strdup(&a, OTHER "~orders")), OTHER "~orders");
    keys_set(&k, ACCOUNT_DEFAULT, &a);
    expect_text(keys_of(&k, SQL_KEY_WHOLE, "orders"), "orders");
    expect_text(keys_id(&k, SQL_KEY_WHOLE, arena_strdup(&a, ONE "~orders")), ONE "~orders");
}

/* ---- whom a store acts for ---- */

static char seen[40];

static void on_row(void *arg, const struct sql_table *t, const void *row, bool gone)
{
    (void)arg, (void)t, (void)gone;
    snprintf(seen, sizeof seen, "%s", ((const struct row_user *)row)->id);
}

static void put_user(const char *account, const char *id)
{
    const struct row_user u = {.region = "us-east-1",
        .id = id,
        .account = account,
        .name = id,
        .engine = "redis",
        .status = USER_ACTIVE,
        .access_string = "on",
        .authentication = AUTHENTICATION_NO_PASSWORD,
        .passwords = ""};
    store_act_for(s, account, &a);
    cr_assert_eq(q_user_put(s, &u, &e), 0, "%s", e.msg);
    store_act_for(s, NULL, NULL);
}

static const char *users_of(const char *account)
{
    struct row_user *rows;
    size_t n;
    const char *ids = "";
    store_act_for(s, account, &a);
    cr_assert_eq(q_user_page(s, &a, "us-east-1", "", 100, &rows, &n, &e), 0, "%s", e.msg);
    store_act_for(s, NULL, NULL);
    for (size_t i = 0; i < n; i++) ids = arena_printf(&a, "%s %s", ids, rows[i].id);
    return ids;
}

Test(keys, accounts_have_rows_of_the_same_id)
{
    static const char *const accounts[] = {ACCOUNT_DEFAULT, ONE, OTHER};
    for (size_t i = 0; i < 3; i++) {
        put_user(accounts[i], "u");
        put_user(accounts[i], i == 1 ? "zz" : "aa");
    }
    expect_text(users_of(ACCOUNT_DEFAULT), " aa u");
    expect_text(users_of(ONE), " u zz");
    expect_text(users_of(OTHER), " aa u");
    expect_text(users_of("000000000001"), "");
}

Test(keys, who_watches_is_told_keys)
{
    store_watch(s, &(struct store_watch){.row = on_row});
    put_user(ONE, "u");
    expect_text(seen, ONE "~u");
    put_user(ACCOUNT_DEFAULT, "u");
    expect_text(seen, "u");
    store_watch(s, NULL);
}

Test(keys, what_was_counted_is_an_account_s_own)
{
    int64_t n;
    put_user(ONE, "u");
    put_user(ONE, "v");
    store_act_for(s, OTHER, &a);
    cr_assert_eq(q_user_count(s, "us-east-1", &n, &e), 0);
    cr_expect_eq(n, 0);
    store_counted(s, &sql_table_user, "us-east-1", n);
    store_act_for(s, ONE, &a);
    cr_expect_eq(store_most_rows(s, &sql_table_user, "us-east-1"), INT64_MAX);
    cr_assert_eq(q_user_count(s, "us-east-1", &n, &e), 0);
    cr_expect_eq(n, 2);
    store_counted(s, &sql_table_user, "us-east-1", n);
    put_user(ONE, "w");
    store_act_for(s, ONE, &a);
    cr_expect_eq(store_most_rows(s, &sql_table_user, "us-east-1"), 3);
    store_act_for(s, OTHER, &a);
    cr_expect_eq(store_most_rows(s, &sql_table_user, "us-east-1"), 0);
    store_act_for(s, NULL, NULL);
}
