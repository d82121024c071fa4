#include "base/local.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char root[] = "/tmp/test-local-XXXXXX", folder[PATH_MAX];

static void setup(void)
{
    cr_assert_not_null(mkdtemp(root));
    snprintf(folder, sizeof folder, "%s/%0*d", root, 150, 1); /* longer than a socket's address */
    cr_assert_eq(mkdir(folder, 0700), 0);
}

static void teardown(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(local, .init = setup, .fini = teardown);

static int connect_to(int at, const char *name)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char path[LOCAL_PATH_SIZE];
    local_path(at, name, path);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : (close(fd), -1);
}

Test(local, a_socket_in_a_folder_with_a_long_path_is_listened_at_and_reached)
{
    struct err e = {0};
    int listening, again, at = local_folder(folder);
    struct stat st;
    cr_assert_geq(at, 0);
    cr_assert_not(local_is_ours(at, "s"));
    cr_assert_eq(local_listen(folder, "s", &listening, &e), 0, "%s", e.msg);
    cr_expect(local_is_ours(at, "s"));
    cr_expect(fstatat(at, "s", &st, 0) == 0 && (st.st_mode & 0777) == 0600);
    int client = connect_to(at, "s");
    cr_assert_geq(client, 0);
    cr_expect(local_peer_is_ours(client));
    int server = accept(listening, NULL, NULL);
    cr_expect(local_peer_is_ours(server));
    close(listening);
    cr_expect_eq(connect_to(at, "s"), -1, "its process has ended");
    cr_assert_eq(local_listen(folder, "s", &again, &e), 0, "the next one takes its place");
    cr_expect_geq(connect_to(at, "s"), 0);
}

Test(local, what_is_no_socket_of_this_user_is_not_ours)
{
    struct err e = {0};
    int fd, pair[2], at = local_folder(folder);
    cr_assert_eq(local_listen(folder, "s", &fd, &e), 0);
    cr_assert(symlinkat("s", at, "link") == 0 && mkdirat(at, "folder", 0700) == 0);
    cr_expect_not(local_is_ours(at, "link") || local_is_ours(at, "folder"));
    cr_expect_not(local_peer_is_ours(at), "no socket at all");
    cr_assert_eq(pipe(pair), 0);
    cr_expect_not(local_peer_is_ours(pair[0]));
    cr_expect_eq(local_listen(folder, "folder", &fd, &e), ERR_IO);
    if (geteuid() != 0) return;
    cr_assert_eq(fchownat(at, "s", 65534, 65534, 0), 0);
    cr_expect_not(local_is_ours(at, "s"));
}

Test(local, a_folder_that_others_can_write_to_is_refused)
{
    struct err e = {0};
    int fd;
    cr_assert_eq(chmod(folder, 0770), 0);
    cr_expect_eq(local_folder(folder), -1);
    cr_expect_eq(local_listen(folder, "s", &fd, &e), ERR_IO);
    cr_assert_eq(chmod(folder, 0750), 0);
    cr_expect_geq(local_folder(folder), 0);
}
