#include "auth/access_keys.h"
#include "base/err.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(access_keys, actions_are_matched_as_policies_do)
{
    static const struct {
        const char *pattern, *action;
        bool matches;
    } cases[] = {
        {"*", "elasticache:CreateUser", true},
        {"elasticache:*", "elasticache:CreateUser", true},
        {"elasticache:create*", "elasticache:CreateUser", true},
        {"ElastiCache:CreateUse?", "elasticache:CreateUser", true},
        {"elasticache:CreateUser", "elasticache:CreateUserGroup", false},
        {"elasticache:Create", "elasticache:CreateUser", false},
        {"sts:*", "elasticache:CreateUser", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(
            action_matches(cases[i].pattern, cases[i].action), cases[i].matches, "%s %s", cases[i].pattern, cases[i].action);
}

/* ---- the file ---- */

static struct access_keys *keys;
static struct err e;

static void teardown(void)
{
    access_keys_close(keys);
    scratch_close();
}

TestSuite(access_keys_file, .init = scratch_open, .fini = teardown);

#define KEY(id, secret, more) "{\"id\": \"" id "\", \"secret\": \"" secret "\", \"account\": \"111111111111\"" more "}"
#define ONE KEY("AKIAONE", "first-secret-of-one", "")

/* Whole, in place of the one before. */
static void write_keys(const char *list)
{
    char text[1000];
    snprintf(text, sizeof text, "{\"keys\": [%s", list);
    scratch_write("new", text, 0600);
    cr_assert_eq(rename(scratch_path("new"), scratch_path("keys")), 0);
}

static int open_keys(const char *list)
{
    write_keys(list);
    return access_keys_open(&keys, scratch_path("keys"), &e);
}

Test(access_keys_file, one_that_can_not_be_used_is_told_without_its_secrets)
{
    static const char *const lists[] = {ONE, KEY("AKIAONE", "first-secret-of-one", ", \"read-only\": true") "]}",
        KEY("AKIAONE", "first-secret-of-one", ", \"actoins\": [\"first-secret-of-one\"]") "]}", ONE "], \"more\": 1}",
        ONE ", " KEY("AKIAONE", "first-secret-of-two", "") "]}", "{\"id\": \"AKIAONE\", \"secret\": \"first-secret-of-one\"}]}",
        "{\"id\": \"AKIAONE\", \"secret\": \"first-secret-of-one\", \"account\": \"11\"}]}"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        cr_expect_eq(open_keys(lists[i]), ERR_USAGE, "%s", lists[i]);
        cr_expect(strstr(e.msg, "--access-keys ") == e.msg, "%s", e.msg);
        cr_expect(strstr(e.msg, "first-secret") == NULL, "%s", e.msg);
    }
    write_keys(ONE "]}");
    chmod(scratch_path("keys"), 0640);
    cr_expect_eq(access_keys_open(&keys, scratch_path("keys"), &e), ERR_USAGE);
    cr_expect_eq(access_keys_open(&keys, scratch_dir(), &e), ERR_USAGE);
    cr_expect_eq(access_keys_open(&keys, scratch_path("none"), &e), ERR_USAGE);
}

Test(access_keys_file, it_is_read_again_where_it_has_changed)
{
    cr_assert_eq(open_keys(ONE "]}"), 0, "%s", e.msg);
    write_keys(KEY("AKIAONE", "other-secret-of-one", "") ", " KEY("AKIATWO", "first-secret-of-two", "") "]}");
    cr_expect_str_eq(access_keys_find(keys, "AKIAONE")->secret, "other-secret-of-one");
    write_keys(ONE);
    cr_expect_str_eq(access_keys_find(keys, "AKIAONE")->secret, "other-secret-of-one", "one that is not whole changes nothing");
    unlink(scratch_path("keys"));
    cr_expect(access_keys_find(keys, "AKIATWO"));
    write_keys(ONE "]}");
    cr_expect(access_keys_find(keys, "AKIATWO") == NULL);
    cr_expect(access_keys_find(keys, "AKIAONE"));
}
