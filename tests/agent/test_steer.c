#include "agent/forwarder/steer.h"
#include "agent/forwarder/borrow.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where nobody else listens: the port is the system's choice. */
static int listen_at(const char *ip, struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof *at;
    at->sin_family = AF_INET;
    inet_pton(AF_INET, ip, &at->sin_addr);
    cr_assert(
        bind(fd, (struct sockaddr *)at, size) == 0 && listen(fd, 8) == 0 && getsockname(fd, (struct sockaddr *)at, &size) == 0);
    return fd;
}

static bool is_waiting(int listener)
{
    return poll(&(struct pollfd){listener, POLLIN, 0}, 1, 0) == 1;
}

/* Which of the listeners a new connection to the address waits at. */
static int connect_to(const struct sockaddr_in *at, const int *listeners, int n)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), found = -1;
    cr_assert_eq(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    for (int i = 0; i < n; i++)
        if (is_waiting(listeners[i])) found = i;
    cr_assert_geq(found, 0);
    close(accept(listeners[found], NULL, NULL));
    close(fd);
    return found;
}

Test(steer, connections_go_to_each_socket_in_turn_and_to_the_address_itself_where_one_is_closed)
{
    struct sockaddr_in at = {0}, first = {0}, second = {0};
    int listeners[] = {listen_at("127.0.0.1", &first), listen_at("127.0.0.1", &second), listen_at("127.0.0.2", &at)};
    struct steer *s = steer_open();
    if (s == NULL) cr_skip_test("the kernel lets this user load no such program");
    int place = steer_take_place(s), count[3] = {0};
    cr_assert(steer_put(s, place, 0, listeners[0]) && steer_put(s, place, 1, listeners[1]));
    cr_assert_not(steer_put(s, place, STEER_SOCKETS, listeners[0]));
    cr_expect_eq(connect_to(&at, listeners, 3), 2, "nothing is steered yet");
    cr_assert(steer_turn(s, place, &at, 2));
    for (int i = 0; i < 8; i++) count[connect_to(&at, listeners, 3)]++;
    cr_expect(count[0] == 4 && count[1] == 4 && count[2] == 0);
    cr_expect_eq(connect_to(&first, listeners, 3), 0, "the addresses of its own are what they were");
    close(listeners[1]);
    listeners[1] = listeners[0];
    cr_expect(steer_has(s, place, 0) && !steer_has(s, place, 1));
    for (int i = 0; i < 8; i++) count[connect_to(&at, listeners, 3)]++;
    cr_expect_eq(count[2], 4, "those of the closed socket");
    cr_assert(steer_turn(s, place, &at, 0));
    cr_expect_eq(connect_to(&at, listeners, 3), 2);
    steer_give_place(s, place);
    cr_expect_eq(steer_take_place(s), place);
    steer_close(s);
}

/* A process that listens at the address, until it is killed. */
static pid_t listening_child(int fd)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) accept(fd, NULL, NULL);
    }
    close(fd);
    return pid;
}

Test(steer, a_listener_of_another_process_is_found_by_its_address_and_its_connections_are_ended, .timeout = 20)
{
    struct sockaddr_in at = {0}, other = {0};
    struct sockaddr_storage wanted = {0}, missing = {0};
    char byte;
    pid_t pid = listening_child(listen_at("127.0.0.3", &at));
    close(listen_at("127.0.0.4", &other));
    *(struct sockaddr_in *)&wanted = at;
    *(struct sockaddr_in *)&missing = other;
    int fd = borrow_listener(pid, &wanted);
    if (fd >= 0) {
        cr_expect_lt(borrow_listener(pid, &missing), 0);
        int client = socket(AF_INET, SOCK_STREAM, 0);
        cr_assert_eq(connect(client, (struct sockaddr *)&at, sizeof at), 0);
        while (is_waiting(fd)) sched_yield(); /* until it was taken */
        borrow_and_end(pid, &missing);
        cr_expect_eq(poll(&(struct pollfd){client, POLLIN, 0}, 1, 0), 0);
        borrow_and_end(pid, &wanted);
        cr_expect_leq(recv(client, &byte, 1, 0), 0);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (fd < 0) cr_skip_test("the kernel lets this user borrow no descriptor");
}
