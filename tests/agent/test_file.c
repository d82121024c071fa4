#include "agent/os/file.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];

static void setup(void)
{
    strcpy(dir, "/tmp/agent-file-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/x", dir);
}

static void teardown(void)
{
    struct err e;
    cr_assert_eq(file_remove_tree(dir, &e), 0);
    cr_assert_neq(access(dir, F_OK), 0);
}

TestSuite(file, .init = setup, .fini = teardown);

Test(file, only_plain_names_become_folders)
{
    const char *const good[] = {"a", "demo-001.0001", "0", "us-east-1", "111111111111~a.0001"};
    const char *const bad[] = {"", ".", "..", ".a", "-a", "~a", "a..b", "a/b", "A", "a b", "a\n", "ä"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_assert(file_id_ok(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_assert(!file_id_ok(bad[i]), "%s", bad[i]);
    char name[102];
    memset(name, 'a', sizeof name);
    name[101] = '\0';
    cr_assert(!file_id_ok(name));
    name[100] = '\0';
    cr_assert(file_id_ok(name));
    cr_assert(!file_id_ok(NULL));
}

Test(file, a_replaced_file_has_the_new_bytes_and_is_private)
{
    struct err e;
    struct stat st;
    _buf_ struct buf b = {0};
    cr_assert_eq(file_replace(path, "first, long", 11, &e), 0);
    cr_assert_eq(file_replace(path, "second", 6, &e), 0);
    cr_assert_eq(file_read(path, &b, &e), 0);
    cr_assert_str_eq(b.data, "second");
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
}

Test(file, a_replacement_that_fails_names_the_file_and_leaves_the_old_one)
{
    struct err e;
    _buf_ struct buf b = {0};
    char aside[140];
    cr_assert_eq(file_replace(path, "old", 3, &e), 0);
    snprintf(aside, sizeof aside, "%s.new", path);
    cr_assert_eq(mkdir(aside, 0700), 0);
    cr_assert_eq(file_replace(path, "new", 3, &e), ERR_IO);
    cr_assert(strstr(e.msg, path));
    cr_assert_eq(file_read(path, &b, &e), 0);
    cr_assert_str_eq(b.data, "old");
}

/* The inode whose blocks the next text goes to. */
static ino_t inode(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 ? st.st_ino : 0;
}

Test(file, a_text_that_is_put_again_needs_no_new_blocks)
{
    struct err e;
    struct stat st;
    _buf_ struct buf b = {0};
    char aside[140];
    snprintf(aside, sizeof aside, "%s.new", path);
    cr_assert_eq(file_put(path, "first, long", 11, &e), 0);
    ino_t first = inode(path), second = inode(aside);
    cr_assert_eq(file_put(path, "second", 6, &e), 0);
    cr_assert_eq(inode(path), second);
    cr_assert_eq(inode(aside), first, "nothing was freed");
    cr_assert_eq(file_read(path, &b, &e), 0);
    cr_assert_eq(strncmp(b.data, "second\n\n", 8), 0);
    cr_assert_eq(strspn(b.data + 6, "\n"), b.len - 6);
    buf_clear(&b);
    cr_assert_eq(file_read(aside, &b, &e), 0);
    cr_assert(strstr(b.data, "first") == NULL, "what was replaced can be read no more");
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(st.st_size, 4096);
}

Test(file, a_text_of_any_size_leaves_itself_half_a_kilobyte_to_grow)
{
    struct err e;
    struct stat st;
    static const struct {
        size_t n;
        off_t size;
    } t[] = {{1, 4096}, {2048, 4096}, {2049, 8192}, {20000, 24576}, {10, 24576}};
    static char text[20000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        for (int twice = 0; twice < 2; twice++) cr_assert_eq(file_put(path, text, t[i].n, &e), 0);
        cr_assert_eq(stat(path, &st), 0);
        cr_assert_eq(st.st_size, t[i].size, "%zu bytes: %ld", t[i].n, (long)st.st_size);
    }
}

Test(file, a_note_is_written_in_place_and_emptied)
{
    struct err e;
    _buf_ struct buf b = {0};
    cr_assert_eq(file_note(path, NULL, &e), 0, "what is not there is empty");
    cr_assert_eq(inode(path), (ino_t)0);
    cr_assert_eq(file_note(path, "17 note", &e), 0);
    ino_t first = inode(path);
    cr_assert_eq(file_note(path, "4", &e), 0);
    cr_assert_eq(inode(path), first);
    cr_assert_eq(file_read(path, &b, &e), 0);
    cr_assert_eq(b.len, (size_t)FILE_NOTE_MAX);
    cr_assert_eq(strncmp(b.data, "4\n\n", 3), 0);
    cr_assert_eq(file_note(path, NULL, &e), 0);
    buf_clear(&b);
    cr_assert_eq(file_read(path, &b, &e), 0);
    cr_assert_eq(strspn(b.data, "\n"), b.len);
    cr_assert_eq(file_note("/nonexistent/note", "1", &e), ERR_IO);
}

Test(file, a_tail_begins_where_it_is_told_and_is_cut_at_the_front)
{
    struct err e;
    _buf_ struct buf b = {0};
    cr_assert_eq(file_replace(path, "0123456789", 10, &e), 0);
    file_tail(path, 4, 100, &b);
    cr_assert_str_eq(b.data, "456789");
    buf_clear(&b);
    file_tail(path, 4, 3, &b);
    cr_assert_str_eq(b.data, "789");
    buf_clear(&b);
    file_tail(path, 50, 4, &b);
    cr_assert_str_eq(b.data, "6789", "a file that became shorter is read from its beginning");
    buf_clear(&b);
    file_tail("/nonexistent", 0, 4, &b);
    cr_assert_eq(b.len, 0);
}

Test(file, folders_are_made_with_their_parents_and_deleted_with_their_children)
{
    struct err e;
    char deep[160], outside[160], link[200];
    snprintf(deep, sizeof deep, "%s/a/b/c", dir);
    snprintf(outside, sizeof outside, "%s/outside", dir);
    snprintf(link, sizeof link, "%s/link", deep);
    cr_assert_eq(file_mkdirs(deep, &e), 0);
    cr_assert_eq(file_mkdirs(deep, &e), 0);
    cr_assert_eq(file_replace(outside, "x", 1, &e), 0);
    cr_assert_eq(symlink(dir, link), 0);
    snprintf(deep, sizeof deep, "%s/a", dir);
    cr_assert_eq(file_remove_tree(deep, &e), 0);
    cr_assert_neq(access(deep, F_OK), 0);
    cr_assert_eq(access(outside, F_OK), 0, "a link was followed");
    cr_assert_eq(file_remove_tree(deep, &e), 0, "what is not there is fine");
}

Test(file, a_program_is_found_on_the_path_or_where_it_is_said_to_be)
{
    char out[256];
    cr_assert(file_find_program("sh", out, sizeof out));
    cr_assert_eq(out[0], '/');
    cr_assert(file_find_program("/bin/sh", out, sizeof out));
    cr_assert_str_eq(out, "/bin/sh");
    cr_assert(!file_find_program("no-such-program", out, sizeof out));
    cr_assert(!file_find_program(dir, out, sizeof out), "a folder is no program");
    cr_assert(!file_find_program("/bin/sh", out, 3));
}

static struct stat stat_of(const char *file)
{
    struct stat st;
    cr_assert_eq(stat(file, &st), 0);
    return st;
}

Test(file, room_is_kept_behind_the_end_and_again_after_the_file_was_cut)
{
    struct err e;
    file_keep_room(path, 16384);
    cr_assert_neq(access(path, F_OK), 0, "none is made");
    cr_assert_eq(file_replace(path, "text", 4, &e), 0);
    for (int i = 0; i < 2; i++) {
        file_keep_room(path, 16384);
        cr_assert_eq(stat_of(path).st_size, 4);
        cr_assert_geq(stat_of(path).st_blocks * 512, 16384);
        cr_assert_eq(truncate(path, 5), 0);
        cr_assert_eq(truncate(path, 4), 0);
    }
}
