#include "auth/temporary.h"
#include "base/arena.h"
#include <criterion/criterion.h>
#include <string.h>

static const char root[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char foreign[65] = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
static const struct temporary wanted = {"AKIAONE", "111122223333", "role", "a.b@c", INT64_C(1900000000000)};

Test(temporary, credentials_tell_what_they_were_made_for)
{
    _arena_ struct arena a = {0};
    struct temporary t;
    struct temporary_key made = temporary_make(&wanted, root, &a), key;
    cr_assert(temporary_read(made.token, made.id, root, &a, &t, &key));
    cr_expect_str_eq(t.parent, wanted.parent);
    cr_expect_str_eq(t.account, wanted.account);
    cr_expect_str_eq(t.role, wanted.role);
    cr_expect_str_eq(t.session, wanted.session);
    cr_expect_eq(t.ends_ms, wanted.ends_ms);
    cr_expect_str_eq(key.secret, made.secret);
    cr_expect_eq(strncmp(made.id, "ASIA", 4), 0);
    cr_expect_null(strstr(made.token, made.secret));
}

Test(temporary, nothing_of_a_token_can_be_changed)
{
    _arena_ struct arena a = {0};
    struct temporary t;
    struct temporary_key made = temporary_make(&wanted, root, &a), key;
    cr_expect_not(temporary_read(made.token, made.id, foreign, &a, &t, &key), "another installation's");
    cr_expect_not(temporary_read(made.token, "ASIA0000000000000000", root, &a, &t, &key), "another key's");
    for (size_t i = 0; made.token[i]; i++) {
        char *changed = arena_strndup(&a, made.token, strlen(made.token));
        changed[i] = changed[i] == '1' ? '2' : '1';
        cr_expect_not(temporary_read(changed, made.id, root, &a, &t, &key), "%s", changed);
        cr_expect_not(temporary_read(arena_strndup(&a, made.token, i), made.id, root, &a, &t, &key), "cut after %zu", i);
    }
    cr_expect_not(temporary_read(arena_printf(&a, "%s/x", made.token), made.id, root, &a, &t, &key));
}
