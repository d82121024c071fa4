#include "main/admin_token.h"
#include "base/err.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err e;
static char token[ADMIN_TOKEN_SIZE], path[PATH_MAX];

TestSuite(admin_token, .init = scratch_open, .fini = scratch_close);

static int read_given(const char *text, mode_t mode)
{
    scratch_write("token", text, mode);
    return admin_token_read(scratch_path("token"), scratch_dir(), token, path, &e);
}

Test(admin_token, is_made_once_in_the_data_directory_and_kept_there)
{
    char before[ADMIN_TOKEN_SIZE];
    cr_assert_eq(admin_token_read("", scratch_dir(), token, path, &e), 0, "%s", e.msg);
    cr_expect_str_eq(path, scratch_path("secrets/admin-token"));
    cr_expect_str_eq(scratch_read("secrets/admin-token"), token);
    memcpy(before, token, sizeof before);
    cr_assert_eq(admin_token_read("", scratch_dir(), token, path, &e), 0, "%s", e.msg);
    cr_expect_str_eq(token, before);
    cr_assert_eq(unlink(path), 0);
    admin_token_keep("", scratch_dir(), token);
    cr_expect_str_eq(scratch_read("secrets/admin-token"), token);
}

Test(admin_token, that_is_given_is_the_first_line_of_its_file)
{
    cr_expect_eq(read_given("0123456789abcdef\nmore\n", 0600), 0, "%s", e.msg);
    cr_expect_str_eq(token, "0123456789abcdef");
    cr_expect_str_eq(path, scratch_path("token"));
    cr_expect_eq(read_given("0123456789abcdef\r\n", 0400), 0, "%s", e.msg);
    cr_expect_str_eq(token, "0123456789abcdef");
    cr_assert_eq(unlink(path), 0);
    admin_token_keep(path, scratch_dir(), token);
    cr_expect_neq(access(path, F_OK), 0, "that file is somebody else's");
}

Test(admin_token, is_refused_where_others_could_know_it_or_it_is_none)
{
    static const char *const bad[] = {
        "", "short", "0123456789abcde", "0123456789 abcdef", "0123456789\tabcdef", "0123456789abcd\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(read_given(bad[i], 0600), ERR_USAGE, "%s", bad[i]);
        cr_expect(strstr(e.msg, "its first line must be 16 to 256 characters"), "%s", e.msg);
    }
    for (mode_t mode = 01; mode < 0100; mode <<= 1)
        cr_expect_eq(read_given("0123456789abcdef", 0600 | mode), ERR_USAGE, "%o", mode);
    cr_expect(strstr(e.msg, "others may read this file"), "%s", e.msg);
    cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    cr_expect_eq(admin_token_read(scratch_path("pipe"), scratch_dir(), token, path, &e), ERR_USAGE);
    cr_expect_eq(admin_token_read("/nowhere", scratch_dir(), token, path, &e), ERR_USAGE);
}
