#include "main/data_dir.h"
#include "base/err.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err e;
static int lock_fd = -1;

TestSuite(data_dir, .init = scratch_open, .fini = scratch_close);

Test(data_dir, is_made_with_all_folders_on_the_way)
{
    struct stat st;
    char path[300];
    snprintf(path, sizeof path, "%s", scratch_path("a/b/c"));
    cr_assert_eq(data_dir_claim(path, &lock_fd, &e), 0, "%s", e.msg);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700);
    cr_expect(data_dir_is_claimed(path, lock_fd));
    cr_assert_eq(rename(scratch_path("a"), scratch_path("away")), 0);
    cr_expect_not(data_dir_is_claimed(path, lock_fd), "it went away");
    cr_assert_eq(mkdir(scratch_path("a"), 0700), 0);
    int other;
    cr_assert_eq(data_dir_claim(path, &other, &e), 0, "%s", e.msg);
    cr_expect_not(data_dir_is_claimed(path, lock_fd), "it is another one");
}

Test(data_dir, is_used_by_one_process_at_a_time)
{
    char byte, expected[32];
    int up[2];
    cr_assert_eq(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (data_dir_claim(scratch_dir(), &lock_fd, &e) != 0 || write(up[1], "", 1) != 1) _exit(1);
        pause();
    }
    cr_assert_eq(read(up[0], &byte, 1), 1);
    cr_expect_eq(data_dir_claim(scratch_dir(), &lock_fd, &e), ERR_IN_USE);
    snprintf(expected, sizeof expected, "(process %d)", (int)pid);
    cr_expect(strstr(e.msg, expected), "%s", e.msg);
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    cr_expect_eq(data_dir_claim(scratch_dir(), &lock_fd, &e), 0, "%s", e.msg);
}

Test(data_dir, needs_a_name_that_engines_can_be_told_and_that_can_be_made)
{
    static const char *const bad[] = {"/tmp/a\"b", "/tmp/a\\b", "/tmp/a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(data_dir_claim(bad[i], &lock_fd, &e), ERR_USAGE, "%s", bad[i]);
    char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    cr_expect_eq(data_dir_claim(longer, &lock_fd, &e), ERR_IO);
    scratch_write("file", "", 0600);
    cr_expect_eq(data_dir_claim(scratch_path("file"), &lock_fd, &e), ERR_IO);
    cr_expect_eq(data_dir_claim(scratch_path("file/below"), &lock_fd, &e), ERR_IO);
    cr_expect(strstr(e.msg, "can't be used"), "%s", e.msg);
}

static void expect_refused(const char *why)
{
    cr_expect_eq(data_dir_check(scratch_dir(), &e), ERR_USAGE, "%s", why);
    cr_expect(strstr(e.msg, why), "%s", e.msg);
}

Test(data_dir, of_ours_is_known_by_what_is_in_it)
{
    cr_expect_eq(data_dir_check(scratch_dir(), &e), 0, "an empty one: %s", e.msg);
    cr_assert_eq(mkdir(scratch_path("lost+found"), 0700), 0);
    cr_expect_eq(data_dir_check(scratch_dir(), &e), 0, "one of its own file system: %s", e.msg);
    scratch_write("letter.txt", "", 0600);
    expect_refused("is neither empty nor a data directory of Meridian");
    scratch_write("meridian.lock", "", 0600);
    cr_expect_eq(data_dir_check(scratch_dir(), &e), 0, "%s", e.msg);
    cr_expect_eq(data_dir_check("/nowhere", &e), ERR_IO);
}

Test(data_dir, that_somebody_else_could_have_prepared_is_refused)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    scratch_write("regions/us-east-1/g-001.0001/dump.rdb", "", 0644);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", scratch_path("agents.sock"));
    cr_assert_eq(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(chmod(at.sun_path, 0777), 0);
    cr_expect_eq(data_dir_check(scratch_dir(), &e), 0, "others may look, and sockets have no mode: %s", e.msg);
    cr_assert_eq(chmod(scratch_path("regions/us-east-1"), 0770), 0);
    expect_refused("regions/us-east-1 can be written by others: chmod -R go-w");
    cr_assert_eq(chmod(scratch_path("regions/us-east-1"), 0700), 0);
    cr_assert_eq(symlink("/etc/passwd", scratch_path("regions/us-east-1/link")), 0);
    expect_refused("link is a symbolic link");
    cr_assert_eq(unlink(scratch_path("regions/us-east-1/link")), 0);
    cr_assert_eq(mkfifo(scratch_path("regions/pipe"), 0600), 0);
    expect_refused("pipe is neither a file nor a folder nor a socket");
    cr_assert_eq(unlink(scratch_path("regions/pipe")), 0);
    cr_assert_eq(chmod(scratch_dir(), 0722), 0);
    expect_refused("can be written by others");
}

Test(data_dir, that_is_deeper_than_ours_ever_is_is_not_read_to_the_end)
{
    scratch_write("regions/1/2/3/4/5/6/7/8/9", "", 0600);
    cr_expect_eq(data_dir_check(scratch_dir(), &e), ERR_IO);
    cr_expect(strstr(e.msg, "/7/8 can't be read") || strstr(e.msg, "/6/7 can't be read"), "%s", e.msg);
}

Test(data_dir, without_its_database_is_whole_as_long_as_no_node_has_data)
{
    char database[300];
    snprintf(database, sizeof database, "%s", scratch_path("meridian.db"));
    cr_expect_eq(data_dir_check_whole(scratch_dir(), database, &e), 0, "%s", e.msg);
    scratch_write("regions/us-east-1/agent.log", "", 0600);
    cr_expect_eq(data_dir_check_whole(scratch_dir(), database, &e), ERR_DB);
    cr_expect(strstr(e.msg, "put the database back, or move that folder away"), "%s", e.msg);
    scratch_write("meridian.db", "", 0600);
    cr_expect_eq(data_dir_check_whole(scratch_dir(), database, &e), ERR_DB, "an empty file is none");
    scratch_write("meridian.db.backup", "copy", 0600);
    cr_expect_eq(data_dir_check_whole(scratch_dir(), database, &e), 0, "store_open() tells of the copy");
    cr_assert_eq(unlink(scratch_path("meridian.db.backup")), 0);
    scratch_write("meridian.db", "database", 0600);
    cr_expect_eq(data_dir_check_whole(scratch_dir(), database, &e), 0, "%s", e.msg);
}

Test(data_dir, notes_are_written_and_read_whole)
{
    char out[16];
    cr_expect_not(data_dir_read(scratch_dir(), "note", out, sizeof out));
    cr_assert_eq(data_dir_write(scratch_dir(), "note", "word\n", &e), 0, "%s", e.msg);
    data_dir_drop(scratch_dir(), "note");
    data_dir_drop(scratch_dir(), "note");
    cr_expect_not(data_dir_read(scratch_dir(), "note", out, sizeof out));
    cr_assert_eq(data_dir_write(scratch_dir(), "note", "word\n", &e), 0, "%s", e.msg);
    cr_assert(data_dir_read(scratch_dir(), "note", out, sizeof out));
    cr_expect_str_eq(out, "word");
    scratch_write("note", "longer than there is room\n", 0600);
    cr_expect_not(data_dir_read(scratch_dir(), "note", out, sizeof out));
    scratch_write("note", "half", 0600);
    cr_expect_not(data_dir_read(scratch_dir(), "note", out, sizeof out));
}

/* As on a full disk: the new file can't be made. */
Test(data_dir, a_note_that_says_so_already_need_not_be_written)
{
    scratch_write("note", "word\n", 0600);
    cr_assert_eq(mkdir(scratch_path("note.new"), 0700), 0);
    cr_expect_eq(data_dir_write(scratch_dir(), "note", "word\n", &e), 0, "%s", e.msg);
    cr_expect_eq(data_dir_write(scratch_dir(), "note", "another\n", &e), ERR_IO);
    cr_expect(strstr(e.msg, "note: Is a directory"), "%s", e.msg);
}
