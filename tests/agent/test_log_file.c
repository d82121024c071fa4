#include "agent/os/log_file.h"
#include "base/buf.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[80], old[96];
static int writer;

static void setup(void)
{
    strcpy(dir, "/tmp/agent-log-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/x.log", dir);
    snprintf(old, sizeof old, "%s.1", path);
    writer = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    cr_assert_geq(writer, 0);
}

static void teardown(void)
{
    close(writer);
    unlink(old);
    unlink(path);
    cr_assert_eq(rmdir(dir), 0);
}

TestSuite(log_file, .init = setup, .fini = teardown);

/* 'n' lines of 16 bytes, numbered from 'first' on. */
static void write_lines(int first, int n)
{
    _buf_ struct buf b = {0};
    for (int i = 0; i < n; i++) buf_printf(&b, "line %010d\n", first + i);
    cr_assert_eq(write(writer, b.data, b.len), (ssize_t)b.len);
}

static long size_of(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 ? (long)st.st_size : -1;
}

static void first_line(const char *file, char out[17])
{
    int fd = open(file, O_RDONLY);
    cr_assert_eq(read(fd, out, 16), 16);
    out[16] = '\0';
    close(fd);
}

enum { LINES = LOG_FILE_MAX / 16 };

Test(log_file, a_log_of_the_permitted_size_is_left_alone)
{
    write_lines(0, LINES);
    cr_assert_eq(log_file_bound(path), LOG_FILE_MAX);
    cr_assert_eq(size_of(old), -1);
}

Test(log_file, the_last_lines_of_a_large_log_are_kept_and_its_writer_goes_on_at_its_beginning)
{
    char line[17];
    write_lines(0, LINES + 5);
    cr_assert_eq(log_file_bound(path), 0);
    cr_assert_eq(size_of(old), LOG_FILE_MAX);
    first_line(old, line);
    cr_assert_str_eq(line, "line 0000000005\n");
    write_lines(7, 1);
    cr_assert_eq(size_of(path), 16);
    first_line(path, line);
    cr_assert_str_eq(line, "line 0000000007\n");
}

Test(log_file, the_one_before_is_replaced)
{
    char line[17];
    for (int i = 0; i < 2; i++) {
        write_lines(1000 * i, 2 * LINES);
        cr_assert_eq(log_file_bound(path), 0);
    }
    cr_assert_eq(size_of(old), LOG_FILE_MAX);
    first_line(old, line);
    cr_assert_eq(atoi(line + 5), 1000 + LINES);
}

Test(log_file, where_the_copy_cant_be_made_the_log_is_emptied_all_the_same)
{
    cr_assert_eq(mkdir(old, 0700), 0);
    write_lines(0, LINES + 1);
    cr_assert_eq(log_file_bound(path), 0);
    cr_assert_eq(size_of(path), 0);
    cr_assert_eq(rmdir(old), 0);
}

Test(log_file, what_is_no_log_is_left_alone)
{
    cr_assert_eq(log_file_bound("/nonexistent/x.log"), 0);
    cr_assert_eq(symlink(path, old), 0);
    write_lines(0, LINES + 1);
    cr_assert_eq(log_file_bound(old), 0);
    cr_assert_eq(size_of(path), LOG_FILE_MAX + 16);
}
