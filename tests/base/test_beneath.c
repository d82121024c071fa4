#include "base/beneath.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void make(const char *path, const char *content)
{
    int at = open(root, O_DIRECTORY), fd = openat(at, path, O_CREAT | O_WRONLY, 0600);
    cr_assert(fd >= 0 && write(fd, content, strlen(content)) >= 0);
    close(fd);
    close(at);
}

static void setup(void)
{
    strcpy(root, "/tmp/base-beneath-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    int at = open(root, O_DIRECTORY);
    cr_assert_eq(mkdirat(at, "in", 0700), 0);
    cr_assert_eq(mkdirat(at, "in/deep", 0700), 0);
    cr_assert_eq(symlinkat("/etc", at, "out"), 0);
    cr_assert_eq(symlinkat("in", at, "within"), 0);
    cr_assert_eq(symlinkat("/etc/passwd", at, "in/passwd"), 0);
    close(at);
    make("file", "x");
    make("in/deep/file", "x");
}

static void teardown(void)
{
    int at = open(root, O_DIRECTORY);
    static const char *const files[] = {"in/deep/file", "in/passwd", "file", "out", "within"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlinkat(at, files[i], 0);
    unlinkat(at, "in/deep", AT_REMOVEDIR);
    unlinkat(at, "in", AT_REMOVEDIR);
    close(at);
    cr_assert_eq(rmdir(root), 0);
}

TestSuite(beneath, .init = setup, .fini = teardown);

Test(beneath, what_is_there_is_opened_and_nothing_else_is_reached)
{
    static const struct {
        const char *path;
        int r; /* 0: it is opened */
    } table[] = {
        {"file", 0},
        {"in/deep/file", 0},
        {"", 0},
        {"none", ERR_IO},
        {"in/none", ERR_IO},
        {"file/x", ERR_USAGE},
        {"/etc/passwd", ERR_USAGE},
        {"..", ERR_USAGE},
        {".", ERR_USAGE},
        {"in/..", ERR_USAGE},
        {"in/../file", ERR_USAGE},
        {"in/../../etc/passwd", ERR_USAGE},
        {"in//deep", ERR_USAGE},
        {"in/", ERR_USAGE},
        {"out/passwd", ERR_USAGE},
        {"in/passwd", ERR_USAGE},
        {"within/deep/file", ERR_USAGE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct err e = {0};
        int fd = beneath_open(root, table[i].path, O_RDONLY, &e);
        cr_expect(fd >= 0 ? table[i].r == 0 : fd == table[i].r, "\"%s\": %d %s", table[i].path, fd, e.msg);
        if (fd >= 0) close(fd);
    }
}

Test(beneath, the_folder_of_a_file_to_be_made_is_found)
{
    struct err e;
    const char *name;
    int at = beneath_open_parent(root, "in/deep/new", &name, &e);
    cr_assert(at >= 0);
    cr_assert_str_eq(name, "new");
    cr_assert_eq(faccessat(at, "file", F_OK, 0), 0);
    close(at);
    cr_assert_eq(beneath_open_parent(root, "out/new", &name, &e), ERR_USAGE);
}
